"""Audits and pruning beside cycles: none of them keeps the others waiting, and none is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Change
from syncd.domain.cycle import CycleResult, Mode
from syncd.errors import LeaseHeldError
from syncd.ports import Lease
from syncd.service.past_audits import last_audit
from syncd.service.pulse import Job, Trouble
from syncd.state.adapter import SqlState
from tests.integration.daemon.at_work import Work, at_work, until
from tests.integration.service.shop import Shop, numbered, opened

COUNTRY = Attribute.COUNTRY_OF_ORIGIN
DAY = timedelta(days=1)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop in sync, whose remote may be kept from answering."""
    with opened(tmp_path) as shop:
        shop.stock(*numbered(10))
        await shop.settled()
        shop.later(minutes=1)
        yield shop


class Listing:
    """A listing of items that takes until it is let go on."""

    def __init__(self, shop: Shop) -> None:
        self.begun = asyncio.Event()
        self.goes_on = asyncio.Event()
        shop.remote.meanwhile = self._take_time

    async def _take_time(self) -> None:
        self.begun.set()
        await self.goes_on.wait()


def on_the_way(answer: asyncio.Event) -> Callable[[Change], Awaitable[None]]:
    async def wait(_: Change) -> None:
        await answer.wait()

    return wait


async def test_hooks_and_polls_do_not_wait_for_an_audit(shop: Shop) -> None:
    listing = Listing(shop)
    async with at_work(shop) as work:
        work.wishes.add(Job.AUDIT)
        await listing.begun.wait()
        shop.stock("sku-0003", country_of_origin="SE")
        work.wishes.point_at([ItemId("sku-0003")])
        await until(lambda: shop.item("sku-0003")[COUNTRY] == "SE")
        shop.later(minutes=1)
        shop.stock("sku-0004", country_of_origin="SE")
        work.wishes.add(Job.POLL)
        await until(lambda: shop.item("sku-0004")[COUNTRY] == "SE")
        await until(lambda: work.pulse.cycle.doing.is_idle)
        assert last_audit(shop.state) is None
        assert str(work.pulse.doing) == "listing what is there"
        listing.goes_on.set()
        await work.rests()

    past = last_audit(shop.state)
    assert past is not None
    assert past.to_mend == 0  # what was written meanwhile is no drift


async def test_an_audit_is_written_down_though_cycles_follow_each_other_without_a_break(
    shop: Shop,
) -> None:
    async with at_work(shop) as work:

        def once_more(result: CycleResult, *, is_whole: bool) -> None:
            del result, is_whole
            shop.later(minutes=1)
            work.wishes.add(Job.POLL)

        work.pulse.listener = Endless(once_more)
        work.wishes.add(Job.POLL)
        await until(lambda: len(shop.state.cycles(9)) > 3)
        work.wishes.add(Job.AUDIT)
        await until(lambda: last_audit(shop.state) is not None)
        work.pulse.listener = None

    assert work.pulse.troubles == {}


class Endless:
    """Is told of what happens, and wishes for more."""

    def __init__(self, ended: Callable[..., None]) -> None:
        self.ended = ended

    def wrong(self, kind: Trouble, words: str) -> None:
        raise AssertionError((kind, words))

    def well(self, kind: Trouble) -> None:
        """Have nothing to say of it."""


async def test_a_reload_does_not_wait_for_an_audit(shop: Shop) -> None:
    """But for the cycle, and for whatever that has sent."""
    listing, answer = Listing(shop), asyncio.Event()
    shop.remote.on_the_way = on_the_way(answer)
    async with at_work(shop) as work:
        work.wishes.add(Job.AUDIT)
        await listing.begun.wait()
        shop.stock("sku-0000", country_of_origin="SE")
        work.wishes.add(Job.POLL)
        await until(lambda: bool(shop.wrote()))
        work.ends.over.set()
        await asyncio.sleep(0.01)
        answer.set()

    assert shop.item("sku-0000")[COUNTRY] == "SE"
    assert last_audit(shop.state) is None
    assert work.again == []


async def test_a_stop_does_not_wait_for_an_audit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.service.stoppable.PATIENCE", timedelta(milliseconds=10))
    listing = Listing(shop)
    async with at_work(shop) as work:
        work.wishes.add(Job.AUDIT)
        await listing.begun.wait()
        work.ends.stop.set()
        await until(lambda: work.pulse.doing.is_idle)

    assert last_audit(shop.state) is None
    assert work.pulse.troubles == {}


async def test_what_was_pointed_at_while_a_command_was_at_work_is_seen_to_by_the_next_poll(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.remote.contents[ItemId("sku-0003")][COUNTRY] = "CA"
    lease = SqlState.lease
    refusals = iter(range(200))

    def refuse(state: SqlState, holder: str, wait: timedelta) -> AbstractContextManager[Lease]:
        if next(refusals, None) is None:
            return lease(state, holder, wait)
        raise LeaseHeldError("state", "syncd apply holds it", "Wait")

    async with at_work(shop) as work:
        monkeypatch.setattr(SqlState, "lease", refuse)
        work.wishes.point_at([ItemId("sku-0003")])
        await until(lambda: Trouble.LEASE in work.pulse.troubles)
        list(refusals)
        work.wishes.add(Job.POLL)
        await work.rests()

    assert shop.item("sku-0003")[COUNTRY] == "DK"
    assert work.pulse.troubles == {}


# ----------------------------------------------------------------------------------- pruning


async def _lived(shop: Shop, work: Work, days: int) -> None:
    for _ in range(days):
        shop.later(days=1)
        work.wishes.add(Job.POLL)
        await work.rests()


async def test_the_history_is_pruned_by_a_job_of_its_own(shop: Shop) -> None:
    shop.terms = replace(shop.terms, keep_journal=3 * DAY)
    async with at_work(shop) as work:
        await _lived(shop, work, 6)
        assert len(shop.state.cycles(99)) == 7  # no cycle does it by the way
        for _ in range(3):
            work.wishes.add(Job.PRUNE)
            await work.rests()

    kept = [cycle.started for cycle in shop.state.cycles(99)]
    assert min(kept) >= shop.clock.now() - 3 * DAY
    assert {cycle.mode for cycle in shop.state.cycles(2)} == {Mode.SCHEDULED}


async def test_a_long_pruning_lets_cycles_through_and_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycles_at: list[int] = []
    async with at_work(shop) as work:
        await _lived(shop, work, 2)

        def slowly(*_: object) -> Iterator[int]:
            cycles_at.append(len(shop.state.cycles(99)))
            shop.later(seconds=1)
            if len(cycles_at) < 5:
                yield 1

        monkeypatch.setattr(SqlState, "prune", slowly)
        work.wishes.add(Job.PRUNE)
        await until(lambda: bool(cycles_at))
        work.wishes.add(Job.POLL)
        await work.rests()

    assert len(cycles_at) == 5
    assert cycles_at[0] < cycles_at[-1]
