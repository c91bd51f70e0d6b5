"""The audit: what the remote really holds, against what it is known and wanted to hold."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog

from syncd.domain.attributes import ItemId
from syncd.domain.audit import Audit, Extent, Finding, FindingKind, Observed, Sighting
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.engine.audit import Look, is_unsettled, judged_pair, with_history, with_managed
from syncd.errors import ResourceForbiddenError
from syncd.ports import ItemListing, Sightings, Transaction
from syncd.service.account import check_account
from syncd.service.ask import Asking
from syncd.service.bystanders import Bystanders
from syncd.service.fulfilment import ask_all, managed_among
from syncd.service.notes import note
from syncd.service.past_audits import remember
from syncd.service.side_by_side import meanwhile, side_by_side
from syncd.service.stillness import Stillness
from syncd.service.stoppable import unless_stopped
from syncd.service.terms import CycleRequest, Ports, Terms

TRIES: Final = 2
"""How often a SKU is asked for whose row moves meanwhile; after that the next audit judges it."""
UNDER_WAY: Final = 1_000  # items listed before what is known is read, or first requests wait for it
_PERHAPS_MANAGED: Final = frozenset(
    {FindingKind.DRIFTED, FindingKind.UNADOPTED, FindingKind.FOREIGN}
)
"""Findings about items that Digital River may keep itself."""

_log = structlog.get_logger()


@dataclass(slots=True)
class _Found:
    """What an audit has found so far."""

    findings: dict[ItemId, Finding] = field(default_factory=dict)
    listed: int = 0
    looked_up: int = 0
    windows: int = 0
    unsettled: int = 0
    skus_hidden: bool = False
    skus: int = 0
    bystanders: Bystanders = field(default_factory=Bystanders)
    fulfilment_known: set[ItemId] = field(default_factory=set)

    def take(self, findings: Iterable[Finding]) -> None:
        self.findings.update((one.id, one) for one in findings)

    def in_order(self) -> tuple[Finding, ...]:
        return tuple(finding for _, finding in sorted(self.findings.items()))


class Auditing:
    """One audit of one account; it sends GETs alone, and notes in the state what was observed.

    A cycle may run meanwhile: whatever its writes may have made look like drift is looked up again,
    between two looks at its row.
    """

    def __init__(
        self, ports: Ports, listing: ItemListing, terms: Terms, request: CycleRequest
    ) -> None:
        self._ports = ports
        self._listing = listing
        self._terms = terms
        self._request = request
        self._asking = Asking(request, terms.in_flight)
        self._found = _Found()
        self._chosen: Sequence[ItemId] = ()
        self._is_under_way = asyncio.Event()

    async def whole(self) -> Audit:
        """List every item once, and ask by name only for what should have shown and did not.

        Raises `RemoteError` where anything could not be read, and `StoppedError`.
        """
        return await self._audit(Extent.WHOLE, self._look_at_all)

    async def sample(self, count: int) -> Audit:
        """Look up so many of the known items, chosen by chance; raises as `whole` does."""
        chosen = await asyncio.to_thread(self._ports.state.known_at_random, count)
        return await self._audit(Extent.SAMPLE, partial(self._look_at, chosen))

    async def those(self, ids: Sequence[ItemId]) -> Audit:
        """Look up these known items; raises as `whole` does."""
        return await self._audit(Extent.PART, partial(self._look_at, ids))

    async def _audit(self, extent: Extent, look: Callable[[], Awaitable[None]]) -> Audit:
        began, departed = self._ports.clock.now(), self._listing.requests
        async with unless_stopped("the audit", self._ports.remote, self._request):
            stop = await check_account(self._ports, self._terms)
            if stop is None:
                await look()
                await self._tell_managed()
                await asyncio.to_thread(self._tell_history)
        found = self._found
        audit = Audit(
            id=self._request.id,
            extent=extent,
            began=began,
            finished=self._ports.clock.now(),
            findings=found.in_order(),
            listed=found.listed,
            looked_up=found.looked_up,
            windows=found.windows,
            unsettled=found.unsettled,
            requests=self._listing.requests - departed,
            skus_hidden=found.skus_hidden,
            skus=found.skus,
            guards=() if stop is None else (stop,),
            beyond=+found.bystanders.beyond,
        )
        await self._record(audit)
        return audit

    # ----------------------------------------------------------------------- looking

    async def _look_at_all(self) -> None:
        state = self._ports.state
        still = await asyncio.to_thread(Stillness.now, state)
        self._request.progress.phase("listing what is there", None)
        with state.sightings() as seen:
            async with meanwhile(seen.read_known, self._is_under_way), side_by_side() as tasks:
                tasks.create_task(self._list_items(seen))
                tasks.create_task(self._list_skus(seen))
            self._request.progress.phase("comparing", None)
            doubtful = await asyncio.to_thread(self._compare, seen, still)
        await self._look_up(doubtful)

    async def _list_items(self, seen: Sightings) -> None:
        spans = await self._listing.every_item(partial(self._note, seen))
        self._found.listed, self._found.windows = seen.count, len(spans)

    async def _list_skus(self, seen: Sightings) -> None:
        """List the other halves, as far as the key may see them."""
        try:
            await self._listing.every_sku(partial(self._note_skus, seen))
        except ResourceForbiddenError as forbidden:
            _log.warning("audit.skus_hidden", reason=forbidden.reason)
            self._found.skus_hidden = True

    def _note_skus(self, seen: Sightings, skus: Sequence[RemoteSku]) -> None:
        seen.take_skus(skus, self._ports.clock.now())
        self._found.skus += sum(not sku.managed for sku in skus)

    def _note(self, seen: Sightings, items: Sequence[RemoteItem]) -> None:
        seen.take(items, self._ports.clock.now())
        if seen.count >= UNDER_WAY:
            self._is_under_way.set()
        self._request.progress.advance(len(items))

    def _compare(self, seen: Sightings, still: Stillness) -> list[ItemId]:
        """Hold what was listed against the table; gives the ids that must be asked for by name."""
        if not still.lasted(self._ports.state):
            seen.read_known()  # a cycle has changed what it was when the listing began
        not_shown = [item for batch in seen.not_shown() for item in batch]
        findings: list[Finding] = []
        for sightings in seen.differing():
            told = self._told_of_items(sightings)
            findings += told
            if not self._found.skus_hidden:
                self._found.fulfilment_known.update(one.id for one in told)
        findings += self._unpaired(seen, frozenset(not_shown))
        if still.lasted(self._ports.state):
            self._found.take(findings)
            return not_shown
        return [*not_shown, *(one.id for one in findings)]

    def _told_of_items(self, sightings: Sequence[Sighting]) -> list[Finding]:
        rows = self._ports.state.tracked([one.item.id for one in sightings])
        looks = [Look(s.item.id, rows.get(s.item.id), s.item, s.seen) for s in sightings]
        managed = {one.item.id for one in sightings if one.managed}
        findings = [
            with_managed(one) if one.id in managed and one.kind in _PERHAPS_MANAGED else one
            for one in self._judged(looks)
        ]
        return list(self._found.bystanders.of_items(self._with_history(findings)))

    def _unpaired(self, seen: Sightings, not_shown: frozenset[ItemId]) -> Iterator[Finding]:
        """What is wrong with SKUs and pairs; where the item may be there, it is asked for first."""
        if self._found.skus_hidden:
            return
        kept = self._terms.policy.skus
        for sightings in seen.unpaired(kept=kept):
            there = [one for one in sightings if one.id not in not_shown]
            rows = self._ports.state.tracked([one.id for one in there])
            looks = (
                Look(one.id, rows.get(one.id), one.item, one.seen, one.sku, has_asked=True)
                for one in there
            )
            judged = (judged_pair(look, kept=kept) for look in looks)
            findings = [finding for finding in judged if finding is not None]
            yield from self._found.bystanders.of_pairs(self._with_history(findings))

    async def _skus_of(self, batch: Sequence[ItemId]) -> Mapping[ItemId, RemoteSku] | None:
        """Their SKUs; None where SKUs are not to be looked at, or not to be seen."""
        if self._found.skus_hidden or not (self._terms.policy.skus or self._found.skus):
            return None
        try:
            return await self._ports.remote.skus(batch)
        except ResourceForbiddenError:
            self._found.skus_hidden = True
            return None

    async def _look_at(self, ids: Sequence[ItemId]) -> None:
        self._chosen = ids
        await self._look_up(ids)

    async def _look_up(self, ids: Sequence[ItemId]) -> None:
        """Ask for these by name; what moves each time is left to the next audit."""
        self._found.looked_up += len(ids)
        self._request.progress.phase("looking up", len(ids))
        for _ in range(TRIES):
            ids = await self._asked(ids)
        self._found.unsettled += len(ids)

    async def _asked(self, ids: Sequence[ItemId]) -> list[ItemId]:
        """Ask for these, and give those whose row has moved meanwhile."""
        moved: list[ItemId] = []

        async def see(batch: Sequence[ItemId]) -> None:
            before = await asyncio.to_thread(self._ports.state.tracked, batch)
            skus = await self._skus_of(batch)
            items, now = await self._ports.remote.items(batch), self._ports.clock.now()
            after = await asyncio.to_thread(self._ports.state.tracked, batch)
            moving = {item for item in batch if before.get(item) != after.get(item)}
            moved.extend(moving)
            looks = [
                Look(item, after.get(item), items.get(item), now, *_of_sku(skus, item))
                for item in batch
                if item not in moving
            ]
            self._found.take(self._judged(looks))
            self._request.progress.advance(len(looks))

        unanswered = await ask_all(self._asking, ids, see)
        self._found.unsettled += len(unanswered)
        return moved

    def _judged(self, looks: Sequence[Look]) -> list[Finding]:
        self._found.unsettled += sum(is_unsettled(look.tracked) for look in looks)
        kept = self._terms.policy.skus
        findings = (judged_pair(look, kept=kept) for look in looks)
        return [finding for finding in findings if finding is not None]

    async def _tell_managed(self) -> None:
        """Find out which items Digital River keeps itself, as far as the key may see it."""
        findings = self._found.findings
        known = self._found.fulfilment_known
        ids = [
            one.id
            for one in findings.values()
            if one.kind in _PERHAPS_MANAGED and one.id not in known
        ]
        managed = await managed_among(self._ports.remote, self._asking, ids)
        self._found.take([with_managed(findings[item]) for item in managed.ids])
        self._found.skus_hidden = self._found.skus_hidden or managed.is_hidden

    def _tell_history(self) -> None:
        """Tell of each finding when syncd wrote it last."""
        self._found.take(self._with_history(list(self._found.findings.values())))

    def _with_history(self, findings: Sequence[Finding]) -> list[Finding]:
        written = self._ports.state.last_written([one.id for one in findings])
        return [with_history(one, written.get(one.id)) for one in findings]

    async def _record(self, audit: Audit) -> None:
        """Write down what was observed; a state that others work on does not undo the audit."""
        counts = {kind.value: count for kind, count in audit.counts().items()}
        tell = _log.info if audit.to_mend() else _log.debug
        tell("audit.finished", extent=audit.extent.value, listed=audit.listed, **counts)
        if not audit.guards:
            await note(self._ports.state, self._request, partial(self._write_down, audit))

    def _write_down(self, audit: Audit, transaction: Transaction) -> None:
        if audit.extent is Extent.WHOLE:
            transaction.forget_observed_before(audit.began)
        else:
            transaction.forget_observed(self._chosen)
        transaction.observe([_observed(one) for one in audit.findings if one.state is not None])
        remember(transaction, audit)


def _observed(finding: Finding) -> Observed:
    return Observed(
        finding.id, finding.kind, finding.observed, finding.updated, finding.seen, finding.sku
    )


def _of_sku(skus: Mapping[ItemId, RemoteSku] | None, item: ItemId) -> tuple[RemoteSku | None, bool]:
    return (None, False) if skus is None else (skus.get(item), True)
