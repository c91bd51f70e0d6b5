"""The line to Digital River: paced departures, what is shut once it was refused, and the hold."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from syncd.digital_river.hold import Hold, Wait
from syncd.digital_river.messages import Answer, Break, Request, Unsendable
from syncd.digital_river.outage import Outage
from syncd.digital_river.outcomes import Setback, judged
from syncd.digital_river.pacer import Pacer
from syncd.digital_river.refusals import Refusal, Refusals
from syncd.digital_river.transport import Transport, new_upstream_id
from syncd.domain.delivery import Failure, KeyRefused, Transient
from syncd.domain.exchange import seconds_to_wait
from syncd.engine.breaker import PAUSED
from syncd.ports import UNSENT, Clock, Onlooker, Permit, Unseen

_TOO_MANY_REQUESTS: Final = 429
_USUAL_PAUSE: Final = 1.0
"""Seconds to wait after a 429 that does not say how long."""
_PATIENCE: Final = 60.0
"""The longest pause, in seconds, that a request waits out; into a longer one it is not sent."""
_TOLD_FOR: Final = timedelta(minutes=10)
"""After a pause was told, further ones are not for so long: who shares a key makes many of them."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Line:
    """Sends requests at the key's pace, and none while the key, or their resource, is refused.

    `departures` counts those that left, `waiting` those that now wait for their turn.
    """

    def __init__(
        self, transport: Transport, pacer: Pacer, clock: Clock, onlooker: Onlooker | None = None
    ) -> None:
        """Take the pacer that all users of this key share."""
        self._transport = transport
        self._onlooker = onlooker or Unseen()
        self._pacer = pacer
        self._clock = clock
        self._refusals = Refusals(clock)
        self._hold = Hold()
        self._outage = Outage(clock, new_upstream_id())
        self._permit: Permit | None = None
        self._told_of_pause: datetime | None = None
        self.departures = 0
        self.waiting = 0

    async def send(self, request: Request) -> Answer | Setback:
        """Send once, and return a 2xx answer as it came or what any other one means.

        Under a hold it is UNSENT, unless its first byte has left: then it is seen to its end.
        """
        sending = self._hold.heeded(lambda wait: self._sent_if_sensible(request, wait))
        return await sending or UNSENT

    def depart_by(self, permit: Permit | None) -> None:
        """Ask this permit from now on, or none."""
        self._permit = permit

    def hold(self) -> None:
        """Let nothing depart from now on, and wake whoever waits for it."""
        self._hold.begin()

    async def sleep(self, seconds: float) -> None:
        """Wait, but not into a hold."""
        if not self._hold.on:
            await self._hold.heeded(lambda _: self._clock.sleep(seconds))

    def shut(self, request: Request) -> Refusal | None:
        """Tell why this request may not depart, None where it may."""
        return self._refusals.of(request)

    def refuse_key(self, failure: Failure) -> KeyRefused:
        """Let nothing depart from now on, ever; the first reason stays."""
        return self._refusals.end(failure)

    async def leave(self, request: Request) -> None:
        """Let one request depart now, or raise where it must come back for another turn.

        What the permit raises comes last, for the pacer may have made it wait.
        """
        if self._bar(request) or await self._pacer.depart() or self._bar(request):
            raise _AnotherTurnError
        if self._permit is not None:
            self._permit()
        self._count_departure()

    async def aclose(self) -> None:
        await self._transport.aclose()
        await asyncio.to_thread(self._pacer.close)

    def _bar(self, request: Request) -> Refusal | Transient | None:
        kept_back = UNSENT if self._hold.on else self._outage.bar(request)
        return self.shut(request) or kept_back

    async def _sent_if_sensible(self, request: Request, wait: Wait) -> Answer | Setback:
        async with self._refusals.admitted(request) as refusal:
            return refusal or await self._sent_if_answered(request, wait)

    async def _sent_if_answered(self, request: Request, wait: Wait) -> Answer | Setback:
        async with self._outage.admitted(request) as kept_back:
            return kept_back or await self._sent_in_turn(request, wait)

    async def _sent_in_turn(self, request: Request, wait: Wait) -> Answer | Setback:
        while (bar := self._bar(request)) is None:
            pause = await self._turn(request)
            if pause > _PATIENCE:
                return _not_sent(pause)
            if pause:
                await self._clock.sleep(pause)
            elif self._bar(request) is None:
                with suppress(_AnotherTurnError):
                    return await self._sent(request, _Departure(self, request, wait))
        return bar

    async def _turn(self, request: Request) -> float:
        self.waiting += 1
        try:
            return await self._pacer.turn(lambda: self._bar(request) is None)
        finally:
            self.waiting -= 1

    async def _sent(self, request: Request, departure: _Departure) -> Answer | Setback:
        result = await self._result(request, departure)
        if isinstance(result, Unsendable):
            return result.as_outcome()
        outcome = (
            result.as_outcome() if isinstance(result, Break) else self._judged(request, result)
        )
        self._outage.heed(request, outcome)
        return self._refusals.heed(request, outcome)

    async def _result(self, request: Request, departure: _Departure) -> Answer | Break | Unsendable:
        upstream_id = new_upstream_id()
        began = time.perf_counter()
        result = await self._transport.send(request, upstream_id, departure)
        seconds = round(time.perf_counter() - began, 4)
        if not isinstance(result, Unsendable):
            status = result.status if isinstance(result, Answer) else None
            self._onlooker.answered(request.verb, request.resource, status, seconds)
        log = _log.bind(call=str(request), upstream_id=upstream_id, seconds=seconds)
        if isinstance(result, Break):
            log.debug("remote.broken", code=result.code, in_doubt=result.in_doubt)
        elif isinstance(result, Unsendable):
            log.debug("remote.unsendable", reason=result.message)
        else:
            log.debug("remote.answered", status=result.status, request_id=result.request_id)
            if not departure.left:  # an answer proves it, even if the transport did not tell
                self._count_departure()
        return result

    def _count_departure(self) -> None:
        self.departures += 1
        self._onlooker.departed()

    def _judged(self, request: Request, answer: Answer) -> Answer | Setback:
        return judged(request.verb, answer, self._wait_after(answer))

    def _wait_after(self, answer: Answer) -> float | None:
        wait = seconds_to_wait(answer.retry_after, self._clock.now())
        if answer.status != _TOO_MANY_REQUESTS:
            return wait
        wait = _USUAL_PAUSE if wait is None else wait
        self._pacer.pause(wait)
        log = _log.warning if self._is_news() else _log.debug
        log("remote.paused", seconds=wait, request_id=answer.request_id)
        return wait

    def _is_news(self) -> bool:
        """Whether no pause was told a while ago; a clock that was set back keeps nothing silent."""
        now, told = self._clock.now(), self._told_of_pause
        if told is not None and timedelta() <= now - told < _TOLD_FOR:
            return False
        self._told_of_pause = now
        return True


class _Departure:
    """The moment when one request leaves."""

    def __init__(self, line: Line, request: Request, wait: Wait) -> None:
        self._line = line
        self._request = request
        self._wait = wait
        self.left = False

    async def leave(self) -> None:
        await self._line.leave(self._request)
        self._wait.over()
        self.left = True


class _AnotherTurnError(Exception):
    """The request was kept back at the last moment; nothing of it has left."""


def _not_sent(pause: float) -> Transient:
    message = f"not sent: Digital River asked for a pause that lasts another {pause:.0f} s"
    return Transient(Failure(None, PAUSED, message), in_doubt=False, retry_after=pause)
