"""The state over any database; what is one database's own stands elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, delete, insert, select

from syncd.domain.approval import Approval
from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.audit import Observed
from syncd.domain.chain import Seal
from syncd.domain.change import Action, Change
from syncd.domain.cycle import CycleId, CycleResult
from syncd.domain.event import Event
from syncd.domain.journal import (
    Adoption,
    Intent,
    JournalEntry,
    Settlement,
    WriteId,
    WritesOfAnHour,
)
from syncd.domain.snapshot import Reading
from syncd.domain.stock import StockPoint
from syncd.domain.tracking import SkuState, Tracked
from syncd.engine.first_wishes import FirstWishes
from syncd.ports import Census, Duty, Lease, Shelf, Sightings, State, Transaction
from syncd.state import (
    approvals,
    census,
    chain,
    codec,
    documents,
    events,
    facts,
    journal,
    observations,
    pruning,
    queries,
    schema,
    stock,
)
from syncd.state.database import Database
from syncd.state.faults import decoding
from syncd.state.fingerprint_steps import Changes, Step
from syncd.state.sightings import sightings

BATCH: Final = 1000
"""Rows a query brings at once."""
_FIRST_BATCH: Final = 100
_THE_CATALOG: Final = "catalog"

_T = TypeVar("_T")


class SqlState:
    """The port's state; it may be used from any thread, each call on a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._has_lease = False

    def now(self) -> datetime:
        return self._database.now()

    @contextmanager
    def lease(self, holder: str, wait: timedelta) -> Iterator[Lease]:
        with self._database.lease(holder, wait) as lease:
            self._has_lease = True
            try:
                yield lease
            finally:
                self._has_lease = False

    @contextmanager
    def alongside(self, holder: str, wait: timedelta) -> Iterator[None]:
        """One that ends meanwhile does no harm: the fence decides who may write."""
        if self._has_lease:
            yield
            return
        with self.lease(holder, wait):
            yield

    def duty(self, holder: str) -> AbstractContextManager[Duty]:
        return self._database.duty(holder)

    def held_since(self) -> datetime | None:
        return self._database.held_since()

    @contextmanager
    def overlay(self) -> Iterator[State]:
        with self._database.copied() as copy:
            yield SqlState(copy)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._database.writing() as connection:
            transaction = SqlTransaction(connection, self._database)
            yield transaction
        step = transaction.step
        if step is not None:
            self._database.stepped(step)

    def fingerprints(self) -> AbstractContextManager[Path]:
        return self._database.fingerprints()

    def tracked(self, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
        with self._database.reading() as connection:
            return _tracked(connection, ids)

    def in_states(
        self, states: frozenset[SkuState], after: ItemId | None = None
    ) -> Iterator[Sequence[Tracked]]:
        """Each batch sees the rows as they are when it is asked for; none comes twice."""
        for size in _sizes() if states else ():
            with self._database.reading() as connection:
                query = queries.in_states(states, after, size)
                batch = [codec.tracked_from(row) for row in connection.execute(query)]
            if not batch:
                return
            yield batch
            after = batch[-1].id

    def beginning_with(self, prefix: str, limit: int) -> Sequence[Tracked]:
        with self._database.reading() as connection:
            query = queries.beginning_with(prefix, limit)
            return [codec.tracked_from(row) for row in connection.execute(query)]

    def census(self) -> Census:
        with self._database.reading() as connection:
            return census.taken(connection)

    def skus_alone(self) -> int:
        with self._database.reading() as connection:
            return connection.execute(queries.SKUS_ALONE).scalar_one()

    def owned(self, limit: int) -> Sequence[ItemId]:
        with self._database.reading() as connection:
            return [ItemId(id_) for id_ in connection.execute(queries.owned(limit)).scalars()]

    def known_at_random(self, count: int) -> Sequence[ItemId]:
        with self._database.reading() as connection:
            query = observations.known_at_random(count)
            return [ItemId(id_) for id_ in connection.execute(query).scalars()]

    def sightings(self) -> AbstractContextManager[Sightings]:
        return sightings(self._database)

    def observed(self, ids: Sequence[ItemId]) -> Mapping[ItemId, Observed]:
        found: dict[ItemId, Observed] = {}
        with self._database.reading() as connection:
            for chunk in _chunks(ids):
                found |= observations.among(connection, chunk)
        return found

    def left_to_mend(self) -> int:
        with self._database.reading() as connection:
            return connection.execute(observations.LEFT_TO_MEND).scalar_one()

    def stock_of(self, ids: Sequence[ItemId]) -> Mapping[ItemId, Sequence[StockPoint]]:
        found: dict[ItemId, Sequence[StockPoint]] = {}
        for chunk in _chunks(ids):
            with self._database.reading() as connection:
                found |= stock.among(connection, chunk)
        return found

    def reading(self) -> Reading | None:
        query = select(schema.reading.c.document)
        with self._database.reading() as connection:
            text = connection.execute(query).scalar_one_or_none()
        return None if text is None else documents.reading_from(text)

    def written_since(self, moment: datetime, action: Action) -> frozenset[ItemId]:
        with self._database.reading() as connection:
            return journal.written_since(connection, moment, action)

    def updates_since(self, moment: datetime) -> Iterator[Sequence[tuple[ItemId, Attributes]]]:
        place: journal.Place | None = None
        while True:
            with self._database.reading() as connection:
                batch, place = journal.updates_since(connection, moment, place, BATCH)
            if not batch:
                return
            yield batch

    def recreated_since(self, moment: datetime) -> frozenset[ItemId]:
        with self._database.reading() as connection:
            return journal.recreated_since(connection, moment)

    def written_after(self, cycle: CycleId, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        found: set[ItemId] = set()
        for chunk in _chunks(ids):
            with self._database.reading() as connection:
                found |= journal.written_after(connection, cycle, chunk)
        return frozenset(found)

    def last_written(self, ids: Sequence[ItemId]) -> Mapping[ItemId, datetime]:
        found: dict[ItemId, datetime] = {}
        for chunk in _chunks(ids):
            with self._database.reading() as connection:
                found |= journal.last_written(connection, chunk)
        return found

    def journal_of(self, item: ItemId) -> Sequence[JournalEntry]:
        with self._database.reading() as connection:
            return journal.of_item(connection, item)

    def journal_of_cycle(self, cycle: CycleId) -> Iterator[Sequence[JournalEntry]]:
        after: WriteId | None = None
        while True:
            with self._database.reading() as connection:
                batch = journal.of_cycle(connection, cycle, after, BATCH)
            if not batch:
                return
            yield batch
            after = batch[-1].write

    def writes_by_hour(self, first: datetime, hours: int) -> Sequence[WritesOfAnHour]:
        with self._database.reading() as connection:
            return journal.writes_by_hour(connection, first, hours)

    def cycles(self, limit: int) -> Sequence[CycleResult]:
        with self._database.reading() as connection:
            texts: list[str] = []
            for query in queries.LATEST_CYCLES:
                texts += connection.execute(query.limit(limit - len(texts))).scalars()
            return [documents.cycle_from(text) for text in texts]

    def cycle(self, cycle: CycleId) -> CycleResult | None:
        query = select(schema.cycle.c.document).where(schema.cycle.c.id == cycle)
        with self._database.reading() as connection:
            text = connection.execute(query).scalar_one_or_none()
        return None if text is None else documents.cycle_from(text)

    def seals(self) -> Iterator[Seal]:
        """Each seal and what stands under it are seen at one moment."""
        after = 0
        while True:
            with self._database.reading() as connection:
                found = chain.next_seal(connection, after)
            if found is None:
                return
            yield found
            after = found.number

    def last_seal(self) -> str | None:
        with self._database.reading() as connection:
            return chain.remembered(connection)

    def unsealed(self) -> Sequence[CycleId]:
        with self._database.reading() as connection:
            return chain.unsealed(connection)

    def prune(self, before: datetime) -> Iterator[int]:
        return pruning.steps(self._database, before)

    def stopped(self, name: str) -> Sequence[Change]:
        with self._database.reading() as connection:
            return approvals.stopped(connection, name)

    def approvals(self, ids: Sequence[ItemId], moment: datetime) -> Mapping[ItemId, Approval]:
        found: dict[ItemId, Approval] = {}
        with self._database.reading() as connection:
            for chunk in _chunks(ids):
                found |= approvals.in_force(connection, chunk, moment)
        return found

    def remembered(self, key: str) -> str | None:
        with self._database.reading() as connection:
            return facts.get(connection, key)

    def shelf(self) -> Shelf | None:
        return self._database.shelf()

    def hurry(self) -> None:
        self._database.hurry()

    def close(self) -> None:
        self._database.close()


class SqlTransaction:
    """The port's transaction, on the one connection that may write."""

    def __init__(self, connection: Connection, database: Database) -> None:
        self._connection = connection
        self._database = database
        self._stamps: tuple[str, str] | None = None
        self._changes = Changes()
        self._read: Mapping[ItemId, Tracked] = {}
        self._counts = True

    @property
    def step(self) -> Step | None:
        """What mends a copy of the fingerprints; None where none became stale, or for too many."""
        if self._stamps is None or self._changes.rows is None:
            return None
        return Step(*self._stamps, self._changes.rows)

    def tracked(self, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
        with decoding(self._database.name):
            found = _tracked(self._connection, ids)
        if self._stamps is None:
            self._read = dict(found)
        return found

    def put(self, rows: Sequence[Tracked]) -> None:
        if self._stamps is None and self._would_show(rows):
            self._replace_stamp()
        self._changes.put(rows)
        self._outdate_census()
        self._database.upsert(self._connection, map(codec.sku_row, rows))

    def begin(self, wishes: FirstWishes) -> bool:
        first = next(wishes.tracked(), None)
        if first is None:
            return True
        begun = zip(wishes.ids, wishes.fingerprints, codec.wish_texts(wishes), strict=True)
        if not self._database.begin(self._connection, codec.alike(codec.sku_row(first)), begun):
            return False
        if self._stamps is None:
            self._replace_stamp()
        self._changes.begin(wishes.ids, wishes.fingerprints)
        self._outdate_census()
        return True

    def forget(self, ids: Sequence[ItemId]) -> None:
        self._outdate_census()
        for chunk in _chunks(ids):
            gone = self._connection.execute(delete(schema.sku).where(schema.sku.c.id.in_(chunk)))
            if gone.rowcount and self._stamps is None:
                self._replace_stamp()
        self._changes.forget(ids)

    def begin_writes(self, intents: Sequence[Intent]) -> list[WriteId]:
        return self._enter(journal.begun(intents))

    def end_writes(self, settlements: Sequence[Settlement]) -> None:
        journal.end(self._connection, settlements)

    def adopt(self, adoptions: Sequence[Adoption]) -> None:
        self._enter(journal.adopted(adoptions))

    def record_reading(self, reading: Reading) -> None:
        table = schema.reading
        self._connection.execute(delete(table))
        document = documents.reading_text(reading)
        self._connection.execute(insert(table).values(source=_THE_CATALOG, document=document))

    def record_cycle(self, result: CycleResult) -> None:
        table = schema.cycle
        self._connection.execute(delete(table).where(table.c.id == result.id))
        document, plan = documents.cycle_text(result), result.stopped_plan
        row = insert(table).values(id=result.id, document=document, stopped_plan=plan)
        self._connection.execute(row)
        census.keep(self._connection)

    def seal(self, cycle: CycleId, at: datetime) -> None:
        chain.seal(self._connection, cycle, at)

    def record_stopped(self, changes: Sequence[Change]) -> str:
        return approvals.record_stopped(self._connection, changes)

    def approve(self, approved: Sequence[Approval]) -> None:
        for chunk in _chunks(approved):
            approvals.approve(self._connection, chunk)

    def forget_approvals(self, moment: datetime) -> None:
        approvals.forget_expired(self._connection, moment)

    def remember(self, key: str, value: str) -> None:
        facts.put(self._connection, key, value)

    def observe(self, observed: Sequence[Observed]) -> None:
        self.forget_observed([one.id for one in observed])
        observations.keep(self._connection, observed)

    def forget_observed(self, ids: Sequence[ItemId]) -> None:
        for chunk in _chunks(ids):
            observations.forget(self._connection, chunk)

    def forget_observed_before(self, moment: datetime) -> None:
        observations.forget_before(self._connection, moment)

    def note_stock(self, points: Sequence[StockPoint]) -> None:
        for chunk in _chunks(points):
            stock.keep(self._connection, chunk)

    def receive(self, event: Event) -> bool:
        return events.receive(self._connection, event)

    def _enter(self, entries: Sequence[journal.Entered]) -> list[WriteId]:
        return self._database.enter(self._connection, entries) if entries else []

    def _would_show(self, rows: Sequence[Tracked]) -> bool:
        """Whether writing these rows changes what the copy of fingerprints holds.

        Rows that were read right before, as those of each settled batch, need not be read again.
        """
        read, self._read = self._read, {}
        if all(row.id in read for row in rows):
            return any(_shown(read[row.id]) != _shown(row) for row in rows)
        return any(self._differs(chunk) for chunk in _chunks(rows))

    def _differs(self, rows: Sequence[Tracked]) -> bool:
        query = queries.shown([row.id for row in rows])
        present = {row[0]: (row[1], row[2]) for row in self._connection.execute(query)}
        return any(present.get(row.id) != _shown(row) for row in rows)

    def _outdate_census(self) -> None:
        if self._counts:
            census.outdate(self._connection)
            self._counts = False

    def _replace_stamp(self) -> None:
        before = facts.stamp(self._connection)
        self._stamps = before, facts.replace_stamp(self._connection)


def _shown(row: Tracked) -> tuple[int | None, bool]:
    """What the copy of fingerprints holds of a row."""
    return row.fingerprint, row.missing is not None


def _sizes() -> Iterator[int]:
    """Of batches: the first ones are small, for whoever wants a few rows alone."""
    size = _FIRST_BATCH
    while True:
        yield size
        size = min(2 * size, BATCH)


def _tracked(connection: Connection, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
    found: dict[ItemId, Tracked] = {}
    for chunk in _chunks(ids):
        found |= codec.tracked_by_id(connection.execute(queries.TRACKED, {"ids": chunk}))
    return found


def _chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Pieces small enough for the number of parameters that one query may have."""
    rest = iter(values)
    while chunk := tuple(islice(rest, BATCH)):
        yield chunk
