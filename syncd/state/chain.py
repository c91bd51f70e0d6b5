"""The chain of digests over cycles and journal, on a connection that somebody else has begun."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from syncd.domain.chain import Seal
from syncd.domain.cycle import CycleId
from syncd.state import codec, facts
from syncd.state.schema import cycle as cycles
from syncd.state.schema import journal
from syncd.state.schema import seal as seals

_LAST: Final = "chain.last"
_AT_ONCE: Final = 1000
_COVERED: Final = tuple(
    journal.c[name]
    for name in (
        "write",
        "cycle",
        "id",
        "deed",
        "resource",
        "revision",
        "before",
        "after",
        "begun",
        "ended",
        "kind",
        "failure",
        "request_id",
        "approved",
    )
)
"""What a digest covers of an entry, in this order for good: a column more would change them all.

`recreates` is therefore not among them: only the guard's count goes by it.
"""


@dataclass(frozen=True, slots=True)
class _Found:
    """What stands under a seal."""

    digest: str
    cycles: int


def seal(connection: Connection, cycle: CycleId, at: datetime) -> None:
    """Cover everything under no seal yet by one, in the name of the cycle that has finished."""
    last = connection.execute(select(seals).order_by(seals.c.number.desc()).limit(1)).first()
    number, before = (1, "") if last is None else (last.number + 1, last.digest)
    unsealed_ones = cycles.c.seal.is_(None)
    digest = _found(connection, before, unsealed_ones).digest
    moment = codec.moment_of(at)
    connection.execute(insert(seals).values(number=number, cycle=cycle, at=moment, digest=digest))
    connection.execute(update(cycles).where(unsealed_ones).values(seal=number))
    facts.put(connection, _LAST, digest)


def next_seal(connection: Connection, after: int) -> Seal | None:
    """The seal after this number, held against what stands under it."""
    following = select(seals).where(seals.c.number > after).order_by(seals.c.number).limit(1)
    row = connection.execute(following).first()
    if row is None:
        return None
    found = None
    if not row.pruned:
        found = _found(connection, _digest_before(connection, row.number), _under(row.number))
    return Seal(
        number=row.number,
        cycle=CycleId(row.cycle),
        at=codec.moment_from(row.at),
        digest=row.digest,
        found=None if found is None else found.digest,
        cycles=0 if found is None else found.cycles,
    )


def remembered(connection: Connection) -> str | None:
    """The digest that was sealed last, as a fact of its own."""
    return facts.get(connection, _LAST)


def unsealed(connection: Connection) -> list[CycleId]:
    """Cycles under no seal: still running, ended early, or known to the journal alone."""
    named = select(journal.c.cycle).where(journal.c.cycle.not_in(select(cycles.c.id)))
    query = select(cycles.c.id).where(cycles.c.seal.is_(None)).union(named)
    return [CycleId(id_) for id_ in connection.execute(query).scalars()]


def _under(number: int) -> ColumnElement[bool]:
    return cycles.c.seal == number


def _digest_before(connection: Connection, number: int) -> str:
    query = select(seals.c.digest).where(seals.c.number == number - 1)
    return connection.execute(query).scalar_one_or_none() or ""


def _found(connection: Connection, before: str, which: ColumnElement[bool]) -> _Found:
    """Digest the seal before, and these cycles by their order, each with its entries by theirs."""
    whole, count = hashlib.sha256(before.encode()), 0
    query = select(cycles.c.id, cycles.c.document).where(which).order_by(cycles.c.id)
    for record in connection.execute(query):
        whole.update(_line(record))
        entries = select(*_COVERED).where(journal.c.cycle == record.id).order_by(journal.c.write)
        for batch in connection.execute(entries).partitions(_AT_ONCE):
            whole.update(b"".join(map(_line, batch)))
        count += 1
    return _Found(whole.hexdigest(), count)


def _line(row: Row[*tuple[Any, ...]]) -> bytes:
    """One row, so that no other row or two could read the same."""
    return orjson.dumps(tuple(row), option=orjson.OPT_APPEND_NEWLINE)
