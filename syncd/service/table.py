"""Walks over the change-tracking table: the rows in some states, and those that wait for you."""

from __future__ import annotations

from collections.abc import Iterator

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.cycle import QuarantinedSku
from syncd.domain.snapshot import HeldSku
from syncd.domain.tracking import Ownership, SkuState, Tracked
from syncd.ports import State, Table


def rows_in(table: Table, *states: SkuState) -> Iterator[Tracked]:
    """Every row in one of these states, ordered by id."""
    for rows in table.in_states(frozenset(states)):
        yield from rows


def known(table: Table, after: ItemId | None = None) -> Iterator[Tracked]:
    """Every row whose item is ours and known to be there, ordered by id from behind this one on."""
    for rows in table.in_states(frozenset(SkuState), after):
        yield from (
            row for row in rows if row.ownership is Ownership.OWNED and row.known is not None
        )


def may_be_oversold(row: Tracked) -> bool | None:
    """Whether its item may be sold without stock; None where that is not known."""
    value = (row.known or {}).get(Attribute.ALLOW_OVERSELL)
    return value if isinstance(value, bool) else None


def held(state: State) -> Iterator[HeldSku]:
    """Every held row, those without an id last."""
    for row in rows_in(state, SkuState.HELD):
        if row.hold is not None:
            yield HeldSku(row.id, row.hold)
    reading = state.reading()
    yield from reading.strays if reading else ()


def quarantined(state: State) -> Iterator[QuarantinedSku]:
    """Every quarantined SKU, ordered by id."""
    for row in rows_in(state, SkuState.QUARANTINED):
        if row.quarantine is not None and row.quarantined_since is not None:
            yield QuarantinedSku(row.id, row.quarantine, row.quarantined_since)
