"""Wishes gather, and are taken one at a time, the oldest first."""

from __future__ import annotations

import asyncio

import pytest

from syncd.daemon.wishes import MOST_IDS, MOST_WAITING, Queue, Wish, Wishes, next_wish
from syncd.domain.attributes import ItemId
from syncd.service.pulse import Job

A, B = ItemId("a"), ItemId("b")
BOTH = frozenset({A, B})


async def _all(queue: Queue) -> list[Wish]:
    taken: list[Wish] = []
    while True:
        try:
            await asyncio.wait_for(queue.come(), 0.01)
        except TimeoutError:
            return taken
        taken.append(queue.take())


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ([Job.POLL, Job.POLL], [Wish(Job.POLL)]),
        ([Job.POLL, Job.FULL], [Wish(Job.FULL)]),
        ([A, B, A], [Wish(Job.POLL, BOTH)]),
        ([Job.POLL, A], [Wish(Job.POLL, besides=frozenset({A}))]),  # it looks at all of them
        ([A, Job.POLL, B], [Wish(Job.POLL, BOTH), Wish(Job.POLL)]),  # who points need not wait
        ([], []),
    ],
)
async def test_one_covers_what_it_would_do_anyway(
    wanted: list[Job | ItemId], taken: list[Wish]
) -> None:
    wishes = Wishes()
    for one in wanted:
        if isinstance(one, Job):
            wishes.add(one)
        else:
            wishes.point_at([one])

    assert await _all(wishes.cycles) == taken


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ([Job.AUDIT, Job.ROLLING], [Job.AUDIT]),
        ([Job.ROLLING, Job.PRUNE, Job.AUDIT], [Job.AUDIT, Job.PRUNE]),
        ([Job.PRUNE, Job.ROLLING, Job.PRUNE], [Job.PRUNE, Job.ROLLING]),
    ],
)
async def test_beside_cycles_the_oldest_wish_is_first(wanted: list[Job], taken: list[Job]) -> None:
    wishes = Wishes()
    for job in wanted:
        wishes.add(job)

    assert [wish.job for wish in await _all(wishes.beside)] == taken
    assert await _all(wishes.cycles) == []


async def test_neither_hooks_nor_polls_keep_the_other_waiting_for_good() -> None:
    wishes, taken = Wishes(), list[Wish]()
    wishes.add(Job.POLL)
    for number in range(4):
        wishes.point_at([ItemId(f"{number}")])
        taken.append(wishes.cycles.take())
        wishes.add(Job.POLL)

    assert [bool(wish.only) for wish in taken] == [False, False, False, False]
    assert all(wish.pointed_at for wish in taken)


async def test_whom_a_cycle_could_not_see_to_the_next_one_about_all_does() -> None:
    wishes = Wishes()
    wishes.cycles.owe([A])
    assert await _all(wishes.cycles) == []  # there is no hurry
    wishes.point_at([B])
    wishes.add(Job.POLL)

    assert await _all(wishes.cycles) == [
        Wish(Job.POLL, frozenset({B})),
        Wish(Job.POLL, besides=frozenset({A})),
    ]


async def test_a_wish_during_work_is_kept_for_afterwards() -> None:
    wishes = Wishes()
    wishes.add(Job.POLL)
    first = wishes.cycles.take()
    wishes.add(Job.POLL)

    assert (first, wishes.cycles.take()) == (Wish(Job.POLL), Wish(Job.POLL))


async def test_whoever_waits_is_woken() -> None:
    wishes, over = Wishes(), asyncio.Event()
    waiting = asyncio.create_task(next_wish(wishes.cycles, over))
    await asyncio.sleep(0)
    wishes.point_at([A])

    assert await waiting == Wish(Job.POLL, frozenset({A}))


async def test_what_is_wished_for_at_the_end_stays_for_who_comes_next() -> None:
    wishes, over = Wishes(), asyncio.Event()
    over.set()
    wishes.add(Job.POLL)

    assert await next_wish(wishes.cycles, over) is None
    assert wishes.cycles.take() == Wish(Job.POLL)


async def test_very_many_are_looked_at_by_several_cycles_and_a_poll_need_not_wait_for_all() -> None:
    wishes = Wishes()
    ids = [ItemId(f"{number}") for number in range(3 * MOST_IDS)]
    wishes.point_at(ids)
    wishes.add(Job.POLL)
    wishes.cycles.owe([A])

    first, second, third, fourth = await _all(wishes.cycles)

    assert first == Wish(Job.POLL, frozenset(ids[:MOST_IDS]))
    assert second == Wish(Job.POLL, besides=frozenset({A, *ids[MOST_IDS : 2 * MOST_IDS - 1]}))
    assert third == Wish(Job.POLL, frozenset(ids[2 * MOST_IDS - 1 : -1]))
    assert fourth == Wish(Job.POLL, frozenset(ids[-1:]))


async def test_all_are_looked_at_where_too_many_wait() -> None:
    wishes = Wishes()
    wishes.point_at(ItemId(f"{number}") for number in range(MOST_WAITING))
    assert Job.POLL not in [wish.job for wish in await _all(wishes.cycles) if not wish.only]
    wishes.point_at(ItemId(f"{number}") for number in range(MOST_WAITING + 1))

    taken = await _all(wishes.cycles)

    assert sum(not wish.only for wish in taken) == 1
    assert len(frozenset().union(*(wish.pointed_at for wish in taken))) == MOST_WAITING
