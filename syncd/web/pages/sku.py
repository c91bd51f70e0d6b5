"""One SKU: its state in words, its values side by side, and all that happened to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from syncd.domain.attributes import Attribute, Attributes, Value
from syncd.domain.change import Action, Resource
from syncd.domain.delivery import Failure, Kind
from syncd.domain.journal import Deed, JournalEntry, outcome_of
from syncd.domain.stock import StockCourse
from syncd.domain.tracking import Held, SkuState, Tracked
from syncd.report.difference import Difference, difference
from syncd.report.tokens import STATE_ROLES, Role, role_of_change
from syncd.report.view import When, when
from syncd.report.wording import command, deed, duration, value_words, visible
from syncd.service.explanation import Explanation, ShownHalf
from syncd.service.looks import Looks
from syncd.service.outlook import Outlook, failure_words, state_words
from syncd.web.pages.stock import ItemStock, item_stock

TOLD: Final = 100
"""How many entries of the journal stand on the page, the newest."""
_UNKNOWN: Final = "Unknown"


@dataclass(frozen=True, slots=True)
class Side:
    """One value; `middle` is what differs. `text` is None for *no value*."""

    text: str | None
    head: str
    middle: str
    tail: str


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One attribute; a side that is None is not there, as where it is not mapped."""

    attribute: str
    catalog: Side | None
    desired: Side | None
    known: Side | None
    observed: Side | None
    differs: bool


@dataclass(frozen=True, slots=True)
class Line:
    """What one write changed of one attribute."""

    attribute: str
    old: str | None
    new: str | None
    parts: Difference


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: `reason` says why it came to nothing, where it did.

    An update has `lines`; what a create sent and a delete lost are `pairs` of attribute and value.
    """

    at: When
    role: Role
    said: str
    pairs: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    reason: str
    request_id: str
    cycle: str
    took: str


@dataclass(frozen=True, slots=True)
class LookView:
    """What was seen where, in words; `at` is None where nobody has looked."""

    words: str
    at: When | None


@dataclass(frozen=True, slots=True)
class SkuPage:
    """Everything that the page of one SKU shows."""

    id: str
    role: Role
    state: str
    words: str
    next_words: str
    next_at: When | None
    facts: tuple[tuple[str, str | When], ...]
    commands: tuple[str, ...]
    values: tuple[ValueRow, ...]
    catalog: LookView
    remote: LookView
    stock: ItemStock | None
    events: tuple[Event, ...]
    beyond: int


def sku_page(told: Explanation, looks: Looks, course: StockCourse | None = None) -> SkuPage:
    """Lay one SKU out, with how the stock of its item went, where that is known."""
    tracked, helps = told.tracked, _remedy(told.next)
    return SkuPage(
        id=told.id,
        role=STATE_ROLES[tracked.state] if tracked else Role.FOREIGN,
        state=tracked.state.value.replace("_", " ").capitalize() if tracked else _UNKNOWN,
        words=visible(state_words(tracked)) if tracked else "The state has no such SKU.",
        next_words=" ".join((visible(told.next.words), *helps[:1])),
        next_at=None if told.next.at is None else when(told.next.at, told.at),
        facts=tuple(_facts(told)),
        commands=tuple(dict.fromkeys((*helps[1:], *_commands(tracked)))),
        values=tuple(
            _value_row(told, half, attribute)
            for half in told.halves
            for attribute in half.attributes
        ),
        catalog=_catalog_look(told, looks),
        remote=_remote_look(told, looks),
        stock=item_stock(course, told.at),
        events=tuple(_event(entry, told.at) for entry in told.history[: -TOLD - 1 : -1]),
        beyond=max(0, len(told.history) - TOLD),
    )


def _remedy(told: Outlook) -> tuple[str, ...]:
    """What leads to a command, and the command; nothing where none helps that can be pasted."""
    if told.remedy is None:
        return ()
    text = command(*told.remedy.command, ids=told.remedy.ids)
    return () if text is None else (told.remedy.lead, text)


def _commands(tracked: Tracked | None) -> Iterator[str]:
    if tracked is None:
        return
    helpful = []
    if tracked.state is SkuState.QUARANTINED:
        helpful.append(command("syncd", "quarantine", "retry", ids=[tracked.id]))
    if tracked.is_reverted:
        helpful.append(command("syncd", "release", ids=[tracked.id]))
    yield from filter(None, helpful)


def _facts(told: Explanation) -> Iterator[tuple[str, str | When]]:
    tracked = told.tracked
    if isinstance(told.wish, Held):
        held = told.wish
        yield "Held for", f"{held.attribute} {visible(held.value)}: {held.rule}"
    if tracked is None:
        return
    yield "Item", tracked.ownership.value
    yield "Revision", str(tracked.revision)
    yield from _moments(tracked, told.at)
    if tracked.attempts:
        yield "Attempts", str(tracked.attempts)
    if tracked.last_error is not None:
        yield "Last error", visible(failure_words(tracked.last_error))


def _moments(tracked: Tracked, now: datetime) -> Iterator[tuple[str, When]]:
    moments = {
        "Missing since": tracked.missing.since if tracked.missing else None,
        "Quarantined since": tracked.quarantined_since,
        "Next attempt": tracked.next_attempt,
    }
    for name, at in moments.items():
        if at is not None:
            yield name, when(at, now)


def _catalog_look(told: Explanation, looks: Looks) -> LookView:
    at, row = looks.catalog.at, told.catalog
    if at is None:
        return LookView("", None)
    if row is None:
        return LookView(visible(told.catalog_absence or ""), when(at, told.at))
    place = "there" if row.row is None else f"row {row.row:,}"
    return LookView(f"{place} of {visible(row.file)}" if row.file else place, when(at, told.at))


def _remote_look(told: Explanation, looks: Looks) -> LookView:
    at = looks.remote.at
    if at is None:
        return LookView("", None)
    return LookView(visible(told.observed_absence or "there"), when(at, told.at))


# -------------------------------------------------------------------------------------- values


def _value_row(told: Explanation, half: ShownHalf, attribute: Attribute) -> ValueRow:
    sides = (half.desired, half.known, half.observed)
    wanted, had, seen = (_text(values, attribute) for values in sides)
    raw = told.catalog.values if told.catalog else {}
    return ValueRow(
        attribute=f"{half.name}{attribute.value}",
        catalog=_plain(visible(raw[attribute] or "") or None) if attribute in raw else None,
        desired=_marked(wanted, had),
        known=_marked(had, wanted),
        observed=_marked(seen, had),
        differs=_is_other(wanted, had) or _is_other(had, seen),
    )


_Text = tuple[str | None] | None
"""A value in words, its `None` being *no value*; no tuple where there is nothing to compare."""


def _text(values: Attributes | None, attribute: Attribute) -> _Text:
    if values is None or attribute not in values:
        return None
    value: Value = values[attribute]
    return (None if value is None else value_words(value),)


def _is_other(one: _Text, other: _Text) -> bool:
    return one is not None and other is not None and one != other


def _marked(own: _Text, other: _Text) -> Side | None:
    """Mark in a value what differs from another one, where there is another."""
    if own is None:
        return None
    if not _is_other(own, other) or other is None:
        return _plain(own[0])
    parts = difference(other[0] or "", own[0] or "")
    return Side(own[0], parts.head, parts.new, parts.tail)


def _plain(text: str | None) -> Side:
    return Side(text, text or "", "", "")


# ------------------------------------------------------------------------------------- history


def _event(entry: JournalEntry, now: datetime) -> Event:
    role, said = _said(entry)
    failure = entry.failure
    return Event(
        at=when(entry.begun, now),
        role=role,
        said=said,
        pairs=tuple(_pairs(entry)),
        lines=tuple(_lines(entry)) if entry.deed is Deed.UPDATE else (),
        reason="" if failure is None else visible(failure_words(_without_id(failure))),
        request_id=visible(entry.request_id or ""),
        cycle=entry.cycle,
        took="" if entry.ended is None else duration(max(entry.ended - entry.begun, timedelta())),
    )


def _said(entry: JournalEntry) -> tuple[Role, str]:
    if entry.deed is Deed.ADOPT:
        return Role.IN_SYNC, "adopted: it existed already, and is ours from then on"
    action = Action(entry.deed.value)
    if entry.kind is None:
        return Role.PENDING, f"{action} begun, its outcome is not recorded"
    outcome = outcome_of(action, entry.kind)
    also = " (it was there already)" if entry.kind is Kind.EXISTS else ""
    approved = ", approved by a person" if entry.approved else ""
    of_sku = " (SKU)" if entry.resource is Resource.SKU else ""
    return role_of_change(action, outcome), f"{deed(action, outcome)}{of_sku}{also}{approved}"


def _without_id(failure: Failure) -> Failure:
    """The request id stands by itself, ready to copy."""
    return replace(failure, request_id=None)


def _lines(entry: JournalEntry) -> Iterator[Line]:
    before, after = entry.before or {}, entry.after
    for attribute in filter(after.__contains__, Attribute):
        old, new = _words(before, attribute), _words(after, attribute)
        yield Line(attribute.value, old, new, difference(old or "", new or ""))


def _pairs(entry: JournalEntry) -> Iterator[tuple[str, str]]:
    if entry.deed is Deed.UPDATE:
        return
    values = entry.after if entry.deed is Deed.CREATE else entry.before or {}
    for attribute in Attribute:
        words = _words(values, attribute)
        if words is not None:
            yield attribute.value, words


def _words(values: Mapping[Attribute, Value], attribute: Attribute) -> str | None:
    value = values.get(attribute)
    return None if value is None else value_words(value)
