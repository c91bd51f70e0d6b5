"""Wishes gather, and are taken one at a time."""

from __future__ import annotations

import asyncio

import pytest

from syncd.daemon.wishes import MOST_IDS, Wish, Wishes
from syncd.domain.attributes import ItemId
from syncd.service.pulse import Job

A, B = ItemId("a"), ItemId("b")


async def _all(wishes: Wishes) -> list[Wish]:
    taken: list[Wish] = []
    while True:
        try:
            await asyncio.wait_for(wishes.come(), 0.01)
        except TimeoutError:
            return taken
        taken.append(wishes.take())


@pytest.mark.parametrize(
    ("jobs", "ids", "taken"),
    [
        ([Job.POLL, Job.POLL], [], [Wish(Job.POLL)]),
        ([Job.POLL, Job.FULL], [], [Wish(Job.FULL)]),
        ([Job.AUDIT, Job.POLL], [], [Wish(Job.POLL), Wish(Job.AUDIT)]),
        ([], [A, B, A], [Wish(Job.POLL, frozenset({A, B}))]),
        ([Job.POLL], [A], [Wish(Job.POLL)]),  # a poll looks at all of them
        ([Job.AUDIT], [A], [Wish(Job.POLL, frozenset({A})), Wish(Job.AUDIT)]),
        ([], [], []),
    ],
)
async def test_one_covers_what_it_would_do_anyway(
    jobs: list[Job], ids: list[ItemId], taken: list[Wish]
) -> None:
    wishes = Wishes()
    for job in jobs:
        wishes.add(job)
    wishes.point_at(ids)

    assert await _all(wishes) == taken


async def test_a_wish_during_work_is_kept_for_afterwards() -> None:
    wishes = Wishes()
    wishes.add(Job.POLL)
    first = wishes.take()
    wishes.add(Job.POLL)

    assert (first, wishes.take()) == (Wish(Job.POLL), Wish(Job.POLL))


async def test_whoever_waits_is_woken() -> None:
    wishes = Wishes()
    waiting = asyncio.create_task(wishes.come())
    await asyncio.sleep(0)
    wishes.point_at([A])
    await waiting

    assert wishes.take() == Wish(Job.POLL, frozenset({A}))


async def test_instead_of_very_many_all_are_looked_at() -> None:
    wishes = Wishes()
    for number in range(MOST_IDS):
        wishes.point_at([ItemId(f"{number}")])
    (some,) = await _all(wishes)
    assert len(some.only) == MOST_IDS
    for number in range(MOST_IDS + 1):
        wishes.point_at([ItemId(f"{number}")])
    assert await _all(wishes) == [Wish(Job.POLL)]
