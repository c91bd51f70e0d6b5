"""Departures of many processes over one row: never above the rate, and never without the row."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncd.errors import StateError
from syncd.state.postgres.pace import Slots
from syncd.state.postgres.pacing import PostgresPacer
from tests.unit.digital_river.departing import always, departures
from tests.unit.digital_river.virtual_time import LateClock, most_within, run_virtually, ticks

_P = ParamSpec("_P")
_T = TypeVar("_T")
PUNCTUAL = LateClock(random.Random(0))
AHEAD = 3_600_000_000
"""The server's clock is an hour before everybody else's."""


class AtOnce(Executor):
    """Does what it is given where it stands."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[_T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except StateError as error:
            future.set_exception(error)
        return future


@dataclass
class OneRow:
    """What the statements do, by the time of the loop."""

    name: str = "state"
    next_slot: int = 0
    paused_until: int = 0
    away: bool = False
    taken: list[int] = field(default_factory=list)

    def take(self, length: int, lead: int) -> Slots:
        now = self._now()
        if self.paused_until <= now:
            self.next_slot = max(self.next_slot, now + lead) + length
            self.taken.append(length)
        return Slots(self.next_slot - length, self.paused_until, now)

    def pause(self, length: int) -> None:
        self.paused_until = max(self.paused_until, self._now() + length)

    def close(self) -> None:
        """Nothing is held open."""

    def _now(self) -> int:
        if self.away:
            raise StateError("state", "PostgreSQL cannot be reached", "See that it runs")
        return ticks() // 1000 + AHEAD


def _pacer(row: OneRow, rate: float, clock: LateClock = PUNCTUAL) -> PostgresPacer:
    return PostgresPacer(row, rate, clock, ticks, AtOnce())


@settings(max_examples=30)
@given(
    rate=st.integers(1, 300),
    processes=st.integers(1, 4),
    waiters=st.integers(1, 30),
    latest=st.sampled_from([0.0, 0.001, 0.01, 0.03]),
    connecting=st.sampled_from([0.0, 0.2, 0.7]),
    seed=st.integers(0, 1000),
)
@example(rate=250, processes=3, waiters=60, latest=0.01, connecting=0.7, seed=1)
def test_no_second_ever_holds_more_departures_than_the_rate(
    rate: int, processes: int, waiters: int, latest: float, connecting: float, seed: int
) -> None:
    clock, row = LateClock(random.Random(seed), latest), OneRow()

    async def story() -> list[float]:
        pacers = [_pacer(row, rate, clock) for _ in range(processes)]
        return await departures(pacers, min(3 * rate, 400), waiters, connecting)

    assert most_within(1.0, run_virtually(story())) <= rate


@pytest.mark.parametrize("rate", [1, 2, 25, 100, 250])
@pytest.mark.parametrize("latest", [0.0, 0.004])
def test_a_busy_key_departs_at_95_percent_of_its_rate_or_more(rate: int, latest: float) -> None:
    clock, row = LateClock(random.Random(rate), latest), OneRow()

    async def story() -> list[float]:
        pacers = [_pacer(row, rate, clock) for _ in range(2)]
        return await departures(pacers, 4 * rate + 20, 2 * rate, 0.0)

    moments = run_virtually(story())
    assert (len(moments) - 1) / (moments[-1] - moments[0]) >= 0.95 * rate
    assert len(row.taken) <= len(moments) / (1 + 0.04 * rate) + 30  # many waiters ask but once


def test_a_pause_keeps_every_process_from_departing() -> None:
    async def story() -> list[float]:
        row = OneRow()
        here, there = _pacer(row, 100), _pacer(row, 100)
        assert await there.turn(always) == 0.0
        await asyncio.sleep(0.05)
        here.pause(3.0)
        answers = [await here.turn(always), await here.depart(), await there.depart()]
        answers += [await there.turn(always)]
        there.pause(1.0)
        answers += [await there.turn(always)]
        await asyncio.sleep(3.0)
        return [*answers, await there.turn(always), await there.depart()]

    assert run_virtually(story()) == pytest.approx([3.0] * 5 + [0.0] * 2)


def test_without_the_row_nothing_departs_and_after_a_while_it_is_told_why() -> None:
    async def story() -> None:
        row = OneRow(away=True)
        pacer = _pacer(row, 100)
        for _ in range(10):
            assert await pacer.turn(always) == 1.0
            assert await pacer.depart() == 1.0
            pacer.pause(0.0)
            await asyncio.sleep(1.0)
        await asyncio.sleep(0.5)
        with pytest.raises(StateError, match="cannot be reached, so nothing may be sent"):
            await pacer.turn(always)
        with pytest.raises(StateError, match="nothing may be sent"):
            await pacer.depart()
        row.away = False
        assert await pacer.turn(always) == 0.0
        assert await pacer.depart() == 0.0
        row.away = True
        await asyncio.sleep(60)
        assert await pacer.turn(always) == 1.0

    run_virtually(story())


def test_who_no_longer_wants_a_turn_takes_none() -> None:
    async def story() -> list[float]:
        row = OneRow()
        pacer = _pacer(row, 1)
        answers = [await pacer.turn(lambda: False) for _ in range(9)]
        assert row.taken == []
        return answers

    assert run_virtually(story()) == [0.0] * 9


@pytest.mark.parametrize(("rate", "apart"), [(0.5, 2.0), (2.5, 0.5)])
def test_rates_may_be_fractions(rate: float, apart: float) -> None:
    async def story() -> list[float]:
        return await departures([_pacer(OneRow(), rate)], 4, 3, 0.0)

    first, *_, last = run_virtually(story())
    assert apart <= (last - first) / 3 <= apart * 1.03
