"""`syncd why`: one SKU, its values side by side, its history, and what happens next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from syncd.domain.attributes import Attribute, Attributes, Value
from syncd.domain.audit import Observed
from syncd.domain.journal import JournalEntry
from syncd.domain.tracking import Held, Tracked
from syncd.report import Cell, Column, Kind, Listing
from syncd.report.wording import ago, command, moment, value_words
from syncd.service.explanation import Explanation, ShownHalf
from syncd.service.outlook import Outlook, entry_words, failure_words, state_words

_VALUES: Final = (
    Column("attribute", "attribute", Kind.CODE),
    Column("catalog", "catalog row", Kind.CODE),
    Column("wanted", "wanted", Kind.CODE),
    Column("known", "known", Kind.CODE),
    Column("observed", "observed", Kind.CODE),
)
_FACTS: Final = (Column("what", "what"), Column("is", "is"))
_HISTORY: Final = (
    Column("begun", "when", Kind.TIME),
    Column("deed", "what"),
    Column("outcome", "outcome"),
    Column("values", "values", Kind.CODE),
    Column("cycle", "cycle", Kind.CODE),
    Column("request_id", "request id", Kind.CODE),
)
_UNMAPPED: Final = None


def sku_listing(explanation: Explanation) -> Listing:
    """State in words first, then the values, the history, and what happens next."""
    return Listing(
        title=explanation.id,
        sentence=_sentence(explanation),
        columns=_VALUES,
        rows=tuple(
            _value_row(explanation, half, attribute)
            for half in explanation.halves
            for attribute in half.attributes
        ),
        details=(_facts(explanation), _history(explanation)),
        key="values",
        as_of=explanation.at,
    )


def _sentence(explanation: Explanation) -> str:
    tracked = explanation.tracked
    if tracked is None:
        known = (
            "in the catalog, and no cycle has taken it in yet" if explanation.catalog else "unknown"
        )
        return f"{explanation.id} is {known}. Next: {_next(explanation)}"
    state = tracked.state.value.replace("_", " ")
    return f"{explanation.id} is {state}. {state_words(tracked)} Next: {_next(explanation)}"


def _next(explanation: Explanation) -> str:
    told = explanation.next
    words = f"{told.words} {_remedy(told)}".rstrip()
    if told.at is None:
        return words
    return f"{ago(told.at, explanation.at)} ({moment(told.at)}). {words}"


def _remedy(told: Outlook) -> str:
    if told.remedy is None:
        return ""
    text = command(*told.remedy.command, ids=told.remedy.ids)
    return "" if text is None else f"{told.remedy.lead} {text}"


def _value_row(explanation: Explanation, half: ShownHalf, attribute: Attribute) -> tuple[Cell, ...]:
    return (
        f"{half.name}{attribute.value}",
        _raw(explanation, attribute),
        _of(_wanted(explanation), attribute),
        _of(half.known, attribute),
        _of(half.observed, attribute),
    )


def _raw(explanation: Explanation, attribute: Attribute) -> str | None:
    """The text of the catalog; empty where there is none, which is something else than unmapped."""
    row = explanation.catalog
    if row is None or attribute not in row.values:
        return _UNMAPPED
    return row.values[attribute] or ""


def _wanted(explanation: Explanation) -> Attributes | None:
    """What the row means now, or else the last usable wish, which a held row leaves in force."""
    wish = explanation.wish
    if wish is not None and not isinstance(wish, Held):
        return wish
    return explanation.tracked.desired if explanation.tracked else None


def _of(values: Attributes | None, attribute: Attribute) -> str | None:
    if values is None or attribute not in values:
        return _UNMAPPED
    return _in_words(values[attribute])


def _in_words(value: Value) -> str:
    return value_words(value)


def _facts(explanation: Explanation) -> Listing:
    rows = tuple(_fact_rows(explanation))
    return Listing("Facts", "", _FACTS, rows, key="facts", as_of=explanation.at)


def _fact_rows(explanation: Explanation) -> Iterator[tuple[Cell, ...]]:
    yield "next", _next(explanation)
    yield "catalog row", _place(explanation)
    if isinstance(explanation.wish, Held):
        held = explanation.wish
        yield "held for", f"{held.attribute} {held.value!r}: {held.rule}"
    yield "at Digital River", _remote_words(explanation)
    if explanation.noted is not None:
        yield "last audit", _noted_words(explanation.noted)
    if explanation.tracked is not None:
        yield from _tracked_rows(explanation.tracked)


def _place(explanation: Explanation) -> str:
    row = explanation.catalog
    if row is None:
        return explanation.catalog_absence or "not read"
    file = f" of {row.file}" if row.file else ""
    return "there" if row.row is None else f"row {row.row}{file}"


def _noted_words(noted: Observed) -> str:
    """Say what an audit saw, by the values that it saw."""
    values = noted.attributes or {}
    shown = (f"{name} {value_words(value)}" for name, value in values.items() if value is not None)
    return f"{noted.kind.value} on {moment(noted.seen)}: {', '.join(shown) or 'not there'}"


def _remote_words(explanation: Explanation) -> str:
    observed = explanation.observed
    if observed is None:
        return explanation.observed_absence or "not asked"
    updated = "" if observed.updated is None else f", last updated {moment(observed.updated)}"
    return f"there{updated}"


def _tracked_rows(tracked: Tracked) -> Iterator[tuple[Cell, ...]]:
    yield "ownership", tracked.ownership.value
    yield "revision", tracked.revision
    if tracked.missing is not None:
        yield "missing since", tracked.missing.since
    if tracked.quarantined_since is not None:
        yield "quarantined since", tracked.quarantined_since
    if tracked.attempts:
        yield "attempts", tracked.attempts
    if tracked.next_attempt is not None:
        yield "next attempt", tracked.next_attempt
    if tracked.last_error is not None:
        yield "last error", failure_words(tracked.last_error)


def _history(explanation: Explanation) -> Listing:
    rows = tuple(map(_history_row, explanation.history))
    words = "" if rows else "nothing was ever written"
    return Listing("History", words, _HISTORY, rows, key="history", as_of=explanation.at)


def _history_row(entry: JournalEntry) -> tuple[Cell, ...]:
    return (
        entry.begun,
        entry.deed.value,
        entry_words(entry),
        ", ".join(_changed(entry)),
        entry.cycle,
        entry.request_id,
    )


def _changed(entry: JournalEntry) -> Iterator[str]:
    before = entry.before or {}
    for attribute, value in entry.after.items():
        yield f"{attribute} {value_words(before.get(attribute))} → {value_words(value)}"
