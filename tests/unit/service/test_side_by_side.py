"""Work side by side, and the one error that comes out of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from syncd.errors import StateError
from syncd.service.side_by_side import first_of, given_up_after, side_by_side


async def test_the_block_ends_when_all_work_is_done() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        done.append(number)

    async with side_by_side() as tasks:
        for number in range(3):
            tasks.create_task(work(number))

    assert done == [0, 1, 2]


async def test_the_first_error_comes_out_as_it_is_and_ends_the_others() -> None:
    ended: list[str] = []

    async def fail() -> None:
        await asyncio.sleep(0)
        raise StateError("state", "the disk is full", "Make room")

    async def wait_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("the other")

    async def both() -> None:
        async with side_by_side() as tasks:
            tasks.create_task(wait_for_ever())
            tasks.create_task(fail())

    with pytest.raises(StateError, match="disk is full"):
        await both()

    assert ended == ["the other"]


async def test_an_error_of_the_block_itself_comes_out_as_it_is() -> None:
    with pytest.raises(KeyError):
        async with side_by_side():
            raise KeyError


async def test_an_error_out_of_a_nested_group_is_not_wrapped() -> None:
    async def fail_in_a_group() -> None:
        async with asyncio.TaskGroup() as inner:
            inner.create_task(_fail())

    with pytest.raises(ValueError, match="deep"):
        async with side_by_side() as tasks:
            tasks.create_task(fail_in_a_group())


async def _fail() -> None:
    raise ValueError("deep down")


class TestPatienceAfterAStop:
    async def test_ends_what_still_waits(self) -> None:
        stop, told = asyncio.Event(), []
        stop.set()

        async with asyncio.timeout(60), given_up_after(stop, timedelta(seconds=0.01)):
            told.append("before")
            await asyncio.Event().wait()
            told.append("never")

        assert told == ["before"]

    async def test_is_not_needed_by_what_is_done_sooner(self) -> None:
        stop, told = asyncio.Event(), []
        stop.set()

        async with given_up_after(stop, timedelta(seconds=30)):
            await asyncio.sleep(0)
            told.append("done")

        assert told == ["done"]

    async def test_begins_with_the_stop(self) -> None:
        async with given_up_after(asyncio.Event(), timedelta()):
            await asyncio.sleep(0.02)

    async def test_swallows_no_time_out_of_others(self) -> None:
        with pytest.raises(TimeoutError, match="theirs"):
            async with given_up_after(asyncio.Event(), timedelta()):
                raise TimeoutError("theirs")


class TestTheFirstOf:
    async def test_several_ends_the_wait_and_the_others(self) -> None:
        ended: list[str] = []

        await first_of(asyncio.sleep(0), _waiting_for_ever(ended))

        assert ended == ["the other"]

    async def test_several_that_fails_says_so_and_ends_the_others(self) -> None:
        ended: list[str] = []

        async def fail() -> None:
            await asyncio.sleep(0)
            raise KeyError

        with pytest.raises(KeyError):
            await first_of(fail(), _waiting_for_ever(ended))

        assert ended == ["the other"]

    async def test_several_leaves_none_behind_where_the_wait_is_given_up(self) -> None:
        ended: list[str] = []

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await first_of(_waiting_for_ever(ended), _waiting_for_ever(ended))

        assert ended == ["the other", "the other"]


async def _waiting_for_ever(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("the other")
