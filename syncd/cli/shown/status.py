"""`syncd status`: the counts, the last cycle, and what needs somebody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from syncd.domain.approval import can_be_approved
from syncd.domain.cycle import CycleResult
from syncd.domain.tracking import SkuState
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.report import Column, Kind, Listing
from syncd.report.wording import MODE_WORDS, ago, counted, joined
from syncd.service.inquiry import Status
from syncd.service.outlook import failure_words

_COUNTS: Final = (
    Column("state", "state", Kind.STATE),
    Column("count", "SKUs", Kind.NUMBER),
)
_CYCLE: Final = (
    Column("cycle", "cycle", Kind.CODE),
    Column("mode", "mode"),
    Column("started", "started", Kind.TIME),
    Column("requests", "requests", Kind.NUMBER),
    Column("outcome", "outcome"),
)
_HELD: Final = (
    Column("id", "id", Kind.CODE),
    Column("row", "row", Kind.CODE),
    Column("attribute", "attribute", Kind.CODE),
    Column("value", "value", Kind.VALUE),
    Column("rule", "rule"),
)
_QUARANTINED: Final = (
    Column("id", "id", Kind.CODE),
    Column("since", "since", Kind.TIME),
    Column("reason", "reason"),
)
_GUARDS: Final = (Column("guard", "guard", Kind.CODE), Column("reason", "reason"))


def status_listing(status: Status) -> Listing:
    """Put the answer first, then the numbers, then what needs somebody."""
    details = (_last_cycle(status), _guards(status), _held(status), _quarantined(status))
    return Listing(
        title="Status",
        sentence=_sentence(status),
        columns=_COUNTS,
        rows=tuple((state.value, status.census.states.get(state, 0)) for state in SkuState),
        details=tuple(detail for detail in details if detail is not None),
        commands=tuple(_commands(status)),
        key="states",
        as_of=status.at,
    )


def outcome_words(cycle: CycleResult) -> str:
    """Say how a cycle ended, in a few words."""
    if cycle.error is not None:
        return f"ended early: {cycle.error.rstrip('.')}"
    return _OUTCOMES[exit_code(cycle)]


_OUTCOMES: Final = {
    ExitCode.OK: "all in sync",
    ExitCode.FAILED: "writes are still due",
    ExitCode.NEEDS_ATTENTION: "done, some held or quarantined",
    ExitCode.GUARD_STOPPED: "a guard stopped something",
}


def _sentence(status: Status) -> str:
    if status.last is None:
        return (
            "No cycle has run yet. Run one with: syncd --once, or look first with: syncd --dry-run"
        )
    in_sync = f"{counted(_count(status, SkuState.IN_SYNC), 'SKU')} in sync"
    due = sum(_count(status, state) for state in (SkuState.PENDING, SkuState.IN_FLIGHT))
    needs = list(_needs(status))
    return " ".join(
        (
            f"{in_sync}{f', {due:,} pending' if due else ''}.",
            _needing(needs),
            f"Last cycle {ago(status.last.started, status.at)}.",
        )
    )


def _needing(needs: list[str]) -> str:
    return f"For you to look at: {joined(needs)}." if needs else "Nothing needs you."


def _needs(status: Status) -> Iterator[str]:
    if status.last is not None and status.last.error is not None:
        yield "the last cycle, which ended early"
    if status.last is not None and status.last.guards:
        yield f"{counted(len(status.last.guards), 'guard stop')}"
    held = _held_count(status)
    if held:
        yield counted(held, "held row")
    refused = _count(status, SkuState.QUARANTINED)
    if refused:
        yield counted(refused, "quarantined SKU")


def _count(status: Status, state: SkuState) -> int:
    return status.census.states.get(state, 0)


def _held_count(status: Status) -> int:
    return _count(status, SkuState.HELD) + (status.reading.stray_count if status.reading else 0)


def _last_cycle(status: Status) -> Listing | None:
    last = status.last
    if last is None:
        return None
    row = (last.id, MODE_WORDS[last.mode], last.started, last.requests, outcome_words(last))
    read = (
        "" if status.reading is None else f"catalog last read {ago(status.reading.at, status.at)}"
    )
    return Listing("Last cycle", read, _CYCLE, (row,), key="last_cycle", as_of=status.at)


def _guards(status: Status) -> Listing | None:
    stops = status.last.guards if status.last else ()
    if not stops:
        return None
    rows = tuple((stop.guard.value, stop.message) for stop in stops)
    return Listing("Guards", "stopped in the last cycle", _GUARDS, rows, key="guards")


def _held(status: Status) -> Listing | None:
    if not status.held:
        return None
    rows = tuple(
        (sku.id or None, sku.held.row, sku.held.attribute, sku.held.value, sku.held.rule)
        for sku in status.held
    )
    return Listing("Held", _first_of(len(rows), _held_count(status)), _HELD, rows, key="held")


def _quarantined(status: Status) -> Listing | None:
    if not status.quarantined:
        return None
    rows = tuple((sku.id, sku.since, failure_words(sku.failure)) for sku in status.quarantined)
    words = _first_of(len(rows), _count(status, SkuState.QUARANTINED))
    return Listing("Quarantined", words, _QUARANTINED, rows, key="quarantined", as_of=status.at)


def _first_of(shown: int, count: int) -> str:
    return f"the first {shown:,} of {count:,}" if shown < count else ""


def _commands(status: Status) -> Iterator[str]:
    if status.last is not None and can_be_approved(status.last.guards):
        yield f"syncd approve {status.last.id}"
    if status.last is None or status.last.error is not None:
        yield "syncd check"
    if status.quarantined:
        yield "syncd quarantine list"
    ids = [*(sku.id for sku in status.held), *(sku.id for sku in status.quarantined)]
    for example in list(filter(None, ids))[:1]:
        yield f"syncd why {example}"
