"""What the key was refused: nothing of it departs, but for one request now and then that asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import structlog

from syncd.digital_river.messages import Answer, Request
from syncd.digital_river.outcomes import Setback
from syncd.domain.change import Resource
from syncd.domain.delivery import Failure, Forbidden, KeyRefused, Transient, Verb
from syncd.ports import Clock

REST: Final = timedelta(seconds=45)
"""How long nobody asks after the first refusal; after each that follows twice as long."""
LONGEST_REST: Final = timedelta(minutes=15)
_DOUBLINGS_TO_LONGEST: Final = 5
_NO_REST: Final = timedelta()

Refusal: TypeAlias = KeyRefused | Forbidden
_Right: TypeAlias = tuple[Resource, bool] | None
"""What may be refused: to read a resource, or (True) to write it; None is the key itself."""
_KEY: Final[_Right] = None

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Shut:
    answer: Refusal
    since: datetime
    refusals: int = 1
    for_good: bool = False

    def may_be_asked_for(self, now: datetime) -> bool:
        """Whether its rest is over; a clock that was set back prolongs nothing."""
        doublings = min(self.refusals - 1, _DOUBLINGS_TO_LONGEST)
        rest = self.since + min(REST * (1 << doublings), LONGEST_REST) - now
        return not self.for_good and not _NO_REST < rest <= LONGEST_REST


@dataclass(frozen=True, slots=True, eq=False)
class _Asking:
    request: Request
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Refusals:
    """Shuts the key or one of its rights at the first refusal, and opens it once it is granted.

    Whoever grants a right tells nobody, so one request at a time asks for it, at distances that
    grow to a quarter of an hour. What may not be read is not written either. An answer from the
    wrong mode shuts the key for good.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shut: dict[_Right, _Shut] = {}
        self._asking: _Asking | None = None

    @asynccontextmanager
    async def admitted(self, request: Request) -> AsyncIterator[Refusal | None]:
        """Wait while another request asks; give the reason to keep this one back, if any."""
        while (refusal := self.of(request)) is not None and self._asking is not None:
            await self._asking.over.wait()
        if refusal is None or not self._may_ask(request):
            yield refusal
            return
        self._asking = asking = _Asking(request)
        try:
            yield None
        finally:
            self._asking = None
            asking.over.set()

    def of(self, request: Request) -> Refusal | None:
        """Tell why this request may not depart, None where it may, or is the one that asks."""
        if self._asks(request):
            return None
        shut = (self._shut.get(right) for right in _needed_by(request))
        return next((one.answer for one in shut if one is not None), None)

    def heed(self, request: Request, result: Answer | Setback) -> Answer | Setback:
        """Learn from what became of a request; of refusals that came together the first is told."""
        if isinstance(result, KeyRefused):
            return self._refuse(_KEY, request, result)
        if isinstance(result, Forbidden):
            self._grant(request, _KEY)
            return self._refuse(_right(request), request, result)
        if isinstance(result, Transient):
            self._put_off(request)
        else:
            self._grant(request, *_needed_by(request))
        return result

    def end(self, failure: Failure) -> KeyRefused:
        """Shut the key for good; the first reason stays."""
        shut = self._shut.get(_KEY)
        if shut is not None and shut.for_good and isinstance(shut.answer, KeyRefused):
            return shut.answer
        refused = KeyRefused(failure)
        _tell(refused, None)
        self._shut[_KEY] = _Shut(refused, self._clock.now(), for_good=True)
        return refused

    def _may_ask(self, request: Request) -> bool:
        now, own = self._clock.now(), {_KEY, _right(request)}
        shut = {right: self._shut[right] for right in _needed_by(request) if right in self._shut}
        return shut.keys() <= own and all(one.may_be_asked_for(now) for one in shut.values())

    def _asks(self, request: Request) -> bool:
        return self._asking is not None and self._asking.request is request

    def _refuse(self, right: _Right, request: Request, answer: Refusal) -> Refusal:
        shut = self._shut.get(right)
        if shut is None:
            _tell(answer, request)
            shut = _Shut(answer, self._clock.now())
        elif self._asks(request) and not shut.for_good:
            shut = _Shut(answer, self._clock.now(), shut.refusals + 1)
        self._shut[right] = shut
        return shut.answer

    def _put_off(self, request: Request) -> None:
        """After a question that nobody has answered: it says nothing of the key."""
        if self._asks(request):
            for right in _needed_by(request):
                if right in self._shut:
                    self._shut[right] = replace(self._shut[right], since=self._clock.now())

    def _grant(self, request: Request, *rights: _Right) -> None:
        """Open what this request has asked for; what had left before says nothing of now."""
        if not self._asks(request):
            return
        for right in rights:
            if self._shut.pop(right, None) is not None:
                _log.warning("remote.granted", right=_named(right))


def _tell(answer: Refusal, request: Request | None) -> None:
    failure = answer.failure
    if isinstance(answer, KeyRefused) or request is None:
        _log.error("remote.key_refused", code=failure.code, request_id=failure.request_id)
    else:
        resource, request_id = request.resource.value, failure.request_id
        _log.error("remote.forbidden", resource=resource, request_id=request_id)


def _right(request: Request) -> _Right:
    return request.resource, request.verb is not Verb.LOOK_UP


def _needed_by(request: Request) -> tuple[_Right, ...]:
    may_read: _Right = request.resource, False
    return (_KEY, may_read) if request.verb is Verb.LOOK_UP else (_KEY, may_read, _right(request))


def _named(right: _Right) -> str:
    if right is None:
        return "the key"
    resource, writes = right
    return f"{'write' if writes else 'read'} {resource.value}"
