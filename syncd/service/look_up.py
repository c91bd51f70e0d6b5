"""Asks the remote what it has, so that nobody finds out by colliding."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from syncd.domain.attributes import ItemId
from syncd.domain.change import Resource
from syncd.domain.delivery import Failure
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.journal import Adoption
from syncd.engine.observe import Observation, is_adoption, is_adoption_of_sku, observe
from syncd.engine.observe import unseen as unseen_row
from syncd.errors import RemoteError, RemoteUnavailableError, ResourceForbiddenError
from syncd.ports import State, Transaction
from syncd.service.ask import REFUSALS, Asking
from syncd.service.batcher import Batcher
from syncd.service.terms import CycleRequest, Ports, Terms
from syncd.service.write_back import write_back

__all__ = ["LookUp", "LookingUp", "remember_rights", "skus_are_hidden"]

SKUS: Final = "skus"
HIDDEN: Final = "hidden"
SHOWN: Final = "shown"
UNSEEN: Final = "unseen"
"""The code of a failure to look one SKU up while others can be."""

_log = structlog.get_logger()


@dataclass(slots=True)
class LookUp:
    """What has been asked in this cycle, and what could not be.

    `unseen` are ids whose last look-up failed: nothing may be planned for them. `managed` are those
    whose SKU was found to be Digital River's own. `failure` is the last reason, and `answered`
    whether any look-up of this cycle had an answer. `skus_hidden` says that the key may not read
    SKUs, so that the fulfilment model is not checked; None while no SKU was asked for.
    """

    unseen: set[ItemId] = field(default_factory=set)
    managed: set[ItemId] = field(default_factory=set)
    adopted: int = 0
    failure: RemoteError | None = None
    answered: bool = False
    skus_hidden: bool | None = None

    @property
    def is_out(self) -> bool:
        """Whether the last look-up has failed in a way that may pass by itself."""
        return self.failure is not None and not isinstance(self.failure, REFUSALS)

    @property
    def forbidden(self) -> frozenset[ItemId]:
        """The unseen ids that it is no use to ask about again with this key."""
        return frozenset(self.unseen if isinstance(self.failure, REFUSALS) else ())


@dataclass(frozen=True, slots=True)
class _Seen:
    ids: Sequence[ItemId]
    items: Mapping[ItemId, RemoteItem]
    managed: frozenset[ItemId]
    skus: Mapping[ItemId, RemoteSku] = field(default_factory=dict)

    def of(self, item: ItemId) -> Observation:
        return Observation(self.items.get(item), item in self.managed, self.skus.get(item))


class LookingUp:
    """Looks ids up, a hundred a request and many requests at once, and records what it sees."""

    def __init__(self, ports: Ports, terms: Terms, request: CycleRequest) -> None:
        self._ports = ports
        self._terms = terms
        self._request = request
        self.asking = Asking(request, terms.in_flight)
        self.found = LookUp()

    async def look_up(self, ids: Sequence[ItemId]) -> None:
        """Bring the rows of these ids up to what the remote has.

        Raises `KeyRefusedError`, and `ResourceForbiddenError` where items may not be read. Where
        SKUs that are managed may not, these ids are unseen.
        """
        self.found.unseen, self.found.failure = set(), None
        if not ids:
            return
        self._request.progress.phase("looking up", len(ids))
        async with Batcher[_Seen](self._record) as recorder:

            async def see(batch: Sequence[ItemId]) -> None:
                recorder.add(await self._seen(batch))
                self.found.answered = True
                self._request.progress.advance(len(batch))

            unseen = await self.asking.ask(ids, see)
        self._learn(unseen)
        if self._fails_alone(unseen):
            await asyncio.to_thread(self._put_off, unseen)
        refusal = self._refusal()
        if refusal is not None:
            raise refusal

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
        self.found.managed |= managed
        return managed

    async def _seen(self, ids: Sequence[ItemId]) -> _Seen:
        items = await self._ports.remote.items(ids)
        if not self._terms.policy.skus:
            return _Seen(ids, items, await self.managed_among(ids))
        try:
            skus = await self._ports.remote.skus(ids)
        except ResourceForbiddenError:
            self.found.skus_hidden = True
            raise
        self.found.skus_hidden = False
        managed = frozenset(item for item, sku in skus.items() if sku.managed)
        self.found.managed |= managed
        return _Seen(ids, items, managed, skus)

    def _refusal(self) -> RemoteError | None:
        """What ends the cycle: not that SKUs alone may not be read, for known rows need no look."""
        failure = self.found.failure
        hides_skus = self._terms.policy.skus and self.found.skus_hidden
        if isinstance(failure, ResourceForbiddenError) and hides_skus:
            return None
        return failure if isinstance(failure, REFUSALS) else None

    def _learn(self, unseen: Sequence[ItemId]) -> None:
        """Keep what could not be seen and why; a stop is no failure of the remote."""
        self._request.progress.advance(len(unseen))
        self.found.unseen.update(unseen)
        failure = self.asking.failure
        if isinstance(failure, RemoteUnavailableError):
            if self.asking.stopped:
                return
            if self._fails_alone(unseen):
                failure = _about(unseen, failure)
        self.found.failure = failure

    def _fails_alone(self, unseen: Sequence[ItemId]) -> bool:
        """Whether it is these ids that cannot be seen, and not the remote that is out."""
        asking = self.asking
        failed = isinstance(asking.failure, RemoteUnavailableError) and not asking.stopped
        return bool(unseen) and failed and asking.answered is not None and not asking.out

    def _put_off(self, unseen: Sequence[ItemId]) -> None:
        """Ask about these later and later, in this cycle and in those to come."""
        failure = Failure(None, UNSEEN, str(self.found.failure))
        now = self._ports.clock.now()
        with self._ports.state.transaction() as transaction:
            rows = transaction.tracked(unseen).values()
            transaction.put([unseen_row(row, failure, now) for row in rows])

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
        of_skus = [
            Adoption(self._request.id, item, seen.skus[item].attributes, now, Resource.SKU)
            for item, row in after.items()
            if is_adoption_of_sku(before[item], row)
        ]
        write_back(transaction, after)
        transaction.adopt([*of_skus, *adoptions])
        self.found.adopted += len({one.id for one in (*of_skus, *adoptions)})


def _about(unseen: Sequence[ItemId], failure: RemoteUnavailableError) -> RemoteUnavailableError:
    """Name what alone could not be looked up, where everything else could."""
    others = f" and {len(unseen) - 1} more" if len(unseen) > 1 else ""
    return RemoteUnavailableError(
        f"{failure.thing}, about {unseen[0]}{others} alone", failure.reason, failure.next_step
    )


def remember_rights(transaction: Transaction, found: LookUp) -> None:
    """Keep what was learned of the key, for the reports of cycles that have nothing to ask."""
    if found.skus_hidden is not None:
        transaction.remember(SKUS, HIDDEN if found.skus_hidden else SHOWN)


def skus_are_hidden(state: State, found: LookUp) -> bool:
    """Whether the key may not read SKUs, as far as anybody has seen."""
    if found.skus_hidden is None:
        return state.remembered(SKUS) == HIDDEN
    return found.skus_hidden
