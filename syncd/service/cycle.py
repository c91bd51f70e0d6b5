"""One cycle, a straight line: lease, account, catalog, plan, guard, deliver, finish."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from syncd.domain.cycle import CycleId, CycleResult
from syncd.errors import CatalogError, LeaseHeldError, RemoteError
from syncd.service.account import check_account
from syncd.service.canary import Canary
from syncd.service.delivery import Delivery, Withholding, delivery_for
from syncd.service.finish import Ending, finish
from syncd.service.look_up import LookingUp, remember_rights
from syncd.service.passes import Passes
from syncd.service.read import CatalogRead, read_catalog
from syncd.service.side_by_side import held_by
from syncd.service.terms import CycleRequest, Ports, StoppedError, Terms

INTERRUPTED: Final = "stopped on request, after the requests in flight were settled"
KEPT_IN_HISTORY: Final = 100
"""Held and quarantined SKUs that a past cycle names; the change-tracking table has them all."""
LEASE_STEP: Final = timedelta(milliseconds=500)
UNFINISHED: Final = "it did not finish: the process ended before it could say why"
_FRACTION_BITS: Final = 16

_log = structlog.get_logger()


def new_cycle_id(now: datetime) -> CycleId:
    """A name for a cycle that sorts by time, such as `20261121T174000Z-3f9a`.

    The last four digits are the fraction of the second, so that quick cycles sort as well.
    """
    fraction = (now.microsecond << _FRACTION_BITS) // 1_000_000
    return CycleId(f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{fraction:04x}")


async def run_cycle(ports: Ports, terms: Terms, request: CycleRequest) -> CycleResult:
    """Bring items in line with the catalog and say what came of it.

    A catalog or a remote that fails ends the cycle early and stands in the result; a lease that is
    not had and a state that fails are raised, for then there is nowhere to record them.
    """
    with ExitStack() as stack:
        await _take_lease(ports, request, stack)
        cycle = _Cycle(ports, terms, request, delivery_for(ports, terms, request))
        await asyncio.to_thread(cycle.record, cycle.unfinished())
        result = await asyncio.to_thread(cycle.record, await cycle.run())
        _log.info("cycle.finished", cycle=result.id, error=result.error, requests=result.requests)
        return result


async def _take_lease(ports: Ports, request: CycleRequest, stack: ExitStack) -> None:
    """Wait for the lease in short steps, so that a stop is heeded in between."""
    left = request.lease_wait
    while True:
        step = min(left, LEASE_STEP)
        left -= step
        try:
            lease = ports.state.lease(request.holder, step)
            await asyncio.to_thread(stack.enter_context, lease)
        except LeaseHeldError:
            if not left or request.stop.is_set():
                raise
        else:
            return


async def rehearse(ports: Ports, terms: Terms, request: CycleRequest) -> CycleResult:
    """Walk the same line over a private copy of the state, up to where the first write would be."""
    with ExitStack() as stack:
        overlay = await asyncio.to_thread(stack.enter_context, ports.state.overlay())
        private = replace(ports, state=overlay)
        return await _Cycle(private, terms, request, Withholding()).run()


def _abridged(result: CycleResult) -> CycleResult:
    """What the history keeps: a standing fault of many rows must not fill it cycle by cycle."""
    return replace(
        result, held=result.held[:KEPT_IN_HISTORY], quarantined=result.quarantined[:KEPT_IN_HISTORY]
    )


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
        error = None
        try:
            async with held_by(self._request.stop, self._ports.remote):
                await self._walk()
        except StoppedError:
            error = INTERRUPTED
        except (CatalogError, RemoteError) as failure:
            error = INTERRUPTED if self._request.stop.is_set() else str(failure)
        return await asyncio.to_thread(
            finish, self._ports, self._terms, self._request, self._ending(error)
        )

    async def _walk(self) -> None:
        stop = await check_account(self._ports, self._terms)
        if stop is not None:
            self._passes.stops = (stop,)
            return
        await asyncio.to_thread(self._passes.canary.begin)
        self._read = await asyncio.to_thread(read_catalog, self._ports, self._terms, self._request)
        self._passes.stops = self._read.stops
        await self._passes.run(self._read)

    def _ending(self, error: str | None) -> Ending:
        found = self._passes.looking_up.found
        if error is None and found.failure is not None:
            error = str(found.failure)
        if error is None and self._request.stop.is_set():
            error = INTERRUPTED
        return Ending(
            started=self._started,
            read=self._read,
            stops=self._passes.stops,
            found=found,
            results=self._passes.results,
            requests=self._ports.remote.requests - self._departed_before,
            error=error,
            canary=self._passes.canary,
        )

    def record(self, result: CycleResult) -> CycleResult:
        """Put the cycle into the history, and with it the plan that its guards stopped."""
        stopped = result.stopped()
        with self._ports.state.transaction() as transaction:
            if stopped:
                result = replace(result, stopped_plan=transaction.record_stopped(stopped))
            transaction.record_cycle(_abridged(result))
            remember_rights(transaction, self._passes.looking_up.found)
        return result

    def unfinished(self) -> CycleResult:
        """What stands in the history until the cycle has ended."""
        return CycleResult(
            id=self._request.id,
            mode=self._request.mode,
            started=self._started,
            finished=self._started,
            certificate=None,
            error=UNFINISHED,
        )
