"""What one transaction writes, over any database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from syncd.domain.approval import Approval
from syncd.domain.attributes import ItemId
from syncd.domain.audit import Observed
from syncd.domain.change import Change
from syncd.domain.cycle import CycleId, CycleResult
from syncd.domain.event import Event
from syncd.domain.journal import Adoption, Intent, Settlement, WriteId
from syncd.domain.snapshot import Reading
from syncd.domain.stock import StockPoint
from syncd.domain.tracking import Tracked
from syncd.engine.wishes import Wishes
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
    queries,
    schema,
    stock,
)
from syncd.state.batches import chunks, stored_rows, tracked_rows
from syncd.state.database import Database
from syncd.state.faults import decoding
from syncd.state.fingerprint_steps import Changes, Step
from syncd.state.revising import moves, revised

_THE_CATALOG: Final = "catalog"


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
            found = tracked_rows(self._connection, ids)
        if self._stamps is None:
            self._read = dict(found)
        return found

    def put(self, rows: Sequence[Tracked]) -> None:
        if not rows:
            return
        if self._stamps is None and self._would_show(rows):
            self._replace_stamp()
        self._changes.put(rows)
        self._outdate_census()
        self._database.upsert(self._connection, map(codec.sku_row, rows))

    def begin(self, wishes: Wishes) -> bool:
        first = next(wishes.tracked(self.last_forgotten()), None)
        if first is None:
            return True
        begun = zip(wishes.ids, wishes.fingerprints, codec.wish_texts(wishes), strict=True)
        if not self._database.begin(self._connection, codec.alike(codec.sku_row(first)), begun):
            return False
        if self._stamps is None:
            self._replace_stamp()
        self._changes.present(wishes.ids, wishes.fingerprints)
        self._outdate_census()
        return True

    def revise(self, wishes: Wishes) -> AbstractSet[ItemId]:
        with decoding(self._database.name):
            stored = stored_rows(self._connection, wishes.ids)
            found = list(revised(wishes, stored))
        if not found:
            return frozenset()
        ids, fingerprints, rows = zip(*found, strict=True)
        if self._stamps is None:
            self._replace_stamp()
        self._changes.present(ids, fingerprints)
        self._shift_census(moves(rows, stored))
        self._database.upsert(self._connection, rows)
        return frozenset(ids)

    def forget(self, ids: Sequence[ItemId]) -> None:
        if not ids:
            return
        self._outdate_census()
        for chunk in chunks(ids):
            of_these = schema.sku.c.id.in_(chunk)
            highest = select(func.max(schema.sku.c.revision)).where(of_these)
            revision = self._connection.execute(highest).scalar()
            if revision is None:
                continue
            self._connection.execute(delete(schema.sku).where(of_these))
            facts.raise_to(self._connection, facts.FORGOTTEN, revision)
            if self._stamps is None:
                self._replace_stamp()
        self._changes.forget(ids)

    def last_forgotten(self) -> int:
        return facts.number(self._connection, facts.FORGOTTEN)

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
        self._keep_census()

    def record_cycle(self, result: CycleResult) -> None:
        table = schema.cycle
        self._connection.execute(delete(table).where(table.c.id == result.id))
        document, plan = documents.cycle_text(result), result.stopped_plan
        row = insert(table).values(id=result.id, document=document, stopped_plan=plan)
        self._connection.execute(row)
        self._keep_census()

    def seal(self, cycle: CycleId, at: datetime) -> None:
        chain.seal(self._connection, cycle, at)

    def record_stopped(self, changes: Sequence[Change]) -> str:
        return approvals.record_stopped(self._connection, changes)

    def approve(self, approved: Sequence[Approval]) -> None:
        for chunk in chunks(approved):
            approvals.approve(self._connection, chunk)

    def forget_approvals(self, moment: datetime) -> None:
        approvals.forget_expired(self._connection, moment)

    def remember(self, key: str, value: str) -> None:
        facts.put(self._connection, key, value)

    def observe(self, observed: Sequence[Observed]) -> None:
        self.forget_observed([one.id for one in observed])
        observations.keep(self._connection, observed)

    def forget_observed(self, ids: Sequence[ItemId]) -> None:
        for chunk in chunks(ids):
            observations.forget(self._connection, chunk)

    def forget_observed_before(self, moment: datetime) -> None:
        observations.forget_before(self._connection, moment)

    def note_stock(self, points: Sequence[StockPoint]) -> None:
        for chunk in chunks(points):
            stock.keep(self._connection, chunk)

    def receive(self, event: Event) -> bool:
        return events.receive(self._connection, event)

    def see_to_events(self, ids: Sequence[str]) -> None:
        for chunk in chunks(ids):
            events.see_to(self._connection, chunk)

    def _enter(self, entries: Sequence[journal.Entered]) -> list[WriteId]:
        return self._database.enter(self._connection, entries) if entries else []

    def _would_show(self, rows: Sequence[Tracked]) -> bool:
        """Whether writing these rows changes what the copy of fingerprints holds.

        Rows that were read right before, as those of each settled batch, need not be read again.
        """
        read, self._read = self._read, {}
        if all(row.id in read for row in rows):
            return any(_shown(read[row.id]) != _shown(row) for row in rows)
        return any(self._differs(chunk) for chunk in chunks(rows))

    def _differs(self, rows: Sequence[Tracked]) -> bool:
        query = queries.shown([row.id for row in rows])
        present = {row[0]: (row[1], row[2]) for row in self._connection.execute(query)}
        return any(present.get(row.id) != _shown(row) for row in rows)

    def _keep_census(self) -> None:
        """Count once what the rest of a cycle asks for again and again, until rows are written."""
        census.keep(self._connection)
        self._counts = True

    def _outdate_census(self) -> None:
        if self._counts:
            census.outdate(self._connection)
            self._counts = False

    def _shift_census(self, moved: Iterable[census.Move]) -> None:
        if self._counts:
            census.shift(self._connection, moved)

    def _replace_stamp(self) -> None:
        before = facts.stamp(self._connection)
        self._stamps = before, facts.replace_stamp(self._connection)


def _shown(row: Tracked) -> tuple[int | None, bool]:
    """What the copy of fingerprints holds of a row."""
    return row.fingerprint, row.missing is not None
