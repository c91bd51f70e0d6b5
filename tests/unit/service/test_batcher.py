"""Batches: in order, of bounded size, soon, and nothing lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pytest

from syncd.service import batcher
from syncd.service.batcher import LARGEST_BATCH, Batcher

PATIENCE: Final = 20.0
HOUR: Final = 3600.0


class Shelf:
    """Where batches are written; the writer is held up while `gate` is shut."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def write(self, batch: Sequence[int]) -> None:
        assert self.gate.wait(PATIENCE)
        self.batches.append(list(batch))

    @property
    def entries(self) -> list[int]:
        return [entry for batch in self.batches for entry in batch]

    async def holds(self, batches: int) -> None:
        """Wait, without letting any time of the loop's pass by itself."""
        end = time.monotonic() + PATIENCE
        while len(self.batches) < batches:
            assert time.monotonic() < end, "it was never written"
            await asyncio.sleep(0)


@dataclass
class Hours:
    """The loop's time, which a test may let leap."""

    passed: float = 0.0

    async def leap(self, seconds: float) -> None:
        self.passed += seconds
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.fixture
async def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    """Entries wait an hour for company, which only leaps bring to an end."""
    hours, loop = Hours(), asyncio.get_running_loop()
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + hours.passed)
    monkeypatch.setattr(batcher, "LONGEST_WAIT", HOUR)
    return hours


def test_no_outcome_stays_unrecorded_for_longer_than_a_fifth_of_a_second() -> None:
    assert batcher.LONGEST_WAIT <= 0.1, "the other half is for the write before it"


async def test_what_was_added_is_written_in_its_order_when_the_block_ends() -> None:
    shelf = Shelf()

    async with Batcher[int](shelf.write) as collecting:
        for number in range(1000):
            collecting.add(number)

    assert shelf.entries == list(range(1000))


async def test_no_batch_is_larger_than_the_largest() -> None:
    shelf = Shelf()

    async with Batcher[int](shelf.write) as collecting:
        for number in range(LARGEST_BATCH * 2 + 1):
            collecting.add(number)

    assert list(map(len, shelf.batches)) == [LARGEST_BATCH, LARGEST_BATCH, 1]


async def test_a_full_batch_does_not_wait(hours: Hours) -> None:
    shelf = Shelf()

    async with Batcher[int](shelf.write) as collecting:
        for number in range(LARGEST_BATCH):
            collecting.add(number)
        await shelf.holds(1)

    assert shelf.entries == list(range(LARGEST_BATCH))


async def test_an_entry_waits_for_company_and_no_longer_than_the_longest_wait(
    hours: Hours,
) -> None:
    shelf = Shelf()

    async with Batcher[int](shelf.write) as collecting:
        collecting.add(1)
        await hours.leap(HOUR / 2)
        collecting.add(2)
        await hours.leap(HOUR / 2 - 60)
        assert shelf.batches == []
        await hours.leap(61)
        await shelf.holds(1)

    assert shelf.batches == [[1, 2]]


async def test_each_batch_waits_from_its_own_first_entry(hours: Hours) -> None:
    shelf = Shelf()

    async with Batcher[int](shelf.write) as collecting:
        collecting.add(1)
        await hours.leap(HOUR + 1)
        await shelf.holds(1)
        collecting.add(2)
        await hours.leap(HOUR - 60)
        assert shelf.batches == [[1]]
        await hours.leap(61)
        await shelf.holds(2)


async def test_what_arrives_during_a_write_has_waited_already(hours: Hours) -> None:
    shelf = Shelf()

    async with Batcher[int](shelf.write) as collecting:
        shelf.gate.clear()
        for number in range(LARGEST_BATCH):
            collecting.add(number)
        await hours.leap(1)
        collecting.add(-1)
        await hours.leap(HOUR)
        shelf.gate.set()
        await shelf.holds(2)

    assert shelf.batches[1] == [-1]


async def test_after_a_slow_write_nothing_waits_long_for_company(
    hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf()
    _let_writes_take(monkeypatch, hours, [HOUR])

    async with Batcher[int](shelf.write) as collecting:
        await _fill(collecting, hours)
        collecting.add(-1)
        await hours.leap(1)

        assert shelf.batches[1:] == [[-1]]


async def test_after_quick_writes_a_slow_one_is_forgotten(
    hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf()
    _let_writes_take(monkeypatch, hours, [HOUR, *[0.0] * 60])

    async with Batcher[int](shelf.write) as collecting:
        for _ in range(61):
            await _fill(collecting, hours)
        collecting.add(-1)
        await hours.leap(HOUR / 2)

        assert len(shelf.batches) == 61
        await hours.leap(HOUR / 2)
        assert shelf.batches[61] == [-1]


async def test_an_empty_block_writes_nothing() -> None:
    shelf = Shelf()

    async with Batcher[int](shelf.write):
        pass

    assert shelf.batches == []


async def test_what_the_writer_raises_comes_out_of_the_block() -> None:
    with pytest.raises(ValueError, match="full"):
        async with Batcher[int](_fail) as collecting:
            collecting.add(1)


async def test_nothing_is_accepted_after_the_writer_has_died() -> None:
    collecting = Batcher[int](_fail)
    await collecting.__aenter__()
    for number in range(LARGEST_BATCH):
        collecting.add(number)

    async def add_on() -> None:
        while True:
            collecting.add(0)
            await asyncio.sleep(0)

    with pytest.raises(ValueError, match="full"):
        await asyncio.wait_for(add_on(), PATIENCE)
    with pytest.raises(ValueError, match="full"):
        await collecting.__aexit__()


async def test_what_was_added_before_an_error_in_the_block_is_written() -> None:
    shelf = Shelf()

    async def work() -> None:
        async with Batcher[int](shelf.write) as collecting:
            collecting.add(1)
            raise KeyError

    with pytest.raises(KeyError):
        await work()

    assert shelf.entries == [1]


async def test_what_was_added_before_a_cancellation_is_written() -> None:
    shelf = Shelf()
    added = asyncio.Event()

    async def work() -> None:
        async with Batcher[int](shelf.write) as collecting:
            collecting.add(1)
            added.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await added.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert shelf.entries == [1]


def _let_writes_take(
    monkeypatch: pytest.MonkeyPatch, hours: Hours, seconds: Sequence[float]
) -> None:
    """Let the first writes take so long, and those after them no time."""
    left = iter(seconds)

    async def written(write: Callable[[Sequence[int]], None], batch: Sequence[int]) -> None:
        hours.passed += next(left, 0.0)
        write(batch)

    monkeypatch.setattr("syncd.service.batcher.asyncio.to_thread", written)


async def _fill(collecting: Batcher[int], hours: Hours) -> None:
    """Have a full batch written."""
    for number in range(LARGEST_BATCH):
        collecting.add(number)
    await hours.leap(0)


def _fail(_: Sequence[int]) -> None:
    raise ValueError("the disk is full")
