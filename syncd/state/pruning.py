"""Removing what is older than the history is kept, a little at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection, Select, delete, func, select, update

from syncd.domain.tracking import SkuState
from syncd.state import approvals, codec, events, observations, stock
from syncd.state.database import Connections
from syncd.state.schema import cycle, journal, seal, sku, stopped_plan

ENTRIES_AT_ONCE: Final = 2_000
"""Entries that one transaction removes: nobody waits longer than 0.2 s for it."""
CYCLES_AT_ONCE: Final = 200
PLANS_AT_ONCE: Final = 1_000
SEALS_AT_ONCE: Final = 2_000


def steps(connections: Connections, before: datetime) -> Iterator[int]:
    """Remove in short transactions what was sealed before then; how many rows, step by step.

    What no cycle needs any more is looked for before anybody else has to wait.
    """
    for remove in (_prune, _forget_seals, events.forget, stock.forget):
        while removed := _written(connections, partial(remove, before=before)):
            yield removed
    with connections.reading() as connection:
        needless = _needless_plans(connection)
    for start in range(0, len(needless), PLANS_AT_ONCE):
        names = needless[start : start + PLANS_AT_ONCE]
        yield _written(connections, partial(_forget_plans, names=names))


def _written(connections: Connections, remove: Callable[[Connection], int]) -> int:
    with connections.writing() as connection:
        return remove(connection)


def _prune(connection: Connection, before: datetime) -> int:
    """Remove some entries sealed before then, and cycles that have none left; 0 where none is."""
    cycles = {row.id: row.seal for row in connection.execute(_outdated(before))}
    if not cycles:
        return 0
    marked = update(seal).where(seal.c.number.in_(set(cycles.values()))).values(pruned=True)
    connection.execute(marked)
    those = select(journal.c.write).where(journal.c.cycle.in_(cycles))
    entries = those.order_by(journal.c.write).limit(ENTRIES_AT_ONCE)
    observations.forget_mended(connection, entries)
    removed = connection.execute(delete(journal).where(journal.c.write.in_(entries))).rowcount
    if removed == ENTRIES_AT_ONCE:
        return removed
    return removed + connection.execute(delete(cycle).where(cycle.c.id.in_(cycles))).rowcount


def _forget_seals(connection: Connection, before: datetime) -> int:  # noqa: ARG001 - as the others
    """Remove some seals of the beginning that cover nothing any more; 0 where none is.

    The last of them stays, for the chain goes on from its digest.
    """
    oldest = connection.execute(select(func.min(seal.c.number))).scalar_one()
    covering = select(func.min(seal.c.number)).where(seal.c.pruned.is_(False))
    present = select(func.min(cycle.c.seal))
    needed = [connection.execute(query).scalar_one() for query in (covering, present)]
    first = min((number for number in needed if number is not None), default=oldest)
    if first is None or first - oldest <= 1:
        return 0
    upto = min(first - 1, oldest + SEALS_AT_ONCE)
    return connection.execute(delete(seal).where(seal.c.number < upto)).rowcount


def _needless_plans(connection: Connection) -> list[str]:
    """The names of stopped plans, and of pieces of them, that no cycle refers to."""
    named = select(cycle.c.stopped_plan).where(cycle.c.stopped_plan.is_not(None)).distinct()
    needed = approvals.pieces_of(connection, connection.execute(named).scalars())
    return [name for name in connection.execute(_plans()).scalars() if name not in needed]


def _forget_plans(connection: Connection, names: Sequence[str]) -> int:
    """Remove these."""
    return connection.execute(delete(stopped_plan).where(stopped_plan.c.name.in_(names))).rowcount


def _plans() -> Select[str]:
    return select(stopped_plan.c.name)


def _outdated(before: datetime) -> Select[str, int]:
    """Cycles sealed before then: not the last one, and none with a write that is in flight."""
    last = select(func.max(seal.c.number)).scalar_subquery()
    in_flight = (
        select(journal.c.cycle)
        .join(sku, sku.c.id == journal.c.id)
        .where(sku.c.state == SkuState.IN_FLIGHT.value, journal.c.kind.is_(None))
    )
    return (
        select(cycle.c.id, cycle.c.seal)
        .join(seal, seal.c.number == cycle.c.seal)
        .where(seal.c.at < codec.moment_of(before), seal.c.number < last)
        .where(cycle.c.id.not_in(in_flight))
        .order_by(cycle.c.seal, cycle.c.id)
        .limit(CYCLES_AT_ONCE)
    )
