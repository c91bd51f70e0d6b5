"""Keeps requests back while Digital River fails, but for one after the other that finds out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import structlog

from syncd.digital_river.messages import Answer, Request
from syncd.digital_river.outcomes import Setback
from syncd.domain.change import Resource
from syncd.domain.delivery import Accepted, Failure, Outcome, Transient, Verb
from syncd.engine.breaker import RESTING, Breaker
from syncd.ports import Clock

_ANSWERED: Final = Accepted(None)
_SHORTEST: Final = 0.5
"""Seconds that a request is kept back at least, while another finds out."""
_Kind: TypeAlias = tuple[Verb, Resource]

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class _Probe:
    request: Request
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Outage:
    """Watches the answers to all requests, and to those of each kind apart.

    While all of them fail, one request in all goes out at a time, with growing rests in between;
    while those of one kind fail, one of that kind, and the others go on.
    """

    def __init__(self, clock: Clock, seed: str) -> None:
        """Take something that differs between processes, so that they do not ask together."""
        self._clock = clock
        self._seed = seed
        self._whole = Breaker(seed)
        self._by_kind: dict[_Kind, Breaker] = {}
        self._probes: list[_Probe] = []

    @asynccontextmanager
    async def admitted(self, request: Request) -> AsyncIterator[Transient | None]:
        """Wait while another request finds out; give the reason to keep this one back, if any."""
        kept = await self._judged(request)
        if kept is not None or not self._is_failing(request):
            yield kept
            return
        probe = _Probe(request)
        self._probes.append(probe)
        try:
            yield None
        finally:
            self._probes.remove(probe)
            probe.over.set()

    def bar(self, request: Request) -> Transient | None:
        """Tell why a request that was admitted may no longer depart, None where it may."""
        if not self._is_failing(request) or any(one.request is request for one in self._probes):
            return None
        return self._kept_back(request)

    def heed(self, request: Request, result: Answer | Setback) -> None:
        """Learn from what became of a request that was sent."""
        outcome: Outcome = _ANSWERED if isinstance(result, Answer) else result
        now, failing = self._clock.now(), self._is_failing(request)
        self._whole = self._whole.after(outcome, now)
        self._by_kind[_kind(request)] = self._of_kind(request).after(outcome, now)
        if self._is_failing(request) is not failing:
            _log.warning("remote.back" if failing else "remote.failing", call=request.method)

    async def _judged(self, request: Request) -> Transient | None:
        while self._is_failing(request):
            probe = self._probe_for(request)
            if probe is None:
                return self._kept_back(request) if self._rest(request) else None
            await probe.over.wait()
        return None

    def _probe_for(self, request: Request) -> _Probe | None:
        """What is finding out for this request too."""
        kind, whole = _kind(request), self._whole.is_open
        return next((one for one in self._probes if whole or _kind(one.request) == kind), None)

    def _is_failing(self, request: Request) -> bool:
        return self._whole.is_open or self._of_kind(request).is_open

    def _of_kind(self, request: Request) -> Breaker:
        kind = _kind(request)
        return self._by_kind.get(kind) or Breaker(f"{self._seed} {' '.join(kind)}")

    def _rest(self, request: Request) -> float:
        now = self._clock.now()
        return max(self._whole.rest(now), self._of_kind(request).rest(now)).total_seconds()

    def _kept_back(self, request: Request) -> Transient:
        message = "not sent: Digital River keeps failing, and is asked again from time to time"
        rest = max(self._rest(request), _SHORTEST)
        return Transient(Failure(None, RESTING, message), in_doubt=False, retry_after=rest)


def _kind(request: Request) -> _Kind:
    return request.verb, request.resource
