"""The client against servers that misbehave as only real sockets can."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from syncd.config import DigitalRiverSettings
from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.pacer import MemoryPacer, Pacer
from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change
from syncd.domain.delivery import Accepted, KeyRefused, Outcome, Transient
from syncd.errors import RemoteUnavailableError, RemoteUnreachableError
from syncd.ports import UNSENT
from syncd.sandbox import Fault, FaultKind, RunningSandbox, SandboxSettings, running_sandbox
from tests.fakes.clocks import LeapingClock, WallClock
from tests.ports import free_port

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def client(
    url: str, pacer: Pacer | None = None, seconds: float = 30.0
) -> AsyncIterator[DigitalRiver]:
    settings = DigitalRiverSettings(
        base_url=url,
        api_key=SecretStr("sk_test_sockets"),
        timeout=timedelta(seconds=seconds),
        max_in_flight=64,
    )
    remote = DigitalRiver(settings, pacer or MemoryPacer(1000, WallClock()), WallClock(), "0")
    try:
        yield remote
    finally:
        await remote.aclose()


def create(item: str = "a") -> Change:
    part = {Attribute.PART_NUMBER: AttributeChange(None, "P")}
    return Change(ItemId(item), Action.CREATE, 1, part)


async def create_under(sandbox: RunningSandbox, fault: Fault, seconds: float = 30.0) -> Outcome:
    sandbox.store.set_faults([fault])
    async with client(sandbox.url, seconds=seconds) as remote:
        return await remote.carry_out(create())


class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "code", "carried_out"),
        [
            (Fault(kind=FaultKind.LOST), "connection_broken", True),
            (Fault(kind=FaultKind.DROP), "connection_broken", False),
            (Fault(kind=FaultKind.HALF), "connection_broken", True),
            (Fault(kind=FaultKind.SLOW, seconds=60), "timed_out", True),
            (Fault(kind=FaultKind.STATUS, status=502, html=True), "http_502", False),
        ],
        ids=["lost", "drop", "half", "slow", "html"],
    )
    async def test_a_change_that_has_left_is_in_doubt(
        self, fault: Fault, code: str, carried_out: bool
    ) -> None:
        with running_sandbox(SandboxSettings()) as sandbox:
            outcome = await create_under(sandbox, fault, seconds=2.0)
            assert isinstance(outcome, Transient)
            assert outcome.in_doubt
            assert outcome.failure.code == code
            assert ("a" in sandbox.store.items()) is carried_out

    async def test_a_read_gets_over_each_of_them(self) -> None:
        kinds = (FaultKind.LOST, FaultKind.DROP, FaultKind.HALF, FaultKind.STATUS)
        faults = [Fault(kind=kind, count=1) for kind in kinds]
        with running_sandbox(SandboxSettings(faults=tuple(faults))) as sandbox:
            sandbox.store.seed_items([{"id": "a", "partNumber": "P"}])
            clock = LeapingClock()
            settings = DigitalRiverSettings(
                base_url=sandbox.url, api_key=SecretStr("sk_test_sockets")
            )
            remote = DigitalRiver(settings, MemoryPacer(99, clock, clock.ticks), clock, "0")
            assert set(await remote.items([ItemId("a")])) == {"a"}
            assert remote.requests == len(faults) + 1
            await remote.aclose()

    async def test_where_nobody_listens_nothing_was_done(self) -> None:
        async with client(f"http://127.0.0.1:{free_port()}") as remote:
            outcome = await remote.carry_out(create())
            assert isinstance(outcome, Transient)
            assert not outcome.in_doubt
            assert outcome.failure.code == "connect_failed"
            assert "refused" in outcome.failure.message.lower()
            assert remote.requests == 0

    async def test_a_server_without_tls_gets_nothing_over_https(self) -> None:
        with running_sandbox(SandboxSettings()) as sandbox:
            async with client(sandbox.url.replace("http://", "https://")) as remote:
                outcome = await remote.carry_out(create())
            assert isinstance(outcome, Transient)
            assert not outcome.in_doubt
            assert outcome.failure.code == "connect_failed"
            assert sandbox.store.requests() == []

    async def test_an_answer_that_trickles_for_ever_ends_with_the_time_out(self) -> None:
        async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 201 Created\r\ncontent-length: 1000000\r\n\r\n")
            while not writer.is_closing():  # which it is once the other end is gone
                writer.write(b" ")
                await asyncio.sleep(0.05)

        async with serving(trickle) as url, client(url, seconds=1.0) as remote:
            async with asyncio.timeout(60):
                outcome = await remote.carry_out(create())
            assert isinstance(outcome, Transient)
            assert outcome.in_doubt
            assert outcome.failure.code == "timed_out"

    async def test_what_is_no_http_at_all_is_told(self) -> None:
        async def chatter(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.example.com ESMTP\r\n")
            await writer.drain()

        async with serving(chatter) as url, client(url) as remote:
            outcome = await remote.carry_out(create())
            assert isinstance(outcome, Transient)
            assert outcome.in_doubt
            assert outcome.failure.code == "connection_broken"


class TestDepartures:
    async def test_many_requests_are_under_way_together(self) -> None:
        slow = Fault(kind=FaultKind.SLOW, seconds=60.0)
        with running_sandbox(SandboxSettings(faults=(slow,), rate_limit=0)) as sandbox:
            async with client(sandbox.url) as remote:
                changes = _begun(remote.carry_out(create(f"sku-{number}")) for number in range(64))
                await _until(lambda: len(sandbox.store.requests()) == 64)
                for change in changes:
                    change.cancel()
                await asyncio.gather(*changes, return_exceptions=True)

    async def test_an_answered_request_leaves_nothing_to_search_for_rings(self) -> None:
        gc.disable()
        try:
            with running_sandbox(SandboxSettings()) as sandbox:
                async with client(sandbox.url) as remote:
                    before = _responses()
                    assert isinstance(await remote.carry_out(create()), Accepted)
                    after = _responses()
        finally:
            gc.enable()
        assert after == before

    async def test_a_departure_is_recorded_just_before_its_first_byte_leaves(self) -> None:
        pacer = NotedPacer()
        with running_sandbox(SandboxSettings()) as sandbox:
            async with client(sandbox.url, pacer) as remote:
                await remote.carry_out(create("a"))
                await remote.carry_out(create("b"))
                assert remote.requests == 2
            arrivals = [entry.arrived for entry in sandbox.store.requests()]
        assert [steps for steps, _ in pacer.steps] == ["turn", "depart"] * 2
        departures = [moment for step, moment in pacer.steps if step == "depart"]
        assert departures[0] <= arrivals[0] <= departures[1] <= arrivals[1]

    async def test_a_pause_between_turn_and_departure_keeps_the_request_back(self) -> None:
        pacer = NotedPacer(pauses=[0.05, 0.0])
        with running_sandbox(SandboxSettings()) as sandbox:
            async with client(sandbox.url, pacer) as remote:
                assert isinstance(await remote.carry_out(create()), Accepted)
                assert remote.requests == 1
            assert len(sandbox.store.requests()) == 1
        assert [step for step, _ in pacer.steps] == ["turn", "depart"] * 2

    async def test_after_a_429_nothing_leaves_before_the_wait_is_over(self) -> None:
        storm = Fault(kind=FaultKind.STATUS, status=429, retry_after=1, count=1)
        with running_sandbox(SandboxSettings(faults=(storm,), rate_limit=0)) as sandbox:
            async with client(sandbox.url) as remote:
                first = await remote.carry_out(create())
                rest = await asyncio.gather(
                    *(remote.carry_out(create(f"sku-{number}")) for number in range(20))
                )
            arrivals = [entry.arrived for entry in sandbox.store.requests()]
        assert isinstance(first, Transient)
        assert all(isinstance(outcome, Accepted) for outcome in rest)
        assert min(arrivals[1:]) - arrivals[0] >= 1.0

    async def test_after_a_401_those_who_waited_never_leave(self) -> None:
        refusal = Fault(kind=FaultKind.STATUS, status=401)
        with running_sandbox(SandboxSettings(faults=(refusal,))) as sandbox:
            async with client(sandbox.url, MemoryPacer(1, WallClock())) as remote:
                changes = (remote.carry_out(create(f"sku-{number}")) for number in range(100))
                async with asyncio.timeout(60):  # a turn for each of them would take 100 s
                    outcomes = await asyncio.gather(*changes)
            assert len(sandbox.store.requests()) == 1
        assert all(isinstance(outcome, KeyRefused) for outcome in outcomes)

    async def test_a_cancelled_change_frees_its_connection(self) -> None:
        with running_sandbox(SandboxSettings(latency_seconds=0.3, rate_limit=0)) as sandbox:
            async with client(sandbox.url) as remote:
                changes = [
                    asyncio.create_task(remote.carry_out(create(f"sku-{number}")))
                    for number in range(64)
                ]
                await asyncio.sleep(0.2)
                for change in changes:
                    change.cancel()
                await asyncio.gather(*changes, return_exceptions=True)
                again = await asyncio.gather(
                    *(remote.carry_out(create(f"other-{number}")) for number in range(64))
                )
        assert all(isinstance(outcome, Accepted) for outcome in again)


class TestHold:
    """A stop is asked for while some requests are under way and others wait to depart."""

    async def test_wakes_those_who_wait_out_a_pause_and_none_of_them_departs(self) -> None:
        storm = Fault(kind=FaultKind.STATUS, status=429, retry_after=40, count=1)
        with running_sandbox(SandboxSettings(faults=(storm,), rate_limit=0)) as sandbox:
            async with client(sandbox.url) as remote:
                await remote.carry_out(create("first"))
                waiting = _begun(remote.carry_out(create(f"sku-{n}")) for n in range(40))
                reading = asyncio.create_task(_refused_read(remote))
                await asyncio.sleep(0.1)
                remote.hold()
                async with asyncio.timeout(30):
                    outcomes = await asyncio.gather(*waiting)
                    await reading
            assert len(sandbox.store.requests()) == 1
        assert all(outcome == UNSENT for outcome in outcomes)

    async def test_wakes_those_who_wait_for_their_turn(self) -> None:
        with running_sandbox(SandboxSettings(rate_limit=0)) as sandbox:
            async with client(sandbox.url, MemoryPacer(0.02, WallClock())) as remote:
                first = await remote.carry_out(create("first"))
                waiting = _begun(remote.carry_out(create(f"sku-{n}")) for n in range(40))
                await asyncio.sleep(0.1)
                remote.hold()
                async with asyncio.timeout(30):
                    outcomes = await asyncio.gather(*waiting)
            assert set(sandbox.store.items()) == {"first"}
        assert isinstance(first, Accepted)
        assert all(outcome == UNSENT for outcome in outcomes)

    async def test_sees_what_has_departed_to_its_end(self) -> None:
        with running_sandbox(SandboxSettings(latency_seconds=1.0, rate_limit=0)) as sandbox:
            async with client(sandbox.url) as remote:
                changes = _begun(remote.carry_out(create(f"sku-{n}")) for n in range(20))
                await _until(lambda: remote.requests == 20)
                remote.hold()
                outcomes = await asyncio.gather(*changes)
                late = await remote.carry_out(create("late"))
            made = set(sandbox.store.items())
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert late == UNSENT
        assert made == {f"sku-{n}" for n in range(20)}

    async def test_at_any_moment_each_is_either_settled_or_was_never_sent(self) -> None:
        for milliseconds in (1, 5, 20, 60):
            settings = SandboxSettings(latency_seconds=0.05, rate_limit=0)
            with running_sandbox(settings) as sandbox:
                async with client(sandbox.url) as remote:
                    changes = {
                        f"sku-{n}": asyncio.create_task(remote.carry_out(create(f"sku-{n}")))
                        for n in range(64)
                    }
                    await asyncio.sleep(milliseconds / 1000)
                    remote.hold()
                    await asyncio.gather(*changes.values())
                made = set(sandbox.store.items())
            for item, change in changes.items():
                assert isinstance(change.result(), Accepted) is (item in made)
                assert (change.result() == UNSENT) is (item not in made)


def _begun(changes: Iterable[Coroutine[object, object, Outcome]]) -> list[asyncio.Task[Outcome]]:
    return [asyncio.create_task(change) for change in changes]


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what is waited for is another thread's, or a count
            await asyncio.sleep(0.01)


def _responses() -> int:
    return sum(isinstance(one, httpx.Response) for one in gc.get_objects())


async def _refused_read(remote: DigitalRiver) -> None:
    with pytest.raises(RemoteUnavailableError, match="a stop came first"):
        await remote.items([ItemId("a")])


async def test_a_read_that_nobody_answers_is_unavailable() -> None:
    clock = LeapingClock()
    settings = DigitalRiverSettings(
        base_url=f"http://127.0.0.1:{free_port()}", api_key=SecretStr("sk_test_sockets")
    )
    remote = DigitalRiver(settings, MemoryPacer(99, clock, clock.ticks), clock, "0")
    with pytest.raises(RemoteUnreachableError, match="connect_failed"):
        await remote.items([ItemId("a")])
    assert remote.requests == 0
    await remote.aclose()


@dataclass
class NotedPacer:
    """Lets everything go at once, but for the pauses it is told; notes each step."""

    pauses: list[float] = field(default_factory=list)
    steps: list[tuple[str, float]] = field(default_factory=list)

    async def turn(self, wanted: Callable[[], bool]) -> float:
        self.steps.append(("turn", time.monotonic()))
        return 0.0

    async def depart(self) -> float:
        self.steps.append(("depart", time.monotonic()))
        return self.pauses.pop(0) if self.pauses else 0.0

    def pause(self, seconds: float) -> None:
        self.steps.append(("pause", seconds))

    def close(self) -> None:
        self.pauses.clear()


@asynccontextmanager
async def serving(answer: Answering) -> AsyncIterator[str]:
    """Serve every connection by reading a little and then answering so."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(65536)
            await answer(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"
