"""The state over any database; what is one database's own stands elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

from sqlalchemy import select

from syncd.domain.approval import Approval
from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.audit import Observed
from syncd.domain.chain import Seal
from syncd.domain.change import Action, Change
from syncd.domain.cycle import CycleId, CycleResult
from syncd.domain.event import Event
from syncd.domain.journal import JournalEntry, WriteId, WritesOfAnHour
from syncd.domain.snapshot import Reading
from syncd.domain.stock import StockPoint
from syncd.domain.tracking import SkuState, Tracked
from syncd.ports import Census, Duty, Fingerprints, Lease, Shelf, Sightings, State, Transaction
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
from syncd.state.batches import BATCH, chunks, growing_sizes, tracked_rows
from syncd.state.database import Database
from syncd.state.sightings import sightings
from syncd.state.transaction import SqlTransaction


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

    def sent_until(self) -> datetime | None:
        return self._database.sent_until()

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

    def fingerprints(self) -> AbstractContextManager[Fingerprints]:
        return self._database.fingerprints()

    def tracked(self, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
        with self._database.reading() as connection:
            return tracked_rows(connection, ids)

    def in_states(
        self, states: frozenset[SkuState], after: ItemId | None = None
    ) -> Iterator[Sequence[Tracked]]:
        """Each batch sees the rows as they are when it is asked for; none comes twice."""
        for size in growing_sizes() if states else ():
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
            for chunk in chunks(ids):
                found |= observations.among(connection, chunk)
        return found

    def left_to_mend(self) -> int:
        with self._database.reading() as connection:
            return connection.execute(observations.LEFT_TO_MEND).scalar_one()

    def stock_of(self, ids: Sequence[ItemId]) -> Mapping[ItemId, Sequence[StockPoint]]:
        found: dict[ItemId, Sequence[StockPoint]] = {}
        for chunk in chunks(ids):
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
        for chunk in chunks(ids):
            with self._database.reading() as connection:
                found |= journal.written_after(connection, cycle, chunk)
        return frozenset(found)

    def last_written(self, ids: Sequence[ItemId]) -> Mapping[ItemId, datetime]:
        found: dict[ItemId, datetime] = {}
        for chunk in chunks(ids):
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
            for chunk in chunks(ids):
                found |= approvals.in_force(connection, chunk, moment)
        return found

    def remembered(self, key: str) -> str | None:
        with self._database.reading() as connection:
            return facts.get(connection, key)

    def waiting_events(self) -> Sequence[Event]:
        with self._database.reading() as connection:
            return events.waiting(connection)

    def shelf(self) -> Shelf | None:
        return self._database.shelf()

    def hurry(self) -> None:
        self._database.hurry()

    def close(self) -> None:
        self._database.close()
