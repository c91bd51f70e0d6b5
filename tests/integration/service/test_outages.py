"""A remote that is out, a stop in the middle, a crash: nothing is lost and nothing is hammered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.cycle import UNFINISHED
from syncd.domain.delivery import Failure, Transient
from syncd.domain.journal import Settlement
from syncd.domain.tracking import Delivery, SkuState
from syncd.engine.breaker import FAILURES_TO_OPEN
from syncd.engine.standing import exit_code
from syncd.errors import (
    ExitCode,
    LeaseHeldError,
    RemoteUnavailableError,
    RemoteUnreachableError,
    StateError,
)
from syncd.ports import State, Transaction
from syncd.service.cycle import INTERRUPTED
from syncd.service.deliver import CLAIMED_AT_ONCE
from syncd.service.side_by_side import held_by
from tests.fakes.clocks import LeapingClock
from tests.integration.service.shop import Shop, numbered, outcomes

NO_WAIT = timedelta(0)
OUT = Transient(Failure(503, "unavailable", "try later"), in_doubt=False)
UNREACHABLE = RemoteUnavailableError("Digital River", "nobody answers", "Run again later")
NO_CONNECTION = RemoteUnreachableError("Digital River", "connection refused", "Run again later")
DISK_FULL = StateError("state.db", "the disk is full", "Make room")


class TestAnOutageOfWrites:
    @pytest.fixture
    def out(self, shop: Shop) -> Shop:
        shop.stock(*numbered(400))
        for item in numbered(400):
            shop.remote.script(item, *[OUT] * 50)
        return shop

    async def test_ends_the_delivery_before_everything_was_tried(self, out: Shop) -> None:
        result = await out.run(wait=NO_WAIT)

        assert FAILURES_TO_OPEN <= len(out.wrote()) < FAILURES_TO_OPEN + out.terms.in_flight
        assert len(set(out.wrote())) == len(out.wrote())
        assert exit_code(result) is ExitCode.FAILED
        assert result.writes_due == 400
        assert {one for _, one in outcomes(result).values()} == {"failed"}

    async def test_is_found_to_last_by_one_change_at_a_time(self, out: Shop) -> None:
        result = await out.run(wait=timedelta(minutes=5))

        probes = len(out.wrote()) - FAILURES_TO_OPEN - out.terms.in_flight
        assert probes <= 15
        assert len(out.clock.sleeps) <= 15
        assert out.clock.sleeps[5] > 4 * out.clock.sleeps[0]
        assert exit_code(result) is ExitCode.FAILED

    async def test_leaves_what_was_not_sent_untouched(self, out: Shop) -> None:
        await out.run(wait=NO_WAIT)

        sent = set(out.wrote())
        for item in set(numbered(400)) - sent:
            row = out.sku(item)
            assert row.delivery is Delivery.SETTLED
            assert (row.attempts, row.next_attempt, row.last_error) == (0, None, None)

    async def test_that_ends_within_the_wait_leaves_nothing_due(self, out: Shop) -> None:
        end = out.clock.now() + timedelta(seconds=10)

        async def back_up(_: Change) -> None:
            if out.clock.now() >= end:
                out.remote._scripts.clear()  # noqa: SLF001 - the outage ends here

        out.remote.on_the_way = back_up
        result = await out.run(wait=timedelta(minutes=5))

        assert exit_code(result) is ExitCode.OK
        assert len(out.remote.contents) == 400
        assert out.clock.now() < end + timedelta(seconds=20)


class TestItemsThatAlwaysFail:
    """Each of them is answered 500 whenever it is written or asked about."""

    @pytest.mark.parametrize("poison", [25, 45])
    async def test_hold_up_no_write_of_the_others(self, shop: Shop, poison: int) -> None:
        shop.stock(*numbered(70 + poison))
        for item in numbered(poison):
            shop.remote.script(item, *[OUT] * 10)

        result = await shop.run(wait=NO_WAIT)

        assert len(shop.remote.contents) == 70
        assert result.writes_due == poison

    @pytest.mark.parametrize(
        "poison",
        [["sku-0000"], ["sku-0099"], ["sku-0003", "sku-0055"], numbered(14, 20),
         ["sku-0007", "sku-0107", "sku-0207", "sku-0307", "sku-0407"]],
    )  # fmt: skip
    async def test_hold_up_no_look_up_of_the_others(self, shop: Shop, poison: list[str]) -> None:
        shop.stock(*numbered(500))
        shop.remote.poison.update(map(ItemId, poison))

        result = await shop.run(wait=NO_WAIT)

        assert set(shop.wrote()) == set(numbered(500)) - set(poison)
        assert result.writes_due == len(poison)
        assert result.error is not None
        assert poison[0] in result.error or len(poison) > 1
        assert len(shop.asked_for("items")) <= 5 + 21 * len(poison) + 10

    async def test_alone_cost_few_requests_and_name_themselves(self, shop: Shop) -> None:
        shop.stock(*numbered(100))
        shop.remote.poison.add(ItemId("sku-0042"))

        result = await shop.run(wait=NO_WAIT)

        assert len(shop.asked_for("items")) == 1 + 10 + 10
        assert result.error == (
            "Digital River, about sku-0042 alone: it answered 500. Run again later."
        )

    async def test_are_asked_about_apart_and_later_and_later(self, shop: Shop) -> None:
        shop.stock(*numbered(100))
        shop.remote.poison.add(ItemId("sku-0042"))
        await shop.run(wait=NO_WAIT)
        shop.remote.calls.clear()

        await shop.run(wait=NO_WAIT)
        assert shop.asked_for("items") == []
        shop.later(seconds=2)
        result = await shop.run(wait=timedelta(minutes=1))

        assert set(shop.asked_for("items")) == {("sku-0042",)}
        assert len(shop.asked_for("items")) <= 7
        assert result.writes_due == 1
        shop.remote.poison.clear()
        shop.later(hours=1)
        assert exit_code(await shop.run()) is ExitCode.OK


class TestARemoteThatCannotBeReached:
    async def test_is_not_waited_for_and_nothing_is_lost(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.fail_read(Resource.INVENTORY_ITEM, UNREACHABLE)

        result = await shop.run()

        assert (result.error, result.writes_due) == (str(UNREACHABLE), 1)
        assert (shop.clock.sleeps, shop.wrote()) == ([], [])
        assert exit_code(result) is ExitCode.FAILED
        assert exit_code(await shop.run()) is ExitCode.OK

    async def test_is_not_asked_about_every_batch(self, shop: Shop) -> None:
        shop.stock(*numbered(3000))
        shop.remote.fail_read(Resource.INVENTORY_ITEM, *[UNREACHABLE] * 30)

        result = await shop.run()

        assert len(shop.asked_for("items")) <= shop.terms.in_flight + 3
        assert result.writes_due == 3000

    async def test_for_want_of_a_connection_is_not_asked_for_less(self, shop: Shop) -> None:
        shop.stock(*numbered(100))
        shop.remote.fail_read(Resource.INVENTORY_ITEM, *[NO_CONNECTION] * 30)

        result = await shop.run(wait=NO_WAIT)

        assert len(shop.asked_for("items")) == 1
        assert (result.error, result.writes_due) == (str(NO_CONNECTION), 100)

    async def test_for_a_while_is_asked_again_and_the_others_go_on(self, shop: Shop) -> None:
        shop.stock(*numbered(250))
        shop.remote.poison.update(map(ItemId, numbered(100)))

        async def recover(_: Change) -> None:
            shop.remote.poison.clear()

        shop.remote.on_the_way = recover
        result = await shop.run()

        assert exit_code(result) is ExitCode.OK
        assert len(shop.clock.sleeps) <= 2
        assert len(shop.remote.contents) == 250
        assert set(shop.wrote()[:150]) == set(numbered(150, 100))

    async def test_while_skus_cannot_be_read_writes_nothing_unchecked(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.fail_read(Resource.SKU, UNREACHABLE)

        result = await shop.run(wait=NO_WAIT)

        assert shop.wrote() == []
        assert exit_code(result) is ExitCode.FAILED

    async def test_after_it_was_reached_is_waited_for(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.script("a", OUT)

        async def go_down(_: Change) -> None:
            shop.remote.on_the_way = _at_once
            shop.remote.fail_read(Resource.INVENTORY_ITEM, UNREACHABLE, UNREACHABLE)

        shop.remote.on_the_way = go_down
        result = await shop.run()

        assert (result.error, shop.wrote()) == (None, ["a", "a"])
        assert exit_code(result) is ExitCode.OK

    async def test_and_stays_so_until_the_wait_is_over_is_an_error(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.script("a", OUT)

        async def go_down(_: Change) -> None:
            shop.remote.fail_read(Resource.INVENTORY_ITEM, *[UNREACHABLE] * 100)

        shop.remote.on_the_way = go_down
        result = await shop.run(wait=timedelta(minutes=1))

        assert result.error == str(UNREACHABLE)
        assert exit_code(result) is ExitCode.FAILED


class TestAStop:
    async def test_settles_what_is_in_flight_and_leaves_the_rest_untouched(
        self, shop: Shop
    ) -> None:
        shop.stock(*numbered(300))
        stop = asyncio.Event()

        async def stop_soon(_: Change) -> None:
            await asyncio.sleep(0)
            if len(shop.wrote()) >= 40:
                stop.set()

        shop.remote.on_the_way = stop_soon
        result = await shop.run(stop=stop)

        sent = shop.wrote()
        assert result.error == INTERRUPTED
        assert 40 <= len(sent) <= 40 + shop.terms.in_flight
        assert result.states == {SkuState.IN_SYNC: len(sent), SkuState.PENDING: 300 - len(sent)}
        for item in set(numbered(300)) - set(sent):
            assert shop.sku(item).last_error is None
            assert all(entry.kind is not None for entry in shop.journal(item))
        shop.remote.on_the_way = _at_once
        shop.remote.release()
        assert exit_code(await shop.run()) is ExitCode.OK
        assert len(shop.wrote()) == 300

    async def test_keeps_back_what_waits_to_depart(self, shop: Shop) -> None:
        shop.stock(*numbered(300))
        stop = asyncio.Event()

        async def close_the_gate_and_stop(_: Change) -> None:
            shop.remote.gate = asyncio.Event()
            await asyncio.sleep(0.05)
            stop.set()

        shop.remote.on_the_way = close_the_gate_and_stop
        async with asyncio.timeout(60), held_by(stop, shop.remote):
            result = await shop.run(stop=stop)

        sent = shop.wrote()
        assert 0 < len(sent) <= shop.terms.in_flight
        assert result.error == INTERRUPTED
        assert result.states == {SkuState.IN_SYNC: len(sent), SkuState.PENDING: 300 - len(sent)}
        for item in set(numbered(300)) - set(sent):
            row = shop.sku(item)
            assert (row.attempts, row.next_attempt, row.last_error) == (0, None, None)

    async def test_ends_a_look_up_that_waits_to_depart(self, shop: Shop) -> None:
        shop.stock(*numbered(300))
        stop = asyncio.Event()
        shop.remote.gate = asyncio.Event()
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks, held_by(stop, shop.remote):
            running = tasks.create_task(shop.run(stop=stop))
            await asyncio.sleep(0.5)
            stop.set()
            result = await running

        assert shop.remote.calls == []
        assert result.error == INTERRUPTED

    async def test_ends_the_waiting(self, shop: Shop) -> None:
        shop.stock("a")
        stop = asyncio.Event()
        shop.remote.script("a", *[OUT] * 100)
        shop.clock = _StoppingClock(stop)

        result = await shop.run(stop=stop)

        assert result.error == INTERRUPTED
        assert shop.wrote() == ["a"]

    async def test_in_the_middle_of_the_read_records_nothing(self, shop: Shop) -> None:
        shop.policy(delete_reads=1)
        shop.stock("gone", *numbered(20))
        await shop.settled()
        shop.drop("gone")
        await shop.run()
        shop.later(hours=25)
        shop.stock("new")
        read, stop = shop.state.reading(), asyncio.Event()
        stop.set()

        result = await shop.run(stop=stop)

        assert shop.remote.calls == []
        assert result.error == INTERRUPTED
        assert shop.state.tracked([ItemId("new")]) == {}
        assert shop.state.reading() == read


class TestACrash:
    """The state dies while outcomes are being recorded; the process is gone with it."""

    async def test_leaves_intents_and_the_next_cycle_looks_them_up_first(self, shop: Shop) -> None:
        ids = numbered(100)
        shop.stock(*ids)
        await _crash(shop)
        made = set(shop.remote.contents)
        in_flight = {item for item in ids if shop.state_of(item) is SkuState.IN_FLIGHT}
        assert made
        assert made <= in_flight
        assert len(in_flight) <= 2 * CLAIMED_AT_ONCE + shop.terms.in_flight
        (latest, *_) = shop.state.cycles(1)
        assert latest.error == UNFINISHED
        shop.remote.calls.clear()

        result = await shop.run()

        looked_up = {item for batch in shop.asked_for("items") for item in batch}
        assert in_flight <= looked_up
        assert set(shop.wrote()) == set(ids) - made
        assert len(shop.wrote()) == len(set(shop.wrote()))
        assert exit_code(result) is ExitCode.OK
        assert len(shop.remote.contents) == 100

    async def test_invents_no_outcome_for_what_it_left_in_the_journal(self, shop: Shop) -> None:
        shop.stock("a")
        await _crash(shop)

        await shop.run()

        (entry,) = shop.journal("a")
        assert (entry.kind, entry.ended) == (None, None)
        assert shop.wrote() == ["a"]
        assert shop.state_of("a") is SkuState.IN_SYNC

    async def test_in_the_middle_of_deletes_deletes_nothing_twice(self, shop: Shop) -> None:
        shop.policy(delete_reads=1)
        shop.stock(*numbered(40))
        await shop.settled()
        shop.drop(*numbered(3))
        await shop.run()
        shop.later(hours=25)
        await _crash(shop)
        assert len(shop.remote.contents) == 37

        result = await shop.run()

        assert sorted(shop.wrote(Action.DELETE)) == numbered(3)
        assert result.states == {SkuState.IN_SYNC: 37}
        assert exit_code(result) is ExitCode.OK

    async def test_frees_the_lease(self, shop: Shop) -> None:
        shop.stock("a")
        await _crash(shop)

        assert exit_code(await shop.run(lease_wait=NO_WAIT)) is ExitCode.OK


async def test_a_cycle_beside_another_one_is_refused_and_asks_nothing(shop: Shop) -> None:
    shop.stock("a")
    with shop.state.lease("the other one", NO_WAIT), pytest.raises(LeaseHeldError, match="other"):
        await shop.run(lease_wait=NO_WAIT)

    assert shop.remote.calls == []
    assert shop.state.cycles(1) == []


async def test_a_stop_ends_the_waiting_for_another_cycle(shop: Shop) -> None:
    stop = asyncio.Event()
    stop.set()
    began = time.monotonic()
    with shop.state.lease("the other one", NO_WAIT), pytest.raises(LeaseHeldError, match="other"):
        await shop.run(lease_wait=timedelta(minutes=10), stop=stop)

    assert time.monotonic() - began < 60


async def test_a_cycle_that_ends_lets_the_next_one_go_on(shop: Shop) -> None:
    shop.stock("a")
    other = asyncio.Event()

    async def hold() -> None:
        with shop.state.lease("the other one", NO_WAIT):
            await other.wait()

    holding = asyncio.create_task(hold())
    await asyncio.sleep(0)
    waiting = asyncio.create_task(shop.run(lease_wait=timedelta(minutes=1)))
    await asyncio.sleep(0.05)
    assert shop.remote.calls == []
    other.set()

    assert exit_code(await waiting) is ExitCode.OK
    await holding


async def _at_once(_: Change) -> None:
    await asyncio.sleep(0)


async def _crash(shop: Shop) -> None:
    """Run a cycle on a state that dies with the first outcome, then open it anew."""
    healthy = shop.state
    shop.state = _Dying(healthy)
    with pytest.raises(StateError, match="disk is full"):
        await shop.run()
    shop.state = healthy
    shop.restart()
    healthy.close()


class _StoppingClock(LeapingClock):
    """A clock whose sleep never ends, for a stop comes first."""

    def __init__(self, stop: asyncio.Event) -> None:
        super().__init__()
        self._stop = stop

    async def sleep(self, seconds: float) -> None:
        self._stop.set()
        await asyncio.Event().wait()


class _Dying:
    """A state whose transactions fail as soon as one of them ends a write."""

    def __init__(self, state: State) -> None:
        self._state = state

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the state's own
        return getattr(self._state, name)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._state.transaction() as transaction:
            yield _DyingTransaction(transaction)


class _DyingTransaction:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the transaction's own
        return getattr(self._transaction, name)

    def end_writes(self, settlements: Sequence[Settlement]) -> None:
        raise DISK_FULL
