"""One cycle, a straight line: lease, account, catalog, plan, guard, deliver, finish."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from syncd.domain.cycle import UNFINISHED, CycleId, CycleResult, Fault, Mode
from syncd.errors import (
    CatalogError,
    KeyRefusedError,
    LeaseHeldError,
    RemoteError,
    ResourceForbiddenError,
    SyncdError,
)
from syncd.ports import Lease
from syncd.service.account import check_account
from syncd.service.canary import Canary
from syncd.service.delivery import Delivery, Withholding, delivery_for
from syncd.service.doubt import doubt
from syncd.service.finish import Ending, finish
from syncd.service.log_line import log_end
from syncd.service.look_up import LookingUp, remember_rights
from syncd.service.passes import Passes
from syncd.service.prune import prune
from syncd.service.read import CatalogRead, read_catalog
from syncd.service.restored import doubted_untold, tell_no_more, telling
from syncd.service.revert import Undoing, check_revertible
from syncd.service.set_right import heed_clock, set_right
from syncd.service.side_by_side import held_by, hurried_by
from syncd.service.terms import CycleRequest, Ports, StoppedError, Terms

INTERRUPTED: Final = "stopped on request"
KEPT_IN_HISTORY: Final = 100
"""Held and quarantined SKUs that a past cycle names; the change-tracking table has them all."""
BY_SCHEDULE: Final = frozenset({Mode.SCHEDULED, Mode.REPAIR})
"""What a daemon does; a repair that a command runs prunes by the next cycle."""
LEASE_STEP: Final = timedelta(milliseconds=500)
_FRACTION_BITS: Final = 16


def new_cycle_id(now: datetime) -> CycleId:
    """A name for a cycle that sorts by time, such as `20261121T174000Z-3f9a`.

    The last four digits are the fraction of the second, so that quick cycles sort as well.
    """
    fraction = (now.microsecond << _FRACTION_BITS) // 1_000_000
    return CycleId(f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{fraction:04x}")


async def run_cycle(ports: Ports, terms: Terms, request: CycleRequest) -> CycleResult:
    """Bring items in line with the catalog and say what came of it.

    A catalog or a remote that fails ends the cycle early and stands in the result; a lease that is
    not had or is lost and a state that fails are raised, for then there is nowhere to record them.
    """
    async with leased(ports, request) as lease, _departing_by(lease, ports):
        request = replace(request, sent_until=lease.sent_until)
        await asyncio.to_thread(check_revertible, ports.state, terms, request)
        cycle = _Cycle(ports, terms, request, delivery_for(ports, terms, request))
        await asyncio.to_thread(cycle.announce)
        result = await cycle.run()
        await asyncio.to_thread(lease.check)
        result = await asyncio.to_thread(cycle.record, result)
        log_end(result)
        if request.mode not in BY_SCHEDULE:  # whoever keeps one has a time for this as well
            await asyncio.to_thread(prune, ports, terms, request.stop)
        return result


@asynccontextmanager
async def leased(ports: Ports, request: CycleRequest) -> AsyncIterator[Lease]:
    """Hold the lease for the block; raises `LeaseHeldError` where it is waited for in vain."""
    async with request.turn, hurried_by(request.stop, ports.state):
        stack = ExitStack()
        lease = await _take_lease(ports, request, stack)
        try:
            yield lease
        finally:
            await asyncio.to_thread(stack.close)


@asynccontextmanager
async def _departing_by(lease: Lease, ports: Ports) -> AsyncIterator[None]:
    """Send only as long as the lease is held."""
    ports.remote.depart_by(lease.check)
    try:
        yield
    finally:
        ports.remote.depart_by(None)


async def _take_lease(ports: Ports, request: CycleRequest, stack: ExitStack) -> Lease:
    """Wait for the lease in short steps, so that a stop is heeded in between."""
    left = request.lease_wait
    while True:
        step = min(left, LEASE_STEP)
        left -= step
        try:
            lease = ports.state.lease(request.holder, step)
            return await asyncio.to_thread(stack.enter_context, lease)
        except LeaseHeldError:
            if not left or request.stop.is_set():
                raise


async def rehearse(ports: Ports, terms: Terms, request: CycleRequest) -> CycleResult:
    """Walk the same line over a private copy of the state, up to where the first write would be."""
    with ExitStack() as stack:
        sent_until = await asyncio.to_thread(ports.state.sent_until)
        request = replace(request, sent_until=sent_until)
        overlay = await asyncio.to_thread(stack.enter_context, ports.state.overlay())
        private = replace(ports, state=overlay)
        await asyncio.to_thread(check_revertible, overlay, terms, request)
        cycle = _Cycle(private, terms, request, Withholding())
        await asyncio.to_thread(cycle.heed_clock)
        return await cycle.run()


def _abridged(result: CycleResult) -> CycleResult:
    """What the history keeps: a standing fault of many rows must not fill it cycle by cycle."""
    return replace(
        result, held=result.held[:KEPT_IN_HISTORY], quarantined=result.quarantined[:KEPT_IN_HISTORY]
    )


def fault_of(failure: SyncdError | None) -> Fault | None:
    """Where a failure lies, None for none."""
    match failure:
        case CatalogError():
            return Fault.CATALOG
        case KeyRefusedError() | ResourceForbiddenError():
            return Fault.KEY
        case RemoteError():
            return Fault.REMOTE
        case _:
            return None


class _Cycle:
    """One walk along the line, over whichever state and delivery it was given."""

    def __init__(
        self, ports: Ports, terms: Terms, request: CycleRequest, delivery: Delivery
    ) -> None:
        self._ports = ports
        self._terms = terms
        self._request = request
        self._started = ports.clock.now()
        self._departed_before = ports.remote.requests
        self._read = CatalogRead(None)
        self._passes = Passes(
            ports,
            terms,
            request,
            LookingUp(ports, terms, request),
            delivery,
            Canary(ports, terms),
        )

    async def run(self) -> CycleResult:
        failure: SyncdError | None = None
        try:
            async with held_by(self._request.stop, self._ports.remote):
                await self._walk()
        except (StoppedError, CatalogError, RemoteError) as error:
            failure = error
        return await asyncio.to_thread(
            finish, self._ports, self._terms, self._request, self._ending(failure)
        )

    async def _walk(self) -> None:
        stop = await check_account(self._ports, self._terms)
        if stop is not None:
            self._passes.stops = (stop,)
            return
        await asyncio.to_thread(self._passes.canary.begin)
        await asyncio.to_thread(doubt, self._ports.state, self._request.doubted)
        if self._request.reverts is not None:
            await self._undo(self._request.reverts)
            return
        self._read = await asyncio.to_thread(read_catalog, self._ports, self._terms, self._request)
        self._passes.stops = self._read.stops
        await self._passes.run(self._read)

    async def _undo(self, cycle: CycleId) -> None:
        """Wish for what was before that cycle, and write no other SKU than those."""
        await asyncio.to_thread(set_right, self._ports, self._terms, self._ports.clock.now())
        undoing = Undoing(self._ports, self._terms, self._request, self._passes)
        undone = await undoing.record(cycle)
        reading = await asyncio.to_thread(self._ports.state.reading)
        self._read = CatalogRead(reading, remarks=undone.notes)
        self._request = self._passes.request = replace(self._request, only=undone.ids)
        if undone.ids:
            await self._passes.run(self._read)

    def _ending(self, failure: SyncdError | None) -> Ending:
        found, results = self._passes.looking_up.found, self._passes.results
        failure = failure or found.failure
        stopped = self._request.stop.is_set() or isinstance(failure, StoppedError)
        return Ending(
            started=self._started,
            read=self._read,
            stops=self._passes.stops,
            found=found,
            results=results,
            requests=self._ports.remote.requests - self._departed_before + results.helped,
            error=INTERRUPTED if stopped else None if failure is None else str(failure),
            fault=None if stopped else fault_of(failure),
            due_again=self._passes.due_again,
            canary=self._passes.canary,
            wishless=self._passes.wishless,
        )

    def announce(self) -> None:
        """Put into the history what stands there until the cycle has ended."""
        self.heed_clock()
        with self._ports.state.transaction() as transaction:
            transaction.record_cycle(self._unfinished())

    def heed_clock(self) -> None:
        """Notice a clock that has stepped back since the latest cycle."""
        heed_clock(self._ports.state, self._terms.policy, self._started)

    def record(self, result: CycleResult) -> CycleResult:
        """Put the cycle into the history, sealed, and the plan that its guards have stopped."""
        doubted, stopped = doubted_untold(self._ports.state), result.stopped()
        if doubted:
            result = telling(result, doubted)
        with self._ports.state.transaction() as transaction:
            if doubted:
                tell_no_more(transaction)
            if stopped:
                result = replace(result, stopped_plan=transaction.record_stopped(stopped))
            transaction.record_cycle(_abridged(result))
            remember_rights(transaction, self._passes.looking_up.found)
            transaction.seal(result.id, result.finished)
        return result

    def _unfinished(self) -> CycleResult:
        return CycleResult(
            id=self._request.id,
            mode=self._request.mode,
            started=self._started,
            finished=self._started,
            certificate=None,
            error=UNFINISHED,
        )
