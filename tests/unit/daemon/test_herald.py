"""The daemon tells people beside its work: in time, once, and without being held up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from syncd.daemon import herald
from syncd.daemon.herald import Herald
from syncd.daemon.news import News
from syncd.domain.cycle import CycleId, CycleResult, Mode
from syncd.service import courier, remembered
from syncd.service.announce import PATIENCE
from syncd.service.courier import Courier
from syncd.service.glimpse import MOST
from syncd.service.pulse import Pulse, Trouble
from syncd.service.telling import Telling, TellingTerms
from tests.fakes.notifier import FakeNotifier
from tests.fakes.state import FakeState

REFUSED = "Digital River refuses the key"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(herald, "SOON", 0.01)
    monkeypatch.setattr(herald, "GRACE", 30.0)  # a target here is a thread, which may be slow


@pytest.fixture
def state() -> FakeState:
    return FakeState()


@pytest.fixture
def notifier() -> Iterator[FakeNotifier]:
    notifier = FakeNotifier("mail")
    yield notifier
    notifier.released.set()


@pytest.fixture
def pulse() -> Pulse:
    pulse = Pulse(lambda: datetime.now(UTC))
    pulse.listener = News()
    return pulse


@asynccontextmanager
async def heralded(
    pulse: Pulse, state: FakeState, notifier: FakeNotifier, patience: timedelta = PATIENCE
) -> AsyncIterator[Herald]:
    news, courier = pulse.listener, Courier(notifier)
    assert isinstance(news, News)
    terms = TellingTerms("a test", patience, timedelta())
    one = Herald(news, Telling(state, courier, lambda: datetime.now(UTC), terms), courier)
    one.begin()
    try:
        yield one
    finally:
        await one.end()


async def until_told(notifier: FakeNotifier, count: int) -> None:
    await until(lambda: len(notifier.told) >= count)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the courier's thread knows no event
            await asyncio.sleep(0.005)


async def test_what_the_pulse_hears_is_told(
    pulse: Pulse, state: FakeState, notifier: FakeNotifier
) -> None:
    async with heralded(pulse, state, notifier):
        pulse.trouble(Trouble.KEY, "401")
        await until_told(notifier, 1)
        pulse.relief(Trouble.KEY)
        await until_told(notifier, 2)
    assert notifier.titles("mail") == [REFUSED, "Digital River takes the key again"]
    assert remembered.outbox(state).posted == ()


async def test_what_lasts_is_told_although_nothing_more_is_heard_of_it(
    pulse: Pulse, state: FakeState, notifier: FakeNotifier
) -> None:
    async with heralded(pulse, state, notifier, timedelta(milliseconds=30)):
        pulse.trouble(Trouble.REMOTE, "503")
        await until_told(notifier, 1)
    assert notifier.titles("mail") == ["Digital River does not answer"]


async def test_what_heals_in_time_is_not_told(
    pulse: Pulse, state: FakeState, notifier: FakeNotifier
) -> None:
    async with heralded(pulse, state, notifier):
        pulse.trouble(Trouble.REMOTE, "503")
        await asyncio.sleep(0.03)
        pulse.relief(Trouble.REMOTE)
    assert notifier.told == []


async def test_the_work_of_another_process_is_waited_for(
    pulse: Pulse, state: FakeState, notifier: FakeNotifier
) -> None:
    async with heralded(pulse, state, notifier):
        with state.another().lease("another", timedelta()):
            pulse.trouble(Trouble.KEY, "401")
            await asyncio.sleep(0.05)
            assert notifier.told == []
        await until_told(notifier, 1)
    assert notifier.titles("mail") == [REFUSED]


async def test_its_own_cycles_that_follow_each_other_leave_it_time(
    pulse: Pulse, state: FakeState, notifier: FakeNotifier
) -> None:
    async with heralded(pulse, state, notifier):
        with state.lease("a cycle", timedelta()):
            pulse.trouble(Trouble.KEY, "401")
            await until_told(notifier, 1)
    assert notifier.titles("mail") == [REFUSED]
    assert remembered.outbox(state).posted == ()


async def test_a_stop_does_not_wait_for_a_target_that_hangs(
    pulse: Pulse, state: FakeState, notifier: FakeNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(herald, "GRACE", 0.05)
    hangs = threading.Event()
    notifier.slow.add("mail")
    notifier.on_tell = hangs.set
    async with heralded(pulse, state, notifier):
        pulse.trouble(Trouble.KEY, "401")
        await until(hangs.is_set)
    assert notifier.told == []  # it hangs still
    assert len(remembered.outbox(state).posted) == 1


async def test_who_takes_long_gets_one_message_after_the_other(
    pulse: Pulse, state: FakeState, notifier: FakeNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "ENOUGH", -1.0)
    async with heralded(pulse, state, notifier):
        for _ in range(2):
            pulse.trouble(Trouble.KEY, "401")
            pulse.relief(Trouble.KEY)
        await until_told(notifier, 4)
    assert notifier.titles("mail") == 2 * [REFUSED, "Digital River takes the key again"]
    assert remembered.outbox(state).posted == ()


async def test_what_is_seen_last_is_told_before_the_end(
    pulse: Pulse, state: FakeState, notifier: FakeNotifier
) -> None:
    async with heralded(pulse, state, notifier):
        await asyncio.sleep(0.03)
        pulse.trouble(Trouble.KEY, "401")
    assert notifier.titles("mail") == [REFUSED]


async def test_a_mistake_of_its_own_is_logged_and_ends_nothing(
    pulse: Pulse, state: FakeState, notifier: FakeNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(herald, "LATER", 0.01)
    with structlog.testing.capture_logs() as logs:
        async with heralded(pulse, state, notifier):
            with monkeypatch.context() as patch:
                patch.setattr(remembered, "told", lambda _: 1 // 0)
                pulse.trouble(Trouble.KEY, "401")
                await until(lambda: "daemon.bug" in {one["event"] for one in logs})
            await until_told(notifier, 1)


async def test_it_rests_while_there_is_nothing_to_tell(
    pulse: Pulse, state: FakeState, notifier: FakeNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, usual = list[float | None](), Telling.settle
    monkeypatch.setattr(Telling, "settle", lambda one: rounds.append(usual(one)))
    async with heralded(pulse, state, notifier) as one:
        await until(lambda: len(rounds) == 1)
        await asyncio.sleep(0.1)
        assert one.telling.due_at() is None
        assert len(rounds) == 1


def test_news_of_a_lease_are_none_and_those_of_a_cycle_are(pulse: Pulse) -> None:
    news = pulse.listener
    assert isinstance(news, News)
    pulse.trouble(Trouble.LEASE, "held")
    assert news.take() == []
    moment = datetime.now(UTC)
    pulse.ended(CycleResult(CycleId("c"), Mode.SCHEDULED, moment, moment, None), is_whole=False)
    (seen,) = news.take()
    assert (seen.result is not None, seen.is_whole) == (True, False)


def test_news_that_nobody_takes_are_put_together(pulse: Pulse) -> None:
    news = pulse.listener
    assert isinstance(news, News)
    news.took_over("process 7")
    for _ in range(2 * MOST):
        pulse.relief(Trouble.KEY)
    seen = news.take()
    assert (len(seen), seen[0].gone) == (MOST, "process 7")
    assert news.take() == []
