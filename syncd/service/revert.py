"""Undoes what one cycle has written: finds out what of it still stands, and wishes it back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from syncd.domain.attributes import ItemId
from syncd.domain.change import Change
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Failure
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.policy import PolicyMode
from syncd.domain.tracking import SkuState, Tracked
from syncd.engine.deeds import Deeds, with_entry
from syncd.engine.forget import unless_spent
from syncd.engine.plan import change_for
from syncd.engine.revert import Kept, Occasion, Standing, released, undone
from syncd.errors import UsageError
from syncd.ports import State, Table, Transaction
from syncd.service.ask import REFUSALS
from syncd.service.passes import Passes
from syncd.service.terms import LEASE_WAIT, CycleRequest, Ports, StoppedError, Terms
from syncd.service.write_back import write_back

KEPT: Final[Mapping[Kept, Failure]] = {
    kept: Failure(None, kept.value, message)
    for kept, message in {
        Kept.WRITTEN_SINCE: "a later cycle has written it again",
        Kept.CHANGED_SINCE: "Digital River has it otherwise than the cycle left it",
        Kept.WISHED_SINCE: "its catalog row wants something else since, which the next run writes",
        Kept.GONE: "it has left the catalog since",
        Kept.NOT_OURS: "its item is not ours",
        Kept.NOT_ALLOWED: "policy.mode or policy.delete_skus allows no such write",
        Kept.ONE_HALF: "it would part the halves of a pair: one is to stay, or to be made alone",
        Kept.UNLIKE_BEFORE: "SKU and item were not alike before, and no revert makes them so again",
        Kept.UNSEEN: "Digital River could not be asked what it has",
    }.items()
}
"""How a report tells of what is not undone; what is as it was before is only counted."""
_ROWS_AT_ONCE: Final = 1_000
_SHOWN: Final = 5
_HOLDING: Final = frozenset(
    {
        SkuState.HELD,
        SkuState.PENDING,
        SkuState.QUARANTINED,
        SkuState.IN_FLIGHT,
        SkuState.MISSING,
        SkuState.FOREIGN,
    }
)
"""States in which a revert may hold a SKU: all but in sync."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Undone:
    """What is wished back: the ids, and sentences for the report."""

    ids: frozenset[ItemId]
    notes: tuple[str, ...]


def check_revertible(state: State, terms: Terms, request: CycleRequest) -> None:
    """Raise `UsageError` where there is nothing that the cycle could undo, or it may not."""
    cycle = request.reverts
    if cycle is None:
        return
    if state.cycle(cycle) is None:
        raise UsageError(f"Cycle {cycle}", "there is no such cycle", "See: syncd history")
    if not any(
        with_entry(None, entry, skus=terms.policy.skus)
        for batch in state.journal_of_cycle(cycle)
        for entry in batch
    ):
        raise UsageError(f"Cycle {cycle}", "it wrote nothing", "See which one did: syncd history")
    if request.rehearses:
        return
    if terms.orchestrated or terms.policy.mode is PolicyMode.REPORT_ONLY:
        raise UsageError(
            "syncd revert",
            "the configuration lets nothing be written (policy.mode, digital_river.model)",
            "Look at what it would do with: syncd revert CYCLE --dry-run",
        )


class Undoing:
    """Brings the rows that a cycle has written to wish for what was before it."""

    def __init__(self, ports: Ports, terms: Terms, request: CycleRequest, passes: Passes) -> None:
        self._ports = ports
        self._terms = terms
        self._request = request
        self._passes = passes

    async def record(self, cycle: CycleId) -> Undone:
        """Wish back what stands as the cycle has left it; the passes' results hear of the rest.

        Asks Digital River about every SKU that the cycle wrote. Raises `StoppedError` and, where
        nobody answers, `RemoteError`, with nothing recorded.
        """
        deeds = await asyncio.to_thread(self._deeds, cycle)
        await self._passes.find_out(list(deeds))
        seen = await self._observed(list(deeds))
        judged = await asyncio.to_thread(self._record, cycle, deeds, seen)
        _log.info("revert.recorded", cycle=cycle, undone=len(judged.ids))
        return Undone(judged.ids, tuple(self._notes(cycle, deeds, judged)))

    def _deeds(self, cycle: CycleId) -> dict[ItemId, Deeds]:
        """What the cycle did, by SKU, of those that are asked for."""
        only, found = self._request.only, dict[ItemId, Deeds]()
        for entries in self._ports.state.journal_of_cycle(cycle):
            for entry in entries:
                deeds = with_entry(found.get(entry.id), entry, skus=self._terms.policy.skus)
                if deeds is not None and (not only or entry.id in only):
                    found[entry.id] = deeds
        return dict(sorted(found.items()))

    async def _observed(self, ids: Sequence[ItemId]) -> _Seen:
        items, skus = dict[ItemId, RemoteItem](), dict[ItemId, RemoteSku]()

        async def see(batch: Sequence[ItemId]) -> None:
            items.update(await self._ports.remote.items(batch))
            if self._terms.policy.skus:
                skus.update(await self._ports.remote.skus(batch))

        asking = self._passes.looking_up.asking
        self._request.progress.phase("looking at what it wrote", len(ids))
        unseen = frozenset(await asking.ask(ids, see))
        if asking.stopped:
            raise StoppedError("the revert", "it was asked to stop", "Run it again")
        nobody = asking.out or len(unseen) == len(ids)
        if asking.failure is not None and (nobody or isinstance(asking.failure, REFUSALS)):
            raise asking.failure
        return _Seen(items, skus, unseen | self._passes.looking_up.found.unseen)

    def _record(self, cycle: CycleId, deeds: Mapping[ItemId, Deeds], seen: _Seen) -> _Judged:
        """Write the new wishes down, all of them or none."""
        reading = self._ports.state.reading()
        reads = reading.complete_reads if reading else 0
        occasion = Occasion(cycle, self._ports.clock.now(), reads)
        judged = _Judged()
        overtaken = self._ports.state.written_after(cycle, list(deeds))
        with self._ports.state.transaction() as transaction:
            for ids in _in_parts(list(deeds)):
                rows = transaction.tracked(ids)
                for item in ids:
                    standing = seen.standing(item, rows.get(item), is_overtaken=item in overtaken)
                    judged.add(deeds[item], self._judged(deeds[item], standing, seen, occasion))
                transaction.put(judged.taken())
        for change, kept in judged.kept:
            self._passes.results.left_out(change, KEPT[kept])
        return judged

    def _judged(
        self, deeds: Deeds, standing: Standing, seen: _Seen, occasion: Occasion
    ) -> Tracked | Kept:
        if deeds.id in seen.unseen:
            return Kept.UNSEEN
        row = undone(deeds, standing, occasion)
        if isinstance(row, Kept) or row is standing.row:
            return row
        change = change_for(row, self._terms.policy, occasion.now, occasion.read)
        return row if change else Kept.NOT_ALLOWED

    def _notes(
        self, cycle: CycleId, deeds: Mapping[ItemId, Deeds], judged: _Judged
    ) -> Iterator[str]:
        if judged.ids:
            yield (
                f"This undoes {cycle}. What is undone is held until its catalog row wants "
                "something else; let it go with: syncd release --all"
            )
        alike = judged.counts[Kept.AS_BEFORE]
        if alike:
            yield f"Nothing is left of {alike:,} of the writes of {cycle}, and nothing to undo."
        others = sorted(self._request.only - deeds.keys())
        if others:
            yield f"Cycle {cycle} did not write {_few(others)}."


@dataclass(frozen=True, slots=True)
class _Seen:
    items: Mapping[ItemId, RemoteItem]
    skus: Mapping[ItemId, RemoteSku]
    unseen: frozenset[ItemId]

    def standing(self, item: ItemId, row: Tracked | None, *, is_overtaken: bool) -> Standing:
        """How this SKU stands now."""
        return Standing(row, self.items.get(item), is_overtaken, self.skus.get(item))


@dataclass(slots=True)
class _Judged:
    """What is undone and what is kept, gathered one by one."""

    kept: list[tuple[Change, Kept]] = field(default_factory=list)
    counts: Counter[Kept] = field(default_factory=Counter)
    _ids: set[ItemId] = field(default_factory=set)
    _rows: list[Tracked] = field(default_factory=list)

    @property
    def ids(self) -> frozenset[ItemId]:
        return frozenset(self._ids)

    def add(self, deeds: Deeds, judged: Tracked | Kept) -> None:
        if isinstance(judged, Tracked):
            self._ids.add(judged.id)
            self._rows.append(judged)
            return
        self.counts[judged] += 1
        undoing = deeds.undoing()
        if judged in KEPT and undoing is not None:
            self.kept.append((undoing, judged))

    def taken(self) -> list[Tracked]:
        """The rows since the last call, to be written."""
        rows, self._rows = self._rows, []
        return rows


# ------------------------------------------------------------------------------- letting go


def release(state: State, ids: Sequence[ItemId], holder: str) -> tuple[ItemId, ...]:
    """End the hold of a revert for these ids, all or none.

    Waits up to a minute for a cycle that is running, then raises `LeaseHeldError`; raises
    `UsageError` where no revert holds one of the ids.
    """
    with state.lease(holder, LEASE_WAIT):
        rows = state.tracked(ids)
        _refuse_others(ids, rows)
        return _released(state, rows.values())


def release_all(state: State, holder: str) -> tuple[ItemId, ...]:
    """End every hold of a revert; waits for a cycle as `release` does."""
    with state.lease(holder, LEASE_WAIT):
        return _released(state, list(_held_by_reverts(state)))


def _held_by_reverts(table: Table) -> Iterator[Tracked]:
    for rows in table.in_states(_HOLDING):
        yield from (row for row in rows if row.reverted is not None)


def _released(state: State, rows: Iterable[Tracked]) -> tuple[ItemId, ...]:
    after = {row.id: unless_spent(released(row)) for row in rows}
    with state.transaction() as transaction:
        _put_in_parts(transaction, after)
    _log.info("revert.released", count=len(after))
    return tuple(after)


def _put_in_parts(transaction: Transaction, rows: Mapping[ItemId, Tracked | None]) -> None:
    for ids in _in_parts(list(rows)):
        write_back(transaction, {item: rows[item] for item in ids})


def _refuse_others(ids: Sequence[ItemId], rows: Mapping[ItemId, Tracked]) -> None:
    others = [item for item in ids if item not in rows or rows[item].reverted is None]
    if others:
        raise UsageError(
            "Reverts",
            f"none holds {_few(others)}, so nothing was changed",
            "See what is held with: syncd status",
        )


def _few(ids: Sequence[ItemId]) -> str:
    more = f" and {len(ids) - _SHOWN:,} more" if len(ids) > _SHOWN else ""
    return f"{', '.join(ids[:_SHOWN])}{more}"


def _in_parts(ids: Sequence[ItemId]) -> Iterator[Sequence[ItemId]]:
    for start in range(0, len(ids), _ROWS_AT_ONCE):
        yield ids[start : start + _ROWS_AT_ONCE]
