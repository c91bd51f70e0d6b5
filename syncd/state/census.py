"""How many SKUs are in which state: counted once, and good until a row is written otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TypeAlias

import orjson

from syncd.domain.tracking import SkuState
from syncd.ports import Census
from syncd.state import facts, queries

if TYPE_CHECKING:
    from sqlalchemy import Connection

Move: TypeAlias = tuple[str, str]
"""The words of the state that a row was in and of the one that it is in now."""

_FACT: Final = "census"


def taken(connection: Connection) -> Census:
    """Take the one that is kept, or count: a tenth of a second for a million SKUs."""
    return _kept(connection) or _counted(connection)


def keep(connection: Connection) -> None:
    """Count where none is kept, so that quiet cycles need not; in a transaction that writes."""
    if facts.get(connection, _FACT) is None:
        _put(connection, _counted(connection))


def shift(connection: Connection, moves: Iterable[Move]) -> None:
    """Take in that rows went from state to state, each of them as much ours as before."""
    kept = _kept(connection)
    if kept is None:
        return
    states = Counter(kept.states)
    for (before, after), count in Counter(moves).items():
        states[SkuState(before)] -= count
        states[SkuState(after)] += count
    _put(connection, Census({state: count for state, count in states.items() if count}, kept.owned))


def outdate(connection: Connection) -> None:
    """Keep none, for rows are about to be written."""
    facts.forget(connection, _FACT)


def _kept(connection: Connection) -> Census | None:
    kept = facts.get(connection, _FACT)
    if kept is None:
        return None
    document = orjson.loads(kept)
    states = {SkuState(state): count for state, count in document["states"].items()}
    return Census(states, document["owned"])


def _put(connection: Connection, census: Census) -> None:
    states = {state.value: count for state, count in census.states.items()}
    document = orjson.dumps({"states": states, "owned": census.owned})
    facts.put(connection, _FACT, document.decode())


def _counted(connection: Connection) -> Census:
    rows = connection.execute(queries.CENSUS).all()
    return Census(
        {SkuState(state): count for state, count, _ in rows},
        sum(owned for _, _, owned in rows),
    )
