"""How many SKUs are in which state: counted once, and good until a row is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from syncd.domain.tracking import SkuState
from syncd.ports import Census
from syncd.state import facts, queries

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FACT: Final = "census"


def taken(connection: Connection) -> Census:
    """Take the one that is kept, or count: a tenth of a second for a million SKUs."""
    kept = facts.get(connection, _FACT)
    if kept is None:
        return _counted(connection)
    document = orjson.loads(kept)
    states = {SkuState(state): count for state, count in document["states"].items()}
    return Census(states, document["owned"])


def keep(connection: Connection) -> None:
    """Count where none is kept, so that quiet cycles need not; in a transaction that writes."""
    if facts.get(connection, _FACT) is None:
        census = _counted(connection)
        states = {state.value: count for state, count in census.states.items()}
        document = orjson.dumps({"states": states, "owned": census.owned})
        facts.put(connection, _FACT, document.decode())


def outdate(connection: Connection) -> None:
    """Keep none, for rows are about to be written."""
    facts.forget(connection, _FACT)


def _counted(connection: Connection) -> Census:
    rows = connection.execute(queries.CENSUS).all()
    return Census(
        {SkuState(state): count for state, count, _ in rows},
        sum(owned for _, _, owned in rows),
    )
