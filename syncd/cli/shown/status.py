"""`syncd status`: the counts, the last cycle, and what needs somebody."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from syncd.cli.shown.held import held_listing
from syncd.domain.approval import can_be_approved
from syncd.domain.canonical import are_ids
from syncd.domain.tracking import SkuState
from syncd.report import Column, Kind, Listing
from syncd.report.history import newest_words
from syncd.report.wording import MODE_WORDS, ago, command, counted, duration, joined
from syncd.service.inquiry import Status
from syncd.service.outlook import failure_words
from syncd.service.past_audits import AuditStanding

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
_QUARANTINED: Final = (
    Column("id", "id", Kind.CODE),
    Column("since", "since", Kind.TIME),
    Column("reason", "reason"),
)
_OUTBOX: Final = (
    Column("title", "message"),
    Column("at", "since", Kind.TIME),
    Column("targets", "not got by", Kind.NUMBER),
    Column("tries", "tries", Kind.NUMBER),
    Column("next_try", "next try", Kind.TIME),
)
_AUDIT: Final = (
    Column("audit", "audit", Kind.CODE),
    Column("began", "began", Kind.TIME),
    Column("listed", "items", Kind.NUMBER),
    Column("to_mend", "to mend", Kind.NUMBER),
    Column("bound_seconds", "bound in seconds", Kind.NUMBER),
    Column("rolling_seconds", "rolling bound", Kind.NUMBER),
)
_MOVING: Final = {SkuState.PENDING: "pending", SkuState.IN_FLIGHT: "in flight"}
_GUARDS: Final = (Column("guard", "guard", Kind.CODE), Column("reason", "reason"))


def status_listing(status: Status, audit: AuditStanding) -> Listing:
    """Put the answer first, then the numbers, then what needs somebody."""
    details = (
        _last_cycle(status),
        _last_audit(status, audit),
        _guards(status),
        _held(status),
        _quarantined(status),
        _outbox(status),
    )
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


def _sentence(status: Status) -> str:
    if status.last is None:
        return (
            "No cycle has run yet. Run one with: syncd --once, or look first with: syncd --dry-run"
        )
    in_sync = f"{counted(_count(status, SkuState.IN_SYNC), 'SKU')} in sync"
    moving = [(_count(status, state), word) for state, word in _MOVING.items()]
    counts = [in_sync, *(f"{count:,} {word}" for count, word in moving if count)]
    needs = list(_needs(status))
    return " ".join(
        (
            f"{', '.join(counts)}.",
            _needing(needs),
            f"Last cycle {ago(status.last.started, status.at)}.",
        )
    )


def _needing(needs: list[str]) -> str:
    return f"For you to look at: {joined(needs)}." if needs else "Nothing needs you."


def _ended_early(status: Status) -> bool:
    last = status.last
    return last is not None and last.error is not None and not last.is_unfinished


def _needs(status: Status) -> Iterator[str]:
    if _ended_early(status):
        yield "the last cycle, which ended early"
    if status.stops:
        yield f"{counted(len(status.stops), 'guard stop')}"
    held = _held_count(status)
    if held:
        yield counted(held, "held row")
    refused = _count(status, SkuState.QUARANTINED)
    if refused:
        yield counted(refused, "quarantined SKU")
    if status.to_mend:
        yield f"{counted(status.to_mend, 'SKU')} to mend, as the last audit found"
    if status.outbox.posted or status.outbox.lost is not None:
        yield "messages that did not get through"


def _count(status: Status, state: SkuState) -> int:
    return status.census.states.get(state, 0)


def _held_count(status: Status) -> int:
    return _count(status, SkuState.HELD) + (status.reading.stray_count if status.reading else 0)


def _last_cycle(status: Status) -> Listing | None:
    last = status.last
    if last is None:
        return None
    words = newest_words(last, under_way=status.under_way)
    row = (last.id, MODE_WORDS[last.mode], last.started, last.requests, words)
    read = (
        "" if status.reading is None else f"catalog last read {ago(status.reading.at, status.at)}"
    )
    return Listing("Last cycle", read, _CYCLE, (row,), key="last_cycle", as_of=status.at)


def _last_audit(status: Status, audit: AuditStanding) -> Listing:
    """When everything was last looked at, and the bounds on how long a drift goes unseen."""
    last, bounds = audit.last, _bounds(status, audit)
    if last is None:
        return Listing("Last audit", f"none so far; {bounds}", key="last_audit")
    bound_seconds = round(audit.bound.total_seconds())
    rolling = None if audit.rolling is None else round(audit.rolling.total_seconds())
    row = (last.id, last.began, last.listed, last.to_mend, bound_seconds, rolling)
    return Listing("Last audit", bounds, _AUDIT, (row,), key="last_audit", as_of=status.at)


def _bounds(status: Status, audit: AuditStanding) -> str:
    """Say within what time what is found, as long as the daemon is on duty."""
    bound = duration(audit.bound)
    rolling = (
        ""
        if audit.rolling is None
        else f"what changes of ours is found within {duration(audit.rolling)}, "
    )
    if audit.last is None:
        return f"{rolling}with the daemon on duty, any drift is found within {bound}"
    if audit.is_overdue(status.at):
        return f"{rolling}it is older than {bound}, within which drift is to be found: syncd audit"
    return f"{rolling}any drift is found within {bound}"


def _guards(status: Status) -> Listing | None:
    if not status.stops:
        return None
    rows = tuple((stop.guard.value, stop.message) for stop in status.stops)
    return Listing("Guards", "what they keep back", _GUARDS, rows, key="guards")


def _held(status: Status) -> Listing | None:
    if not status.held:
        return None
    words = _first_of(len(status.held), _held_count(status))
    return held_listing("Held", words, status.held)


def _quarantined(status: Status) -> Listing | None:
    if not status.quarantined:
        return None
    rows = tuple((sku.id, sku.since, failure_words(sku.failure)) for sku in status.quarantined)
    words = _first_of(len(rows), _count(status, SkuState.QUARANTINED))
    return Listing("Quarantined", words, _QUARANTINED, rows, key="quarantined", as_of=status.at)


def _outbox(status: Status) -> Listing | None:
    """The messages that somebody has not got, each tried again at the next cycle after a while."""
    posted, lost = status.outbox.posted, status.outbox.lost
    if not posted and lost is None:
        return None
    rows = tuple(
        (one.message.title, one.at, len(one.left), one.tries, one.next_try) for one in posted
    )
    words = "" if lost is None else f"given up {ago(lost.at, status.at)}: {lost.title}"
    return Listing("Undelivered", words, _OUTBOX, rows, key="undelivered", as_of=status.at)


def _first_of(shown: int, count: int) -> str:
    return f"the first {shown:,} of {count:,}" if shown < count else ""


def _commands(status: Status) -> Iterator[str]:
    if status.last is not None and can_be_approved(status.last.guards):
        yield f"syncd approve {status.last.id}"
    if status.last is None or _ended_early(status):
        yield "syncd check"
    if status.quarantined:
        yield "syncd quarantine list"
    if status.to_mend:
        yield "syncd audit --repair"
    if status.outbox.posted or status.outbox.lost is not None:
        yield "syncd check --notify"
    ids = (*(sku.id for sku in status.held), *(sku.id for sku in status.quarantined))
    asks = (command("syncd", "why", ids=[id]) for id in ids if are_ids([id]))
    yield from filter(None, islice(asks, 1))
