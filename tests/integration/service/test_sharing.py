"""Two processes deliver one plan: each change is sent by one, under all that holds for both."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, ChangeOutcome, Plan, Resource
from syncd.domain.cycle import CycleResult, Fault
from syncd.domain.delivery import Failure, KeyRefused, Transient
from syncd.domain.tracking import SkuState
from syncd.engine.breaker import FAILURES_TO_OPEN
from syncd.errors import KeyRefusedError, StateError
from syncd.ports import State, Transaction
from syncd.service import helping, shared
from syncd.service.cycle import run_cycle
from syncd.service.helping import Helper, help_until
from syncd.service.shared import WORTH_IT, meaning_of
from syncd.service.terms import Ports, Terms
from syncd.service.writes import Answered, Claimed, Writes
from tests.fakes.remote import FakeRemote
from tests.integration.service.shop import Shop, opened
from tests.postgres_states import Account, account, cache, shared_account
from tests.servers import postgres_server

__all__ = ["account", "cache", "postgres_server", "shared_account"]

IN_FLIGHT = 4
SKUS = 240
REFUSED = KeyRefused(Failure(401, "unauthorized", "no such key"))
SLOW_DOWN = Transient(Failure(503, "out", "out of order"), in_doubt=False)


@dataclass
class Process:
    """A process with its own connections to one state and one remote, and what it has sent.

    What was still on the way when it was cut off has not arrived.
    """

    ports: Ports
    terms: Terms
    remote: FakeRemote
    sent: list[Change] = field(default_factory=list)
    arrived: list[Change] = field(default_factory=list)
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.remote.on_the_way = self._travel

    async def _travel(self, change: Change) -> None:
        self.sent.append(change)
        self.has_begun.set()
        await asyncio.sleep(0.01)
        self.arrived.append(change)

    @asynccontextmanager
    async def helping(self) -> AsyncIterator[None]:
        """Help from before the block on, until its end."""
        stop = asyncio.Event()
        task = asyncio.create_task(help_until(stop, self.ports, self.terms))
        try:
            yield
        finally:
            stop.set()
            await task


@dataclass
class Pair:
    """Two of them."""

    shop: Shop
    leader: Process
    other: Process

    async def run(self) -> CycleResult:
        async with self.other.helping():
            return await run_cycle(self.leader.ports, self.leader.terms, self.shop.asked())

    def rows(self) -> dict[SkuState, int]:
        return dict(self.leader.ports.state.census().states)


@pytest.fixture
def pair(tmp_path: Path, account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setattr(helping, "SHOW", 0.05)
    monkeypatch.setattr(shared, "SELDOM", 0.05)
    with opened(tmp_path) as shop, closing(account.open()) as one, closing(account.open()) as two:
        shop.stock(*(f"SKU-{number:03}" for number in range(SKUS)))
        terms = replace(shop.terms, in_flight=IN_FLIGHT)
        yield Pair(shop, _process(shop, one, terms), _process(shop, two, replace(terms)))


def _process(shop: Shop, state: State, terms: Terms) -> Process:
    """Its remote is the shop's own: two requests for one id at the same time fail the test."""
    there = shop.remote
    remote = FakeRemote(
        contents=there.contents,
        calls=there.calls,
        _in_flight=there._in_flight,  # noqa: SLF001 - the fakes' own
        _scripts=there._scripts,  # noqa: SLF001 - the fakes' own
    )
    return Process(replace(shop.ports, state=state, remote=remote), terms, remote)


async def test_both_send_and_every_item_is_made_once(pair: Pair) -> None:
    result = await pair.run()

    assert {one.outcome for one in result.changes} == {ChangeOutcome.DONE}
    assert pair.rows() == {SkuState.IN_SYNC: SKUS}
    assert len(pair.leader.sent) + len(pair.other.sent) == len(result.changes) == SKUS
    assert min(len(pair.leader.sent), len(pair.other.sent)) > SKUS / 8
    assert len(pair.shop.remote.written()) == SKUS
    assert result.requests == pair.leader.remote.requests + len(pair.other.sent)
    for change in pair.other.sent[:3]:
        (entry,) = pair.leader.ports.state.journal_of(change.id)
        assert (entry.cycle, entry.ended is None) == (result.id, False)


async def test_what_only_the_sender_can_judge_and_what_is_soon_over_is_not_shared(
    pair: Pair,
) -> None:
    await run_cycle(pair.leader.ports, pair.leader.terms, pair.shop.asked())
    policy = replace(pair.leader.terms.policy, delete_after=timedelta(), delete_reads=1)
    limits = replace(pair.leader.terms.limits, max_delete=1.0, max_shrink=1.0)
    pair.leader.terms = pair.other.terms = replace(pair.leader.terms, policy=policy, limits=limits)
    few = [f"SKU-{number:03}" for number in range(WORTH_IT - 1)]
    pair.shop.drop(*(f"SKU-{number:03}" for number in range(WORTH_IT, SKUS)))
    pair.shop.stock(*few, country_of_origin="CA")
    pair.leader.sent.clear()

    await pair.run()

    assert {Action.DELETE} <= {change.action for change in pair.leader.sent}
    assert pair.other.sent == []


async def test_a_key_that_is_refused_to_one_stops_both(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    travel, is_told = pair.other.remote.on_the_way, threading.Event()
    settle = Helper._settle  # noqa: SLF001 - what tells the leader

    async def refuse(change: Change) -> None:
        pair.other.remote.script(change.id, REFUSED)
        await travel(change)

    def tell(helper: Helper, answers: Sequence[Answered]) -> None:
        settle(helper, answers)
        is_told.set()

    async def wait(change: Change) -> None:
        """Slowly, and not before that is told: what is sent until the next look is little."""
        pair.leader.sent.append(change)
        async with asyncio.timeout(60):
            while not is_told.is_set():  # noqa: ASYNC110 - it is told in a thread
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)

    monkeypatch.setattr(Helper, "_settle", tell)

    pair.other.remote.on_the_way = refuse
    pair.leader.remote.on_the_way = wait
    result = await pair.run()

    assert result.fault is Fault.KEY
    assert len(pair.other.sent) <= IN_FLIGHT
    assert len(pair.leader.sent) < SKUS / 2
    assert pair.rows()[SkuState.PENDING] > 0
    assert SkuState.IN_FLIGHT not in pair.rows()


@pytest.mark.parametrize("helped", [False, True], ids=["alone", "with a helper"])
async def test_a_key_that_is_refused_to_a_question_ends_what_is_shared(
    pair: Pair, *, helped: bool
) -> None:
    """What is asked about right before it is sent has to be given up by those who offer it, too."""
    await run_cycle(pair.leader.ports, pair.leader.terms, pair.shop.asked())
    limits = replace(pair.leader.terms.limits, max_update=1.0, max_same_change=1.0)
    pair.leader.terms = pair.other.terms = replace(pair.leader.terms, limits=limits)
    pair.shop.stock(*(f"SKU-{number:03}" for number in range(SKUS)), country_of_origin="CA")
    refusal = KeyRefusedError("The API key", "it was refused", "Check it")
    pair.leader.remote.read_errors[Resource.SKU].append(refusal)
    run = (
        pair.run() if helped else run_cycle(pair.leader.ports, pair.leader.terms, pair.shop.asked())
    )

    async with asyncio.timeout(60):
        result = await run

    assert result.fault is Fault.KEY
    assert SkuState.IN_FLIGHT not in pair.rows()


async def test_a_helper_that_only_fails_soon_sends_nothing_more(pair: Pair) -> None:
    """What it could not send is sent by the leader, which hears of every failure."""
    travel = pair.other.remote.on_the_way

    async def fail(change: Change) -> None:
        pair.other.remote.script(change.id, SLOW_DOWN)
        await travel(change)

    pair.other.remote.on_the_way = fail
    result = await pair.run()

    assert len(pair.other.sent) <= 2 * (FAILURES_TO_OPEN + IN_FLIGHT)
    assert {one.outcome for one in result.changes} == {ChangeOutcome.DONE}
    assert pair.rows() == {SkuState.IN_SYNC: SKUS}


async def test_what_a_helper_leaves_in_flight_is_looked_up_before_it_is_sent_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has sent them, and can never say so."""

    def dies(*_: object) -> None:
        raise StateError("the state", "this process is cut off", "Nothing")

    monkeypatch.setattr(Helper, "_settle", dies)
    result = await pair.run()

    left = {change.id for change in pair.other.sent}
    assert left
    asked = {id_ for call in pair.shop.remote.calls if call.name == "items" for id_ in call.ids}
    assert left <= asked
    assert len(pair.other.arrived) + len(pair.leader.arrived) == SKUS
    assert pair.rows() == {SkuState.IN_SYNC: SKUS}
    assert {one.outcome for one in result.changes} == {ChangeOutcome.DONE}
    waited = max(pair.shop.clock.sleeps)
    assert timedelta(seconds=waited) >= pair.leader.terms.request_timeout / 2


async def test_a_row_that_moved_on_is_sent_by_nobody(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its wish is newer than the plan that was offered; the next pass has a newer plan."""
    begin, moved = Writes.begin, set[ItemId]()

    def begins_late(self: Writes, transaction: Transaction, part: Plan) -> list[Claimed]:
        if self.terms is pair.other.terms and not moved:
            moved.update(change.id for change in part.changes)
            rows = transaction.tracked([*moved]).values()
            transaction.put([replace(row, revision=row.revision + 1) for row in rows])
        return begin(self, transaction, part)

    monkeypatch.setattr(Writes, "begin", begins_late)
    result = await pair.run()

    assert moved
    assert {change.revision for change in pair.other.sent if change.id in moved} <= {2}
    assert pair.rows() == {SkuState.IN_SYNC: SKUS}
    assert len(pair.shop.remote.written()) == SKUS
    assert result.fault is None


async def test_after_a_stop_neither_sends_anything(pair: Pair) -> None:
    stop = asyncio.Event()
    request = pair.shop.asked(stop=stop)
    async with pair.other.helping():
        running = asyncio.create_task(run_cycle(pair.leader.ports, pair.leader.terms, request))
        await pair.other.has_begun.wait()
        stop.set()
        result = await running
        sent = len(pair.shop.remote.written())
    assert len(pair.shop.remote.written()) - sent <= IN_FLIGHT
    assert sent < SKUS
    assert result.error is not None
    pair.leader.remote.release()
    await run_cycle(pair.leader.ports, pair.leader.terms, pair.shop.asked())
    assert pair.rows() == {SkuState.IN_SYNC: SKUS}
    assert len(pair.shop.remote.written()) == SKUS


def test_only_terms_that_decide_the_same_mean_the_same(pair: Pair) -> None:
    terms = pair.leader.terms
    same, other = replace(terms, in_flight=99), replace(terms, account="another")
    stricter = replace(terms, policy=replace(terms.policy, adopt=False))
    assert meaning_of(same) == meaning_of(terms)
    assert len({meaning_of(each) for each in (terms, other, stricter)}) == 3
