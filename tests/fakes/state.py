"""The state in memory: what the port promises, in the plainest way there is."""

from __future__ import annotations

import csv
import random
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from syncd.domain.approval import Approval
from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.audit import MENDED, FindingKind, Observed
from syncd.domain.chain import Seal
from syncd.domain.change import Action, Change
from syncd.domain.cycle import CycleId, CycleResult
from syncd.domain.delivery import Kind
from syncd.domain.event import Event
from syncd.domain.journal import (
    Adoption,
    Deed,
    Intent,
    JournalEntry,
    Settlement,
    WriteId,
    WritesOfAnHour,
)
from syncd.domain.snapshot import Reading
from syncd.domain.stock import StockPoint
from syncd.domain.tracking import Ownership, SkuState, Tracked
from syncd.engine.absorb import absorb
from syncd.engine.wishes import Wishes
from syncd.errors import LeaseHeldError, LeaseLostError
from syncd.ports import Census, Fingerprints, Sightings, State, Transaction
from tests.fakes.columns import columnar_engine
from tests.fakes.sightings import FakeSightings

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
    stopped: dict[str, tuple[Change, ...]] = field(default_factory=dict)
    approvals: dict[ItemId, Approval] = field(default_factory=dict)
    seals: list[Seal] = field(default_factory=list)
    sealed: dict[CycleId, int] = field(default_factory=dict)
    last_seal: str | None = None
    fence: tuple[int, str] = (0, "")
    events: dict[str, Event] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    observed: dict[ItemId, Observed] = field(default_factory=dict)
    stock: dict[tuple[ItemId, date], StockPoint] = field(default_factory=dict)
    last_forgotten: int = 0

    def copied(self) -> Contents:
        return Contents(
            copy(self.skus),
            copy(self.journal),
            copy(self.cycles),
            self.reading,
            copy(self.facts),
            copy(self.stopped),
            copy(self.approvals),
            copy(self.seals),
            copy(self.sealed),
            self.last_seal,
            self.fence,
            copy(self.events),
            copy(self.waiting),
            copy(self.observed),
            copy(self.stock),
            self.last_forgotten,
        )


@dataclass
class Store:
    """What all who have the same state open share."""

    contents: Contents
    judged: dict[ItemId, tuple[Tracked, SkuState]] = field(default_factory=dict)
    writing: threading.Lock = field(default_factory=threading.Lock)
    cycle: threading.Lock = field(default_factory=threading.Lock)
    on_duty: str | None = None
    held_since: datetime | None = None


@dataclass
class FakeLease:
    """The right to be the only cycle, until `lost` says otherwise."""

    lost: Callable[[], bool]
    sent_until: datetime | None = None

    def check(self) -> None:
        if self.lost():
            raise _lost()


@dataclass
class FakeDuty:
    """The duty, until `lost` says otherwise."""

    lost: Callable[[], bool]

    def show(self) -> None:
        if self.lost():
            raise _lost()


class FakeState:
    """A state without a file; `contents` may be looked at and laid in by tests."""

    def __init__(self, contents: Contents | None = None, store: Store | None = None) -> None:
        self._store = store or Store(contents or Contents())
        self._fence: int | None = None
        self._has_lease = False
        self._stood_still = False

    @property
    def contents(self) -> Contents:
        return self._store.contents

    @contents.setter
    def contents(self, contents: Contents) -> None:
        self._store.contents = contents

    def now(self) -> datetime:
        return datetime.now(UTC)

    def another(self) -> FakeState:
        """The same state, as another process has it open."""
        return FakeState(store=self._store)

    def stand_still(self) -> None:
        """Be as a process that was stopped for so long that any other may take its lease."""
        self._stood_still = True
        self._store.on_duty = None
        if self._has_lease:
            self._store.cycle.release()

    @contextmanager
    def lease(self, holder: str, wait: timedelta) -> Iterator[FakeLease]:
        if not self._store.cycle.acquire(timeout=wait.total_seconds()):
            raise LeaseHeldError("state in memory", f"{self.contents.fence[1]} holds it", "Wait")
        self._stood_still, self._has_lease = False, True
        try:
            number = self.contents.fence[0] + 1
            self._store.held_since = datetime.now(UTC).replace(microsecond=0)
            self.contents.fence = number, f"{holder} (since {self._store.held_since})"
            self._fence = number
            yield FakeLease(lambda: self._stood_still or self._is_shut_out())
        finally:
            self._has_lease = False
            if not self._stood_still:
                self._store.cycle.release()

    def held_since(self) -> datetime | None:
        return self._store.held_since if self._store.cycle.locked() else None

    def sent_until(self) -> datetime | None:
        return None

    @contextmanager
    def alongside(self, holder: str, wait: timedelta) -> Iterator[None]:
        if self._has_lease:
            yield
            return
        with self.lease(holder, wait):
            yield

    @contextmanager
    def duty(self, holder: str) -> Iterator[FakeDuty]:
        if self._store.on_duty is not None:
            raise LeaseHeldError("state in memory", f"{self._store.on_duty} is on duty", "Wait")
        self._store.on_duty = holder
        try:
            yield FakeDuty(lambda: self._stood_still)
        finally:
            if self._store.on_duty == holder:
                self._store.on_duty = None

    def _is_shut_out(self) -> bool:
        return self._fence is not None and self._fence != self.contents.fence[0]

    @contextmanager
    def overlay(self) -> Iterator[State]:
        yield FakeState(store=Store(self.contents.copied(), self._store.judged))

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._changed() as contents:
            yield FakeTransaction(contents)

    @contextmanager
    def _changed(self) -> Iterator[Contents]:
        with self._store.writing:
            if self._is_shut_out():
                raise _lost()
            contents = self.contents.copied()
            yield contents
            self.contents = contents

    @contextmanager
    def fingerprints(self) -> Iterator[Fingerprints]:
        rows = [(s.id, s.fingerprint, s.missing is not None) for s in self.contents.skus.values()]
        with TemporaryDirectory() as folder:
            spool, target = Path(folder, "spool.csv"), Path(folder, "fingerprints.parquet")
            with spool.open("w", newline="") as file:
                csv.writer(file).writerows(rows)
            with columnar_engine() as engine:
                spooled = engine.sql(_READ_SPOOL, params={"spool": str(spool)})
                spooled.write_parquet(str(target))
            yield Fingerprints(target)

    def tracked(self, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
        return _among(self.contents, ids)

    def in_states(
        self, states: frozenset[SkuState], after: ItemId | None = None
    ) -> Iterator[Sequence[Tracked]]:
        behind = self._ordered(lambda sku: after is None or sku.id > after)
        return _batches([sku for sku in behind if self._state_of(sku) in states])

    def beginning_with(self, prefix: str, limit: int) -> Sequence[Tracked]:
        return self._ordered(lambda sku: sku.id.startswith(prefix))[:limit]

    def _ordered(self, wanted: Callable[[Tracked], bool]) -> list[Tracked]:
        return [sku for _, sku in sorted(self.contents.skus.items()) if wanted(sku)]

    def census(self) -> Census:
        skus = self.contents.skus.values()
        owned = sum(sku.ownership is Ownership.OWNED for sku in skus)
        return Census(dict(Counter(map(self._state_of, skus))), owned)

    def _state_of(self, sku: Tracked) -> SkuState:
        """Its state, judged once for as long as the row stays the same, as a database has it."""
        judged = self._store.judged.get(sku.id)
        if judged is None or judged[0] is not sku:
            judged = self._store.judged[sku.id] = sku, sku.state
        return judged[1]

    def skus_alone(self) -> int:
        skus = self.contents.skus.values()
        return sum(sku.known_sku is not None and sku.ownership is Ownership.UNKNOWN for sku in skus)

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

    def updates_since(self, moment: datetime) -> Iterator[Sequence[tuple[ItemId, Attributes]]]:
        counted = self.written_since(moment, Action.UPDATE)
        return _batches(
            [
                (entry.id, entry.after)
                for entry in self.contents.journal
                if entry.id in counted and entry.deed is Deed.UPDATE
                if entry.begun >= moment and entry.kind not in _UNDONE and not entry.approved
            ]
        )

    def recreated_since(self, moment: datetime) -> frozenset[ItemId]:
        return frozenset(
            entry.id
            for entry in self.contents.journal
            if entry.recreates and entry.begun >= moment
            if entry.kind not in _UNDONE and not entry.approved
        )

    def written_after(self, cycle: CycleId, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        passed, written = False, set[ItemId]()
        for entry in self.contents.journal:
            if entry.cycle == cycle:
                passed, written = True, set[ItemId]()
            elif passed and entry.deed is not Deed.ADOPT and entry.kind not in _UNDONE:
                written.add(entry.id)
        return frozenset(written.intersection(ids))

    def journal_of(self, item: ItemId) -> Sequence[JournalEntry]:
        return [entry for entry in self.contents.journal if entry.id == item]

    def journal_of_cycle(self, cycle: CycleId) -> Iterator[Sequence[JournalEntry]]:
        return _batches([entry for entry in self.contents.journal if entry.cycle == cycle])

    def writes_by_hour(self, first: datetime, hours: int) -> Sequence[WritesOfAnHour]:
        hour = timedelta(hours=1)
        counts = Counter(
            (first + (entry.begun - first) // hour * hour, Action(entry.deed.value), entry.kind)
            for entry in self.contents.journal
            if entry.deed is not Deed.ADOPT and first <= entry.begun < first + hours * hour
        )
        actions = list(Action)
        ordered = sorted(counts, key=lambda one: (one[0], actions.index(one[1]), one[2] or ""))
        return [WritesOfAnHour(*one, counts[one]) for one in ordered]

    def cycles(self, limit: int) -> Sequence[CycleResult]:
        contents, unsealed = self.contents, len(self.contents.seals) + 1
        order = {id_: (contents.sealed.get(id_, unsealed), id_) for id_ in contents.cycles}
        latest = sorted(contents.cycles, key=lambda id_: order[id_], reverse=True)
        return [contents.cycles[id_] for id_ in latest[:limit]]

    def cycle(self, cycle: CycleId) -> CycleResult | None:
        return self.contents.cycles.get(cycle)

    def seals(self) -> Iterator[Seal]:
        before = ""
        for seal in list(self.contents.seals):
            found = None if seal.is_pruned else _digest(self.contents, before, seal.number)
            yield replace(seal, found=found, cycles=len(_under(self.contents, seal.number)))
            before = seal.digest

    def last_seal(self) -> str | None:
        return self.contents.last_seal

    def unsealed(self) -> Sequence[CycleId]:
        contents = self.contents
        known = {*contents.cycles, *(entry.cycle for entry in contents.journal)}
        return [one for one in known if not (one in contents.sealed and one in contents.cycles)]

    def prune(self, before: datetime) -> Iterator[int]:
        with self._changed() as contents:
            removed = _pruned(contents, before)
        if removed:
            yield removed

    def stopped(self, name: str) -> Sequence[Change]:
        return self.contents.stopped.get(name, ())

    def approvals(self, ids: Sequence[ItemId], moment: datetime) -> Mapping[ItemId, Approval]:
        wanted, kept = set(ids), self.contents.approvals.items()
        return {id_: one for id_, one in kept if id_ in wanted and one.expires > moment}

    def known_at_random(self, count: int) -> Sequence[ItemId]:
        known = [
            row.id
            for row in self.contents.skus.values()
            if row.ownership is Ownership.OWNED and row.known is not None
        ]
        return random.sample(known, min(count, len(known)))

    @contextmanager
    def sightings(self) -> Iterator[Sightings]:
        yield FakeSightings(lambda: self.contents.skus)

    def stock_of(self, ids: Sequence[ItemId]) -> Mapping[ItemId, Sequence[StockPoint]]:
        found: dict[ItemId, list[StockPoint]] = {}
        for (id_, _), point in sorted(self.contents.stock.items()):
            if id_ in ids:
                found.setdefault(id_, []).append(point)
        return found

    def observed(self, ids: Sequence[ItemId]) -> Mapping[ItemId, Observed]:
        kept = self.contents.observed
        return {id_: kept[id_] for id_ in ids if id_ in kept}

    def left_to_mend(self) -> int:
        entries, rows = self.contents.journal, self.contents.skus
        return sum(
            one.kind in MENDED
            or (one.kind is FindingKind.MANAGED and rows[id_].ownership is not Ownership.FOREIGN)
            for id_, one in self.contents.observed.items()
            if id_ in rows
            and not any(entry.id == id_ and entry.begun > one.seen for entry in entries)
        )

    def last_written(self, ids: Sequence[ItemId]) -> Mapping[ItemId, datetime]:
        found: dict[ItemId, datetime] = {}
        for entry in self.contents.journal:
            if entry.id in ids and entry.deed is not Deed.ADOPT and entry.kind not in _UNDONE:
                found[entry.id] = max(entry.begun, found.get(entry.id, entry.begun))
        return found

    def remembered(self, key: str) -> str | None:
        return self.contents.facts.get(key)

    def waiting_events(self) -> Sequence[Event]:
        events = (self.contents.events[id_] for id_ in self.contents.waiting)
        return sorted(events, key=lambda event: event.received)

    def shelf(self) -> None:
        """Nobody helps."""

    def hurry(self) -> None:
        """Nothing is waited for."""

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

    def begin(self, wishes: Wishes) -> bool:
        if not self._contents.skus.keys().isdisjoint(wishes.ids):
            return False
        self.put(list(wishes.tracked(self._contents.last_forgotten)))
        return True

    def revise(self, wishes: Wishes) -> AbstractSet[ItemId]:
        rows = self.tracked(wishes.ids)
        wished = [row for row in wishes.tracked() if row.id in rows]
        self.put([absorb(rows[one.id], one.fingerprint, one.desired or {}) for one in wished])
        return rows.keys()

    def forget(self, ids: Sequence[ItemId]) -> None:
        contents = self._contents
        gone = [contents.skus.pop(id_).revision for id_ in ids if id_ in contents.skus]
        contents.last_forgotten = max(contents.last_forgotten, *gone, 0)

    def last_forgotten(self) -> int:
        return self._contents.last_forgotten

    def begin_writes(self, intents: Sequence[Intent]) -> list[WriteId]:
        return [self._append(_begun(intent)) for intent in intents]

    def end_writes(self, settlements: Sequence[Settlement]) -> None:
        for settlement in settlements:
            journal = self._contents.journal
            place = bisect_left(journal, settlement.write, key=lambda entry: entry.write)
            journal[place] = replace(
                journal[place],
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
        self._contents.sealed.pop(result.id, None)

    def seal(self, cycle: CycleId, at: datetime) -> None:
        contents = self._contents
        number = contents.seals[-1].number + 1 if contents.seals else 1
        unsealed = contents.cycles.keys() - contents.sealed.keys()
        contents.sealed |= dict.fromkeys(unsealed, number)
        digest = _digest(contents, contents.seals[-1].digest if contents.seals else "", number)
        contents.seals.append(Seal(number, cycle, at, digest, digest, len(unsealed)))
        contents.last_seal = digest

    def record_stopped(self, changes: Sequence[Change]) -> str:
        plan, stopped = tuple(changes), self._contents.stopped
        for name, kept in stopped.items():
            if kept == plan:
                return name
        name = str(1 + max(map(int, stopped), default=0))
        stopped[name] = plan
        return name

    def approve(self, approved: Sequence[Approval]) -> None:
        self._contents.approvals |= {one.change.id: one for one in approved}

    def forget_approvals(self, moment: datetime) -> None:
        kept = self._contents.approvals.items()
        self._contents.approvals = {id_: one for id_, one in kept if one.expires > moment}

    def remember(self, key: str, value: str) -> None:
        self._contents.facts[key] = value

    def observe(self, observed: Sequence[Observed]) -> None:
        self._contents.observed |= {one.id: one for one in observed}

    def forget_observed(self, ids: Sequence[ItemId]) -> None:
        for id_ in ids:
            self._contents.observed.pop(id_, None)

    def forget_observed_before(self, moment: datetime) -> None:
        kept = self._contents.observed.items()
        self._contents.observed = {id_: one for id_, one in kept if one.seen >= moment}

    def note_stock(self, points: Sequence[StockPoint]) -> None:
        self._contents.stock |= {(one.item, one.at.date()): one for one in points}

    def receive(self, event: Event) -> bool:
        is_news = event.id not in self._contents.events
        self._contents.events.setdefault(event.id, event)
        if is_news:
            self._contents.waiting.add(event.id)
        return is_news

    def see_to_events(self, ids: Sequence[str]) -> None:
        self._contents.waiting -= set(ids)

    def _append(self, entry: JournalEntry) -> WriteId:
        journal = self._contents.journal
        number = WriteId(journal[-1].write + 1 if journal else 1)
        journal.append(replace(entry, write=number))
        return number


def _lost() -> LeaseLostError:
    return LeaseLostError("state in memory", "another has taken it over", "Run again")


def _under(contents: Contents, number: int) -> list[CycleId]:
    """The cycles that this seal covers, in their order."""
    return sorted(id_ for id_ in contents.cycles if contents.sealed.get(id_) == number)


def _digest(contents: Contents, before: str, number: int) -> str:
    covered = [
        (contents.cycles[id_], [entry for entry in contents.journal if entry.cycle == id_])
        for id_ in _under(contents, number)
    ]
    return sha256(repr((before, covered)).encode()).hexdigest()


def _pruned(contents: Contents, before: datetime) -> int:
    """Remove what may go; returns how many cycles, entries and events that were."""
    old = {seal.number for seal in contents.seals[:-1] if seal.at < before}
    gone = {id_ for id_ in contents.cycles if contents.sealed.get(id_) in old}
    gone -= {entry.cycle for entry in contents.journal if _is_in_flight(contents, entry)}
    marked = {contents.sealed[id_] for id_ in gone}
    contents.seals = [
        replace(seal, found=None) if seal.number in marked else seal for seal in contents.seals
    ]
    kept = [entry for entry in contents.journal if entry.cycle not in gone]
    events = {id_: one for id_, one in contents.events.items() if one.received >= before}
    removed = len(gone) + len(contents.journal) - len(kept) + len(contents.events) - len(events)
    contents.events = events
    contents.waiting &= events.keys()
    _forget_mended(contents, gone)
    removed += _forgotten_stock(contents, before.date())
    contents.journal = kept
    contents.cycles = {id_: one for id_, one in contents.cycles.items() if id_ not in gone}
    removed += _forgotten_seals(contents)
    return removed + _forgotten_plans(contents)


def _forget_mended(contents: Contents, cycles: AbstractSet[CycleId]) -> None:
    """Remove what these cycles have written for since it was observed."""
    entries = [entry for entry in contents.journal if entry.cycle in cycles]
    contents.observed = {
        id_: one
        for id_, one in contents.observed.items()
        if not any(entry.id == id_ and entry.begun > one.seen for entry in entries)
    }


def _forgotten_plans(contents: Contents) -> int:
    """Remove plans that no cycle refers to; returns how many that were."""
    plans = {one.stopped_plan for one in contents.cycles.values()}
    needless = contents.stopped.keys() - plans
    contents.stopped = {name: one for name, one in contents.stopped.items() if name in plans}
    return len(needless)


def _forgotten_seals(contents: Contents) -> int:
    """Remove those before the last one of the beginning that covers nothing; returns how many."""
    present = {contents.sealed.get(id_) for id_ in contents.cycles}
    needed = [one.number for one in contents.seals if not one.is_pruned or one.number in present]
    kept = [one for one in contents.seals if one.number >= min(needed, default=0) - 1]
    removed = len(contents.seals) - len(kept)
    contents.seals = kept
    return removed


def _forgotten_stock(contents: Contents, before: date) -> int:
    """Remove points that were over by that day; returns how many that were."""
    kept = {
        (id_, day): point
        for (id_, day), point in contents.stock.items()
        if day >= before
        or (
            id_ in contents.skus
            and not any(id_ == other and day < later <= before for other, later in contents.stock)
        )
    }
    removed = len(contents.stock) - len(kept)
    contents.stock = kept
    return removed


def _is_in_flight(contents: Contents, entry: JournalEntry) -> bool:
    row = contents.skus.get(entry.id)
    return row is not None and row.state is SkuState.IN_FLIGHT and entry.kind is None


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
        recreates=intent.recreates,
    )


def _adopted(adoption: Adoption) -> JournalEntry:
    return JournalEntry(
        write=WriteId(0),
        cycle=adoption.cycle,
        id=adoption.id,
        deed=Deed.ADOPT,
        resource=adoption.resource,
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
