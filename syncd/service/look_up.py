"""Asks the remote what it has, so that nobody finds out by colliding."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from syncd.domain.attributes import ItemId
from syncd.domain.item import RemoteItem
from syncd.domain.journal import Adoption
from syncd.engine.observe import Observation, is_adoption, observe
from syncd.errors import KeyRefusedError, RemoteError, ResourceForbiddenError
from syncd.ports import State, Transaction
from syncd.service.batcher import Batcher
from syncd.service.side_by_side import side_by_side
from syncd.service.terms import CycleRequest, Ports, Terms
from syncd.service.write_back import write_back

IDS_A_REQUEST: Final = 100
SKUS: Final = "skus"
HIDDEN: Final = "hidden"
SHOWN: Final = "shown"
BATCHES_UNDER_WAY: Final = 64
FAILURES_TO_GIVE_UP: Final = 3
"""So many batches failing one after the other, each after its own tries, mean an outage."""
_REFUSALS: Final = (KeyRefusedError, ResourceForbiddenError)

_log = structlog.get_logger()


@dataclass(slots=True)
class LookUp:
    """What has been asked in this cycle, and what could not be.

    `unseen` are ids whose last look-up failed: nothing may be planned for them. `failure` is the
    last reason, and `answered` whether any look-up of this cycle had an answer. `skus_hidden` says
    that the key may not read SKUs, so that the fulfilment model is not checked; None while no SKU
    was asked for.
    """

    unseen: set[ItemId] = field(default_factory=set)
    adopted: int = 0
    failure: RemoteError | None = None
    answered: bool = False
    skus_hidden: bool | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    ids: Sequence[ItemId]
    items: Mapping[ItemId, RemoteItem]
    managed: frozenset[ItemId]

    def of(self, item: ItemId) -> Observation:
        return Observation(self.items.get(item), item in self.managed)


class LookingUp:
    """Looks ids up, a hundred a request and many requests at once, and records what it sees."""

    def __init__(self, ports: Ports, terms: Terms, request: CycleRequest) -> None:
        self._ports = ports
        self._terms = terms
        self._request = request
        self._places = asyncio.Semaphore(min(BATCHES_UNDER_WAY, terms.in_flight))
        self._failures_in_a_row = 0
        self.found = LookUp()

    async def look_up(self, ids: Sequence[ItemId]) -> None:
        """Bring the rows of these ids up to what the remote has.

        Raises `KeyRefusedError`, and `ResourceForbiddenError` where items may not be read.
        """
        self.found.unseen, self.found.failure, self._failures_in_a_row = set(), None, 0
        if not ids:
            return
        self._request.progress.phase("looking up", len(ids))
        async with Batcher[_Seen](self._record) as recorder, side_by_side() as tasks:
            for batch in in_hundreds(ids):
                await self._places.acquire()
                tasks.create_task(self._look_up_batch(batch, recorder))
        if isinstance(self.found.failure, _REFUSALS):
            raise self.found.failure

    async def managed_among(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        """Those of these ids whose SKU is Digital River's own; none where SKUs are hidden."""
        if self.found.skus_hidden:
            return frozenset()
        try:
            managed = await self._ports.remote.managed(ids)
        except ResourceForbiddenError as forbidden:
            _log.warning("look_up.skus_hidden", reason=forbidden.reason)
            self.found.skus_hidden = True
            return frozenset()
        self.found.skus_hidden = False
        return managed

    async def _look_up_batch(self, ids: Sequence[ItemId], recorder: Batcher[_Seen]) -> None:
        try:
            await self._see(ids, recorder)
        except RemoteError as failure:
            self._failures_in_a_row += 1
            self.found.unseen.update(ids)
            if not isinstance(self.found.failure, KeyRefusedError):
                self.found.failure = failure
        finally:
            self._places.release()
            self._request.progress.advance(len(ids))

    async def _see(self, ids: Sequence[ItemId], recorder: Batcher[_Seen]) -> None:
        if self._should_stop():
            self.found.unseen.update(ids)
            return
        items = await self._ports.remote.items(ids)
        recorder.add(_Seen(ids, items, await self.managed_among(ids)))
        self._failures_in_a_row = 0
        self.found.answered = True

    def _should_stop(self) -> bool:
        """Whether asking on is pointless: told to stop, refused, or the remote is out of reach."""
        return (
            self._request.stop.is_set()
            or isinstance(self.found.failure, _REFUSALS)
            or self._failures_in_a_row >= FAILURES_TO_GIVE_UP
        )

    def _record(self, seen: Sequence[_Seen]) -> None:
        with self._ports.state.transaction() as transaction:
            for batch in seen:
                self._record_batch(transaction, batch)

    def _record_batch(self, transaction: Transaction, seen: _Seen) -> None:
        now = self._ports.clock.now()
        before = transaction.tracked(seen.ids)
        after = {
            item: observe(row, seen.of(item), self._terms.policy, now)
            for item, row in before.items()
        }
        adoptions = [
            Adoption(self._request.id, item, seen.items[item].attributes, now)
            for item, row in after.items()
            if is_adoption(before[item], row)
        ]
        write_back(transaction, after)
        transaction.adopt(adoptions)
        self.found.adopted += len(adoptions)


def remember_rights(transaction: Transaction, found: LookUp) -> None:
    """Keep what was learned of the key, for the reports of cycles that have nothing to ask."""
    if found.skus_hidden is not None:
        transaction.remember(SKUS, HIDDEN if found.skus_hidden else SHOWN)


def skus_are_hidden(state: State, found: LookUp) -> bool:
    """Whether the key may not read SKUs, as far as anybody has seen."""
    if found.skus_hidden is None:
        return state.remembered(SKUS) == HIDDEN
    return found.skus_hidden


def in_hundreds(ids: Sequence[ItemId]) -> list[Sequence[ItemId]]:
    """The ids in slices that fit one request."""
    return [ids[start : start + IDS_A_REQUEST] for start in range(0, len(ids), IDS_A_REQUEST)]
