"""Departures under one key: never above its rate in any second, and hardly below it."""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncd.digital_river.cells import FileCells
from syncd.digital_river.ledger import SECOND
from syncd.digital_river.pacer import FilePacer, MemoryPacer
from syncd.errors import StateError
from tests.unit.digital_river.departing import always, departures
from tests.unit.digital_river.virtual_time import (
    LateClock,
    most_within,
    run_virtually,
    ticks,
)

PUNCTUAL = LateClock(random.Random(0))


@settings(max_examples=40)
@given(
    rate=st.integers(1, 300),
    processes=st.integers(1, 4),
    waiters=st.integers(1, 30),
    latest=st.sampled_from([0.0, 0.001, 0.02, 0.3, 1.5]),
    connecting=st.sampled_from([0.0, 0.2, 0.7]),
    seed=st.integers(0, 1000),
)
@example(rate=250, processes=3, waiters=100, latest=0.001, connecting=0.7, seed=1)
def test_no_second_ever_holds_more_departures_than_the_rate(
    rate: int, processes: int, waiters: int, latest: float, connecting: float, seed: int
) -> None:
    clock = LateClock(random.Random(seed), latest)

    async def story(folder: Path) -> list[float]:
        pacers = [FilePacer(folder / "pacer", rate, clock, ticks) for _ in range(processes)]
        count = min(3 * rate, 600)
        moments = await departures([*pacers], count, waiters, connecting)
        for pacer in pacers:
            pacer.close()
        return moments

    with TemporaryDirectory() as folder:
        moments = run_virtually(story(Path(folder)))
    assert most_within(1.0, moments) <= rate


@pytest.mark.parametrize("rate", [1, 2, 25, 100, 250])
@pytest.mark.parametrize("latest", [0.0, 0.004])
def test_a_busy_key_departs_at_95_percent_of_its_rate_or_more(rate: int, latest: float) -> None:
    clock = LateClock(random.Random(rate), latest)

    async def story() -> list[float]:
        return await departures([MemoryPacer(rate, clock, ticks)], 4 * rate + 20, 2 * rate)

    moments = run_virtually(story())
    assert (len(moments) - 1) / (moments[-1] - moments[0]) >= 0.95 * rate
    assert (len(moments) - 1) / (moments[-1] - moments[0]) <= rate


@pytest.mark.parametrize(("rate", "seconds_apart"), [(0.5, 2.0), (0.1, 10.0), (1.5, 1.0)])
def test_rates_may_be_fractions(rate: float, seconds_apart: float) -> None:
    async def story() -> list[float]:
        return await departures([MemoryPacer(rate, PUNCTUAL, ticks)], 5, 3)

    moments = run_virtually(story())
    gaps = [after - before for before, after in itertools.pairwise(moments)]
    assert all(seconds_apart <= gap <= seconds_apart * 1.03 for gap in gaps)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_there_is_no_pace_without_a_rate(rate: float) -> None:
    with pytest.raises(ValueError, match=str(rate)):
        MemoryPacer(rate, PUNCTUAL, ticks)


def test_idle_time_is_not_made_up_for() -> None:
    async def story() -> list[float]:
        pacer = MemoryPacer(10, PUNCTUAL, ticks)
        await departures([pacer], 3, 1)
        await asyncio.sleep(60)
        return await departures([pacer], 3, 3)

    moments = run_virtually(story())
    assert moments[1] - moments[0] == pytest.approx(0.1026, abs=0.001)
    assert moments[2] - moments[1] == pytest.approx(0.1026, abs=0.001)


def test_a_cancelled_waiter_takes_nobodys_turn() -> None:
    async def story() -> float:
        loop, pacer = asyncio.get_running_loop(), MemoryPacer(1, PUNCTUAL, ticks)
        await pacer.turn(always)
        waiters = [asyncio.create_task(pacer.turn(always)) for _ in range(5)]
        await asyncio.sleep(0.5)
        for waiter in waiters:
            waiter.cancel()
        await asyncio.gather(*waiters, return_exceptions=True)
        began = loop.time()
        await pacer.turn(always)
        return loop.time() - began

    assert run_virtually(story()) == pytest.approx(0.526, abs=0.01)


def test_who_no_longer_wants_a_turn_holds_nobody_up() -> None:
    async def story() -> tuple[list[float], float]:
        loop, pacer = asyncio.get_running_loop(), MemoryPacer(1, PUNCTUAL, ticks)
        began = loop.time()
        await pacer.turn(always)
        gone = [pacer.turn(lambda: False) for _ in range(50)]
        return [*await asyncio.gather(*gone), await pacer.turn(always)], loop.time() - began

    answers, seconds = run_virtually(story())
    assert answers == [0.0] * 51
    assert seconds == pytest.approx(1.026, abs=0.01)


class TestPause:
    def test_a_pause_keeps_every_process_from_departing(self, tmp_path: Path) -> None:
        async def story() -> list[float]:
            here, there = (FilePacer(tmp_path / "p", 100, PUNCTUAL, ticks) for _ in range(2))
            here.pause(3.0)
            answers = [await pacer.turn(always) for pacer in (here, there)]
            answers += [await pacer.depart() for pacer in (here, there)]
            await asyncio.sleep(3.0)
            answers += [await there.turn(always), await there.depart()]
            here.close()
            there.close()
            return answers

        assert run_virtually(story()) == pytest.approx([3.0] * 4 + [0.0] * 2)

    def test_it_reaches_those_who_wait_for_their_turn(self) -> None:
        async def story() -> float:
            pacer = MemoryPacer(1, PUNCTUAL, ticks)
            await pacer.turn(always)
            waiter = asyncio.create_task(pacer.turn(always))
            await asyncio.sleep(0.5)
            pacer.pause(10.0)
            return await waiter

        assert run_virtually(story()) == pytest.approx(9.474, abs=0.01)

    def test_a_shorter_pause_does_not_end_a_longer_one(self) -> None:
        async def story() -> float:
            pacer = MemoryPacer(1, PUNCTUAL, ticks)
            pacer.pause(10.0)
            pacer.pause(1.0)
            return await pacer.turn(always)

        assert run_virtually(story()) == pytest.approx(10.0)

    @pytest.mark.parametrize("seconds", [7200.0, 1e9])
    def test_more_than_an_hour_is_not_believed(self, seconds: float) -> None:
        async def story() -> float:
            pacer = MemoryPacer(1, PUNCTUAL, ticks)
            pacer.pause(seconds)
            return await pacer.turn(always)

        assert run_virtually(story()) == pytest.approx(3600.0)


class TestFile:
    def test_it_is_readable_by_its_owner_alone(self, tmp_path: Path) -> None:
        pacer = FilePacer(tmp_path / "pacer", 1, PUNCTUAL)
        pacer.close()
        pacer.close()
        assert (tmp_path / "pacer").stat().st_mode & 0o777 == 0o600

    def test_it_outlives_the_process(self, tmp_path: Path) -> None:
        async def story() -> float:
            for _ in range(2):
                pacer = FilePacer(tmp_path / "p", 1, PUNCTUAL, ticks)
                await pacer.turn(always)
                await pacer.depart()
                pacer.close()
            return asyncio.get_running_loop().time()

        assert run_virtually(story()) == pytest.approx(1001.026, abs=0.01)

    @pytest.mark.parametrize(
        "content",
        [b"", b"x", b"\xff" * 20_000, bytes(range(256)) * 100, b"\x00" * 16_424],
        ids=["empty", "short", "all ones", "noise", "zeros"],
    )
    def test_a_corrupt_one_is_begun_anew(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "pacer"
        path.write_bytes(content)
        assert run_virtually(_seconds_for_three(path)) == pytest.approx(0.2051, abs=0.01)

    @pytest.mark.parametrize("earlier_boot", [1e6, -900.0])
    def test_one_from_before_a_reboot_holds_nobody_up(
        self, tmp_path: Path, earlier_boot: float
    ) -> None:
        path = tmp_path / "pacer"

        async def before() -> None:
            shifted = LateClock(random.Random(0))
            pacer = FilePacer(path, 10, shifted, lambda: ticks() + round(earlier_boot * SECOND))
            for _ in range(15):
                await pacer.turn(always)
                await pacer.depart()
            pacer.pause(30.0)
            pacer.close()

        run_virtually(before())
        assert run_virtually(_seconds_for_three(path)) == pytest.approx(0.2051, abs=0.01)

    def test_a_place_where_it_cannot_be_is_told_with_the_next_step(self, tmp_path: Path) -> None:
        with pytest.raises(StateError, match=r"Pacer file .*nowhere.*Make its folder writable"):
            FilePacer(tmp_path / "nowhere" / "pacer", 1, PUNCTUAL)


def test_a_disk_that_fills_up_later_is_told_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = FileCells(tmp_path / "pacer", 4)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(StateError, match=r"Pacer file .*pacer: No space left on device"):
        cells.write(0, [1])
    cells.close()


async def _seconds_for_three(path: Path) -> float:
    began, pacer = asyncio.get_running_loop().time(), FilePacer(path, 10, PUNCTUAL, ticks)
    for _ in range(3):
        assert await pacer.turn(always) == 0.0
        assert await pacer.depart() == 0.0
    pacer.close()
    return asyncio.get_running_loop().time() - began
