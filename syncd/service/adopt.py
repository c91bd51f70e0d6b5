"""Adoption: what a first run would take over, and a lost state rebuilt from what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Resource
from syncd.domain.counting import counted
from syncd.domain.cycle import CycleResult, GuardStop, Mode
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.policy import PolicyMode
from syncd.domain.snapshot import Certificate
from syncd.domain.tracking import Ownership, SkuState, Tracked
from syncd.engine.observe import Observation, observe
from syncd.errors import RemoteError, UsageError
from syncd.ports import ItemListing, Sightings, State
from syncd.service.account import check_account
from syncd.service.ask import Asking
from syncd.service.cycle import run_cycle
from syncd.service.fulfilment import ask_all, managed_among
from syncd.service.read import read_catalog
from syncd.service.side_by_side import held_by
from syncd.service.table import rows_in
from syncd.service.terms import CycleRequest, Ports, StoppedError, Terms

NOT_WANTED: Final = "the catalog has no row for it"
NOT_USABLE: Final = "its catalog row is unusable"


@dataclass(frozen=True, slots=True)
class TakeOver:
    """An item that would become ours; `attributes` go from what it has to what the catalog wants.

    They are empty where nothing would have to be written. `of_sku` is the same of its SKU, where
    SKUs are managed and it has one. Without `has_item` it is a SKU alone, whose item is created.
    """

    id: ItemId
    attributes: Mapping[Attribute, AttributeChange]
    of_sku: Mapping[Attribute, AttributeChange] = field(default_factory=dict)
    has_item: bool = True


@dataclass(frozen=True, slots=True)
class Left:
    """An item that would be left as it is, and why."""

    id: ItemId
    reason: str


@dataclass(frozen=True, slots=True)
class Prospects:
    """What a first run would make of the account.

    `to_create` counts the usable rows without an item, `owned` the items that are ours already.
    `stops` keep a run from doing anything; `skus_hidden` is as in an audit.
    """

    listed: int = 0
    owned: int = 0
    taken: tuple[TakeOver, ...] = ()
    left: tuple[Left, ...] = ()
    to_create: int = 0
    certificate: Certificate | None = None
    stops: tuple[GuardStop, ...] = ()
    requests: int = 0
    skus_hidden: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether a stop kept it from looking at all."""
        return bool(self.stops) and self.certificate is None

    @property
    def differing(self) -> tuple[TakeOver, ...]:
        """Those that would be written once they are ours."""
        return tuple(one for one in self.taken if one.attributes or one.of_sku)


@dataclass(slots=True)
class _Sorted:
    """What is there, by what may come of it: what a row wants, and all others."""

    wanted: dict[ItemId, tuple[Tracked, RemoteItem | None]] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)


async def foresee(
    ports: Ports, listing: ItemListing, terms: Terms, request: CycleRequest
) -> Prospects:
    """Tell what a first run would take over, with GETs alone, over a private copy of the state.

    Raises `CatalogError`, `RemoteError` and `StoppedError`, for half an answer would mislead.
    """
    with ExitStack() as stack:
        overlay = await asyncio.to_thread(stack.enter_context, ports.state.overlay())
        looking = _Looking(replace(ports, state=overlay), listing, terms, request)
        try:
            async with held_by(request.stop, ports.remote):
                return await looking.look()
        except RemoteError as error:
            if request.stop.is_set():
                raise StoppedError("adopt", "it was asked to stop", "Run it again") from error
            raise


async def rebuild(ports: Ports, terms: Terms, request: CycleRequest) -> CycleResult:
    """Fill a state that owns nothing from the catalog and from what is there, and write nothing.

    Every item that matches a catalog id becomes ours, whatever `policy.adopt` says of other times.
    One that was broken off is gone on with. Raises `UsageError` where the state owns something
    else, and as `run_cycle` does.
    """
    owned = await asyncio.to_thread(_owned_before, ports.state)
    if owned:
        raise UsageError(
            "syncd adopt --rebuild",
            f"the state is not lost: it owns {counted(owned, 'item')}",
            "Compare it with what is there: syncd audit",
        )
    reporting = replace(terms.policy, mode=PolicyMode.REPORT_ONLY, adopt=True)
    return await run_cycle(ports, replace(terms, policy=reporting), request)


def _owned_before(state: State) -> int:
    """How many items the state owns, but for those of a rebuilding that did not come to its end."""
    last = next(iter(state.cycles(1)), None)
    if last is not None and last.mode is Mode.ADOPT and last.error is not None:
        return 0
    return state.census().owned


class _Looking:
    """One look at catalog and account together; the state may be written, for it is a copy."""

    def __init__(
        self, ports: Ports, listing: ItemListing, terms: Terms, request: CycleRequest
    ) -> None:
        self._ports = ports
        self._listing = listing
        self._terms = terms
        self._request = request

    async def look(self) -> Prospects:
        departed = self._listing.requests
        stop = await check_account(self._ports, self._terms)
        if stop is not None:
            return Prospects(stops=(stop,))
        read = await asyncio.to_thread(read_catalog, self._ports, self._terms, self._request)
        listed, found = await self._listed()
        asking = Asking(self._request, self._terms.in_flight)
        waiting = await asyncio.to_thread(_without_item, self._ports.state)
        without_item = [item for item in waiting if item not in found.wanted]
        asked = [*found.wanted, *(without_item if self._terms.policy.skus else ())]
        managed = await managed_among(self._ports.remote, asking, asked)
        skus = await self._skus(asking, asked)
        alone = await asyncio.to_thread(self._alone, without_item, managed.ids.union(skus))
        taken = self._taken(found, managed.ids, skus)
        taken_alone = self._taken(alone, managed.ids, skus)
        return Prospects(
            listed=listed,
            owned=listed - len(found.left) - len(taken),
            taken=tuple(sorted((*taken, *taken_alone), key=lambda one: one.id)),
            left=tuple(sorted((*found.left, *alone.left), key=lambda one: one.id)),
            to_create=len(without_item) - len(alone.left),
            certificate=read.certificate,
            stops=read.stops,
            requests=self._listing.requests - departed,
            skus_hidden=managed.is_hidden,
        )

    async def _listed(self) -> tuple[int, _Sorted]:
        """List everything, and sort out what is not ours already; gives how much there is."""
        self._request.progress.phase("listing what is there", None)
        with self._ports.state.sightings() as seen:
            await self._listing.every_item(partial(self._note, seen))
            return seen.count, await asyncio.to_thread(self._sorted, seen)

    async def _skus(self, asking: Asking, ids: Sequence[ItemId]) -> dict[ItemId, RemoteSku]:
        """The SKUs beside these items, where SKUs are managed."""
        found: dict[ItemId, RemoteSku] = {}

        async def see(batch: Sequence[ItemId]) -> None:
            found.update(await self._ports.remote.skus(batch))

        if self._terms.policy.skus:
            await ask_all(asking, ids, see)
        return found

    def _alone(self, without_item: Sequence[ItemId], there: frozenset[ItemId]) -> _Sorted:
        """The rows that a SKU is there for and no item."""
        rows = self._ports.state.tracked([item for item in without_item if item in there])
        return _Sorted({item: (row, None) for item, row in rows.items()})

    def _note(self, seen: Sightings, items: Sequence[RemoteItem]) -> None:
        seen.take(items, self._ports.clock.now())
        self._request.progress.advance(len(items))

    def _sorted(self, seen: Sightings) -> _Sorted:
        found = _Sorted()
        for sightings in seen.differing():
            items = {one.item.id: one.item for one in sightings}
            rows = self._ports.state.tracked(list(items))
            for id_, item in items.items():
                row = rows.get(id_)
                if row is None or row.desired is None or row.is_unusable:
                    found.left.append(Left(id_, NOT_WANTED if row is None else NOT_USABLE))
                elif row.ownership is not Ownership.OWNED:
                    found.wanted[id_] = row, item
        return found

    def _taken(
        self, found: _Sorted, managed: frozenset[ItemId], skus: Mapping[ItemId, RemoteSku]
    ) -> list[TakeOver]:
        """Judge each meeting of row and pair as a cycle would; `found` hears of what is left."""
        taken, now = list[TakeOver](), self._ports.clock.now()
        for id_, (row, item) in sorted(found.wanted.items()):
            seen = Observation(item, id_ in managed, skus.get(id_))
            after = observe(row, seen, self._terms.policy, now)
            if after is not None and _is_ours(after):
                taken.append(_take_over(after))
            else:
                found.left.append(Left(id_, (after and after.foreign_reason) or NOT_WANTED))
        return taken


def _is_ours(row: Tracked) -> bool:
    """Whether a look-up has made it ours; a foreign row is left, be one half of it ours."""
    is_known = row.ownership is Ownership.OWNED or row.known_sku is not None
    return is_known and not row.is_foreign


def _take_over(row: Tracked) -> TakeOver:
    """What would be written to the halves that are there."""
    item, sku = row.half(Resource.INVENTORY_ITEM), row.half(Resource.SKU)
    is_paired = row.wants_sku and row.known_sku is not None
    return TakeOver(
        row.id,
        {} if row.known is None else item.differences(),
        sku.differences() if is_paired else {},
        has_item=row.known is not None,
    )


def _without_item(state: State) -> list[ItemId]:
    """The usable rows that no item is known for and none was."""
    waiting = rows_in(state, SkuState.PENDING, SkuState.FOREIGN)
    return [row.id for row in waiting if row.known is None and row.ownership is not Ownership.OWNED]
