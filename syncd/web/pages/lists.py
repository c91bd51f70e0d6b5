"""The SKUs of one state, a page at a time, and those whose id begins with what was searched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.canonical import Breach, checked_id
from syncd.domain.snapshot import HeldSku
from syncd.domain.tracking import SkuState, Tracked
from syncd.ports import State, Table
from syncd.report.tokens import STATE_ROLES, Role
from syncd.report.view import When, when
from syncd.report.wording import command, counted, number, visible
from syncd.service.outlook import failure_words, state_words

A_PAGE: Final = 100
FOUND: Final = 50
"""How many ids a search shows."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One list: its states, its name, and what its column of times tells, if it has one."""

    name: str
    title: str
    states: tuple[SkuState, ...]
    about: str
    time: str


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            "held",
            "Held",
            (SkuState.HELD,),
            "The catalog rows below break a rule; their items stay as they are until the rows are "
            "mended.",
            "",
        ),
        Kind(
            "quarantined",
            "Quarantined",
            (SkuState.QUARANTINED,),
            "Digital River refused these until their data changes; they leave quarantine by "
            "themselves when their row does.",
            "since",
        ),
        Kind(
            "pending",
            "Pending",
            (SkuState.PENDING, SkuState.IN_FLIGHT),
            "A write is due for these, or was begun and its outcome is not recorded.",
            "next attempt",
        ),
        Kind(
            "missing",
            "Missing",
            (SkuState.MISSING,),
            "These are gone from the catalog and not yet deleted at Digital River.",
            "since",
        ),
        Kind(
            "foreign",
            "Foreign",
            (SkuState.FOREIGN,),
            "These are not ours at Digital River, or not in both halves: syncd writes none.",
            "looked at again",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Row:
    """One SKU; `value` and `place` tell which value of which row is at fault, where one is.

    `request_id` is what support asks for, empty where Digital River has said nothing against it.
    """

    id: str
    role: Role
    state: str
    reason: str
    request_id: str
    value: str
    place: str
    time: When | None
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a list; `after` is where the next one begins, empty on the last."""

    kind: Kind
    role: Role
    count: str
    rows: tuple[Row, ...]
    strays: tuple[Row, ...]
    stray_count: str
    is_first: bool
    after: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found; `more` says that there are more than are shown.

    `candidate` is the id that may be looked for elsewhere where nothing was found, if it is one.
    """

    candidate: str
    sentence: str
    rows: tuple[Row, ...]
    more: bool


def list_page(state: State, kind: Kind, after: ItemId | None, now: datetime) -> ListPage:
    """Read one page behind an id, however many SKUs there are before it."""
    batches = state.in_states(frozenset(kind.states), after)
    rows = list(islice((row for batch in batches for row in batch), A_PAGE + 1))
    shown, census = rows[:A_PAGE], state.census()
    strays, stray_count = _strays(state) if kind.states == (SkuState.HELD,) else ((), 0)
    is_first = after is None
    return ListPage(
        kind=kind,
        role=STATE_ROLES[kind.states[0]],
        count=number(sum(census.states.get(one, 0) for one in kind.states) + stray_count),
        rows=tuple(_row(row, now) for row in shown),
        strays=tuple(map(_stray, strays)) if is_first else (),
        stray_count=counted(stray_count, "row"),
        is_first=is_first,
        after=shown[-1].id if len(rows) > A_PAGE else "",
    )


def found(table: Table, searched: str, now: datetime) -> Found:
    """Look for SKUs whose id begins so."""
    rows = table.beginning_with(searched, FOUND + 1) if searched else ()
    shown = visible(searched)
    if not searched:
        words = "Type an id, or how it begins."
    elif rows:
        words = (
            f"{_few(rows)} begin with {shown}." if len(rows) > 1 else f"1 id begins with {shown}."
        )
    else:
        words = f"No id begins with {shown}. Upper and lower case are different."
    candidate = "" if rows or isinstance(checked_id(searched), Breach) else searched
    return Found(candidate, words, tuple(_row(row, now) for row in rows[:FOUND]), len(rows) > FOUND)


def _few(rows: Sequence[Tracked]) -> str:
    return f"More than {FOUND} ids" if len(rows) > FOUND else counted(len(rows), "id")


def _strays(table: Table) -> tuple[Sequence[HeldSku], int]:
    """Held rows without an id, which no row of the table stands for."""
    reading = table.reading()
    return (reading.strays[:A_PAGE], reading.stray_count) if reading else ((), 0)


def _stray(sku: HeldSku) -> Row:
    held = sku.held
    return Row(
        id="",
        role=Role.HELD,
        state=SkuState.HELD.value,
        reason=visible(held.rule),
        request_id="",
        value=visible(held.value),
        place=_place(held.row, held.file),
        time=None,
        commands=(),
    )


def _row(row: Tracked, now: datetime) -> Row:
    held = row.hold if row.state is SkuState.HELD else None
    at = _TIMES[row.state](row)
    return Row(
        id=row.id,
        role=STATE_ROLES[row.state],
        state=row.state.value.replace("_", " "),
        reason=visible(_reason(row)),
        request_id=visible(_request_id(row)),
        value=visible(held.value) if held else "",
        place=_place(held.row, held.file) if held else "",
        time=None if at is None else when(at, now),
        commands=tuple(_commands(row)),
    )


def _reason(row: Tracked) -> str:
    hold = row.hold
    if row.state is SkuState.HELD and hold is not None:
        return f"{hold.attribute}: {hold.rule}" if hold.attribute else hold.rule
    if row.state is SkuState.QUARANTINED and row.quarantine is not None:
        return failure_words(replace(row.quarantine, request_id=None))
    if row.last_error is not None:
        return f"Its last try failed: {failure_words(replace(row.last_error, request_id=None))}"
    return state_words(row)


def _request_id(row: Tracked) -> str:
    if row.state is SkuState.HELD:
        return ""
    failure = row.quarantine if row.state is SkuState.QUARANTINED else row.last_error
    return (failure.request_id or "") if failure else ""


def _commands(row: Tracked) -> Iterator[str]:
    if row.state is SkuState.QUARANTINED:
        retry = command("syncd", "quarantine", "retry", ids=[row.id])
        yield from filter(None, [retry])


def _place(row: int | None, file: str | None) -> str:
    place = "" if row is None else f"row {row:,}"
    return f"{place} of {visible(file)}" if file else place


_TIMES: Final[Mapping[SkuState, Callable[[Tracked], datetime | None]]] = {
    SkuState.IN_SYNC: lambda _: None,
    SkuState.PENDING: lambda row: row.next_attempt,
    SkuState.IN_FLIGHT: lambda row: row.next_attempt,
    SkuState.HELD: lambda row: row.next_attempt,
    SkuState.QUARANTINED: lambda row: row.quarantined_since,
    SkuState.MISSING: lambda row: row.missing.since if row.missing else None,
    SkuState.FOREIGN: lambda row: row.next_attempt,
}
