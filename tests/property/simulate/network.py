"""What lies between syncd and Digital River: requests leave, land and are answered, or not."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import orjson

from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.line import Line
from syncd.digital_river.messages import Answer, Break, Request, Unsendable
from syncd.digital_river.pacer import Pacer
from syncd.digital_river.reader import Reader
from syncd.digital_river.transport import Departure, Transport
from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.journal import JournalEntry
from syncd.ports import Clock
from syncd.sandbox import answers
from tests.property.simulate.account import Account, Half, ids_of
from tests.property.simulate.loop import thawed
from tests.property.simulate.process import Process
from tests.property.simulate.trace import Trace
from tests.property.simulate.weather import TIMEOUT, Fate, Weather

_TWISTED: Final = "1111.11"


@dataclass(slots=True)
class Sent:
    """One request that has left.

    `before` and `after` are the values around its landing, of the item or the SKU that it is about.
    `ended` is when the sender had an answer or gave up, `heard` the answer it had. `entry` is the
    journal's as it left.
    """

    number: int
    process: Process
    account: Account
    request: Request
    fate: Fate
    departed: float
    ids: Sequence[ItemId]
    landed: float | None = None
    before: Attributes | None = None
    after: Attributes | None = None
    status: int | None = None
    ended: float | None = None
    heard: Answer | None = None
    entry: JournalEntry | None = None
    answer: asyncio.Future[Answer | Break] = field(default_factory=asyncio.Future)

    @property
    def is_write(self) -> bool:
        return self.request.method != "GET"

    @property
    def id(self) -> ItemId:
        return self.ids[0]

    @property
    def half(self) -> Half:
        """The item or the SKU that a write is about."""
        return self.id, self.request.resource

    @property
    def intent(self) -> JournalEntry:
        """What the journal said of this write as it left."""
        assert self.entry is not None, "only writes have an intent"
        return self.entry

    @property
    def had_effect(self) -> bool:
        return self.landed is not None and self.before != self.after

    @property
    def is_certain(self) -> bool:
        """Whether the answer that was heard tells what became of it."""
        if self.heard is None:
            return False
        status = self.heard.status
        has_no_body = status == 204
        is_told = self.fate.whole or has_no_body or status >= 300
        return is_told and status != 408 and status < 500

    def can_land(self, now: float) -> bool:
        """Whether it may still be on its way."""
        return bool(self.fate.lands) and self.landed is None and now <= self.departed + TIMEOUT

    def is_under_way(self, now: float) -> bool:
        """Whether it may still land, or a living sender still waits for its answer."""
        return self.can_land(now) or (self.ended is None and not self.process.dead)

    def __str__(self) -> str:
        named = self.request.body.decode() if self.request.body else ",".join(self.ids)
        words = f" [{self.fate.words}]" if self.fate.words else ""
        return f"#{self.number} {self.request} {named}{words}"


class Observer(Protocol):
    """Who looks at everything that moves, and raises where a promise is broken."""

    def departs(self, sent: Sent) -> None: ...

    def lands(self, sent: Sent) -> None: ...

    def is_answered(self, sent: Sent) -> None: ...


class Network:
    """Carries every request of every process, and keeps them all."""

    def __init__(
        self, weather: Weather, chance: random.Random, trace: Trace, observer: Observer
    ) -> None:
        self.weather = weather
        self.sent: list[Sent] = []
        self._chance = chance
        self._trace = trace
        self._observer = observer

    def fate(self, request: Request) -> Fate:
        now = asyncio.get_running_loop().time()
        fate = self.weather.fate(request, now, self._chance)
        if fate.words:
            kind = "read" if request.method == "GET" else "write"
            self._trace.note(f"{kind}: {fate.words}")
        return fate

    def depart(self, process: Process, account: Account, request: Request, fate: Fate) -> Sent:
        """Let a request leave; what becomes of it does not depend on its sender any more."""
        loop = asyncio.get_running_loop()
        number = len(self.sent) + 1
        sent = Sent(number, process, account, request, fate, loop.time(), ids_of(request))
        self.sent.append(sent)
        self._trace.tell(process.name, f"sends {sent}")
        self._observer.departs(sent)
        loop.call_later(fate.outbound, self._land, sent)
        return sent

    def end(self, sent: Sent, answer: Answer | None) -> None:
        """The sender has its answer, or has given up."""
        sent.ended, sent.heard = asyncio.get_running_loop().time(), answer
        what = f"hears {answer.status}" if answer is not None else "hears nothing"
        self._trace.tell(sent.process.name, f"{what} of #{sent.number}")
        self._observer.is_answered(sent)

    def _land(self, sent: Sent) -> None:
        answer = self._carried_out(sent) if sent.fate.lands else None
        loop = asyncio.get_running_loop()
        loop.call_later(sent.fate.inbound, _arrive, sent, _returned(sent, answer))

    def _carried_out(self, sent: Sent) -> answers.Answer:
        body = sent.request.body
        if sent.fate.twisted and body is not None:
            body = _twisted(body)
        sent.before = sent.account.half(sent.half) if sent.is_write else None
        answer = sent.account.answer(sent.request, body)
        sent.after = sent.account.half(sent.half) if sent.is_write else None
        sent.landed, sent.status = asyncio.get_running_loop().time(), answer.status
        if sent.is_write:
            self._trace.tell("", f"   #{sent.number} lands: {answer.status}")
            self._trace.note(f"{_about(sent.request)}: {answer.status}")
            self._observer.lands(sent)
        for _ in range(sent.fate.lands - 1):  # by a gateway that was impatient
            sent.account.answer(sent.request, body)
        return answer


def _about(request: Request) -> str:
    return f"{request.verb.value} {request.resource.value}"


def _arrive(sent: Sent, returned: Answer | Break) -> None:
    if not sent.answer.done():
        sent.answer.set_result(returned)


def _returned(sent: Sent, answer: answers.Answer | None) -> Answer | Break:
    """What comes back to the sender, in time or not."""
    fate, name = sent.fate, f"request-{sent.number}"
    if fate.breaks:
        return Break("connection_broken", "the connection broke", in_doubt=True)
    wait = None if fate.retry_after is None else str(fate.retry_after)
    if fate.status is not None:
        given = answers.html_answer(502) if fate.html else answers.error_answer(fate.status)
        return Answer(fate.status, given.body, name, wait)
    if answer is None:
        return Break("connection_broken", "nothing came", in_doubt=True)
    body = answer.body if fate.whole else answer.body[: len(answer.body) // 2]
    return Answer(answer.status, body, name, None)


def _twisted(body: bytes) -> bytes:
    values = orjson.loads(body)
    return orjson.dumps({**values, "hsCode": _TWISTED})


class SimulatedTransport(Transport):
    """The real transport's promises, over the simulated network."""

    def __init__(self, network: Network, process: Process, account: Account) -> None:
        self._network = network
        self._process = process
        self._account = account

    async def send(
        self, request: Request, upstream_id: str, departure: Departure
    ) -> Answer | Break | Unsendable:
        self._process.cross(f"before {request}")
        await thawed()
        fate = self._network.fate(request)
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._answered(request, fate, departure)
        except TimeoutError:
            message = f"no whole answer within {TIMEOUT:g} s"
            return Break("timed_out", message, in_doubt=departure.left)

    async def aclose(self) -> None:
        """There is no connection to give back."""

    async def _answered(self, request: Request, fate: Fate, departure: Departure) -> Answer | Break:
        if not fate.reaches:
            await asyncio.sleep(fate.outbound)
            self._process.cross(f"after {request} was refused a connection")
            return Break("connect_failed", "connection refused", in_doubt=False)
        await departure.leave()
        sent = self._network.depart(self._process, self._account, request, fate)
        self._process.cross(f"after #{sent.number} has left")
        taken: Answer | None = None
        try:
            returned = await sent.answer
            await thawed()
            self._process.cross(f"with the answer to #{sent.number}")
            taken = returned if isinstance(returned, Answer) else None
        finally:
            if not self._process.dead:
                self._network.end(sent, taken)
        return returned


LANES: Final = 4


class SimulatedDigitalRiver(DigitalRiver):
    """The real client over the simulated network."""

    def __init__(
        self, network: Network, process: Process, account: Account, pacer: Pacer, clock: Clock
    ) -> None:
        transport = SimulatedTransport(network, process, account)
        self._live = False
        self._line = Line(transport, pacer, clock)
        self._reader = Reader(self._line, live=False)
        self._lanes = LANES
