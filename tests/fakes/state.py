"""The state in memory: what the port promises, in the plainest way there is."""

from __future__ import annotations

import csv
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import duckdb

from syncd.domain.approval import Approval
from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.cycle import CycleId, CycleResult
from syncd.domain.delivery import Kind
from syncd.domain.journal import Adoption, Deed, Intent, JournalEntry, Settlement, WriteId
from syncd.domain.snapshot import Reading
from syncd.domain.tracking import Ownership, SkuState, Tracked
from syncd.errors import LeaseHeldError
from syncd.ports import Census, State, Transaction

_T = TypeVar("_T")
_BATCH = 1000
_READ_SPOOL = """
SELECT * FROM read_csv(
  $spool, header = false, delim = ',', quote = '"', escape = '"', auto_detect = false,
  columns = {'id': 'VARCHAR', 'fingerprint': 'BIGINT', 'missing': 'BOOLEAN'})
"""
_UNDONE = frozenset({Kind.REFUSED, Kind.UNDONE, Kind.KEY_REFUSED, Kind.FORBIDDEN})


@dataclass
class Contents:
    """Everything a state holds; a transaction works on a copy of it."""

    skus: dict[ItemId, Tracked] = field(default_factory=dict)
    journal: list[JournalEntry] = field(default_factory=list)
    cycles: dict[CycleId, CycleResult] = field(default_factory=dict)
    reading: Reading | None = None
    facts: dict[str, str] = field(default_factory=dict)
    stopped: list[tuple[Change, ...]] = field(default_factory=list)
    approvals: dict[ItemId, Approval] = field(default_factory=dict)

    def copied(self) -> Contents:
        return Contents(
            copy(self.skus),
            copy(self.journal),
            copy(self.cycles),
            self.reading,
            copy(self.facts),
            copy(self.stopped),
            copy(self.approvals),
        )


class FakeState:
    """A state without a file; `contents` may be looked at and laid in by tests."""

    def __init__(self, contents: Contents | None = None) -> None:
        self.contents = contents or Contents()
        self._writing = threading.Lock()
        self._cycle = threading.Lock()
        self._holder = ""

    @contextmanager
    def lease(self, holder: str, wait: timedelta) -> Iterator[None]:
        if not self._cycle.acquire(timeout=wait.total_seconds()):
            raise LeaseHeldError("state in memory", f"{self._holder} holds it", "Wait")
        try:
            self._holder = f"{holder} (since {datetime.now(UTC)})"
            yield
        finally:
            self._cycle.release()

    @contextmanager
    def overlay(self) -> Iterator[State]:
        yield FakeState(self.contents.copied())

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._writing:
            contents = self.contents.copied()
            yield FakeTransaction(contents)
            self.contents = contents

    @contextmanager
    def fingerprints(self) -> Iterator[Path]:
        rows = [(s.id, s.fingerprint, s.missing is not None) for s in self.contents.skus.values()]
        with TemporaryDirectory() as folder:
            spool, target = Path(folder, "spool.csv"), Path(folder, "fingerprints.parquet")
            with spool.open("w", newline="") as file:
                csv.writer(file).writerows(rows)
            with duckdb.connect() as engine:
                spooled = engine.sql(_READ_SPOOL, params={"spool": str(spool)})
                spooled.write_parquet(str(target))
            yield target

    def tracked(self, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
        return _among(self.contents, ids)

    def in_states(self, states: frozenset[SkuState]) -> Iterator[Sequence[Tracked]]:
        wanted = [sku for _, sku in sorted(self.contents.skus.items()) if sku.state in states]
        return _batches(wanted)

    def census(self) -> Census:
        skus = self.contents.skus.values()
        owned = sum(sku.ownership is Ownership.OWNED for sku in skus)
        return Census(dict(Counter(sku.state for sku in skus)), owned)

    def owned(self, limit: int) -> Sequence[ItemId]:
        owned = [
            sku.id
            for _, sku in sorted(self.contents.skus.items())
            if sku.ownership is Ownership.OWNED
        ]
        return [id_ for place, id_ in enumerate(owned) if place * limit % len(owned) < limit]

    def reading(self) -> Reading | None:
        return self.contents.reading

    def written_since(self, moment: datetime, action: Action) -> frozenset[ItemId]:
        return frozenset(
            entry.id
            for entry in self.contents.journal
            if entry.deed.value == action.value
            and entry.begun >= moment
            and entry.kind not in _UNDONE
            and not entry.approved
        )

    def journal_of(self, item: ItemId) -> Sequence[JournalEntry]:
        return [entry for entry in self.contents.journal if entry.id == item]

    def journal_of_cycle(self, cycle: CycleId) -> Iterator[Sequence[JournalEntry]]:
        return _batches([entry for entry in self.contents.journal if entry.cycle == cycle])

    def cycles(self, limit: int) -> Sequence[CycleResult]:
        return [result for _, result in sorted(self.contents.cycles.items(), reverse=True)][:limit]

    def cycle(self, cycle: CycleId) -> CycleResult | None:
        return self.contents.cycles.get(cycle)

    def stopped(self, name: str) -> Sequence[Change]:
        plans = dict(enumerate(self.contents.stopped))
        return plans.get(int(name), ()) if name.isdigit() else ()

    def approvals(self, ids: Sequence[ItemId], moment: datetime) -> Mapping[ItemId, Approval]:
        wanted, kept = set(ids), self.contents.approvals.items()
        return {id_: one for id_, one in kept if id_ in wanted and one.expires > moment}

    def remembered(self, key: str) -> str | None:
        return self.contents.facts.get(key)

    def close(self) -> None:
        """There is nothing to give back."""


class FakeTransaction:
    """Writes into a copy, which takes the place of the original at the end."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def tracked(self, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
        return _among(self._contents, ids)

    def put(self, rows: Sequence[Tracked]) -> None:
        self._contents.skus |= {row.id: row for row in rows}

    def forget(self, ids: Sequence[ItemId]) -> None:
        for id_ in ids:
            self._contents.skus.pop(id_, None)

    def begin_writes(self, intents: Sequence[Intent]) -> list[WriteId]:
        return [self._append(_begun(intent)) for intent in intents]

    def end_writes(self, settlements: Sequence[Settlement]) -> None:
        for settlement in settlements:
            entry = self._contents.journal[settlement.write - 1]
            self._contents.journal[settlement.write - 1] = replace(
                entry,
                ended=settlement.ended,
                kind=settlement.kind,
                failure=settlement.failure,
                request_id=settlement.request_id,
            )

    def adopt(self, adoptions: Sequence[Adoption]) -> None:
        for adoption in adoptions:
            self._append(_adopted(adoption))

    def record_reading(self, reading: Reading) -> None:
        self._contents.reading = reading

    def record_cycle(self, result: CycleResult) -> None:
        self._contents.cycles[result.id] = replace(result, changes=())

    def record_stopped(self, changes: Sequence[Change]) -> str:
        plan = tuple(changes)
        if plan not in self._contents.stopped:
            self._contents.stopped.append(plan)
        return str(self._contents.stopped.index(plan))

    def approve(self, approved: Sequence[Approval]) -> None:
        self._contents.approvals |= {one.change.id: one for one in approved}

    def forget_approvals(self, moment: datetime) -> None:
        kept = self._contents.approvals.items()
        self._contents.approvals = {id_: one for id_, one in kept if one.expires > moment}

    def remember(self, key: str, value: str) -> None:
        self._contents.facts[key] = value

    def _append(self, entry: JournalEntry) -> WriteId:
        number = WriteId(len(self._contents.journal) + 1)
        self._contents.journal.append(replace(entry, write=number))
        return number


def _begun(intent: Intent) -> JournalEntry:
    change = intent.change
    return JournalEntry(
        write=WriteId(0),
        cycle=intent.cycle,
        id=change.id,
        deed=Deed(change.action.value),
        resource=change.resource,
        revision=change.revision,
        before=intent.before,
        after={} if change.action is Action.DELETE else change.payload(),
        begun=intent.begun,
        approved=intent.approved,
    )


def _adopted(adoption: Adoption) -> JournalEntry:
    return JournalEntry(
        write=WriteId(0),
        cycle=adoption.cycle,
        id=adoption.id,
        deed=Deed.ADOPT,
        resource=Resource.INVENTORY_ITEM,
        revision=0,
        before=adoption.observed,
        after={},
        begun=adoption.at,
        ended=adoption.at,
        kind=Kind.ACCEPTED,
    )


def _among(contents: Contents, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
    return {id_: contents.skus[id_] for id_ in ids if id_ in contents.skus}


def _batches(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
