"""A remote that keeps failing is asked by one request at a time, and never hammered."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise, repeat
from typing import TYPE_CHECKING

import httpx
import pytest

from syncd.digital_river.client import DigitalRiver
from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change
from syncd.domain.delivery import Accepted, Outcome, Transient
from syncd.engine.breaker import FAILURES_TO_OPEN, RESTING
from syncd.errors import RemoteUnavailableError
from syncd.ports import UNSENT
from tests.fakes.clocks import LeapingClock

if TYPE_CHECKING:
    import respx

ITEMS = "/inventory-items"
STEP = timedelta(seconds=0.2)


def change(action: Action, number: int = 1) -> Change:
    wishes = {Attribute.PART_NUMBER: AttributeChange("P", "Q")}
    return Change(ItemId(f"i-{number}"), action, 1, wishes)


async def send(remote: DigitalRiver, action: Action, times: int = 1) -> list[Outcome]:
    return [await remote.carry_out(change(action, number)) for number in range(times)]


def codes(outcomes: list[Outcome]) -> list[str]:
    return [one.failure.code for one in outcomes if isinstance(one, Transient)]


@pytest.fixture
def down(api: respx.MockRouter) -> respx.Route:
    return api.route().respond(503)


async def test_an_outage_stops_what_is_sent_one_after_the_other(
    remote: DigitalRiver, down: respx.Route
) -> None:
    outcomes = await send(remote, Action.UPDATE, 100)

    assert down.call_count == FAILURES_TO_OPEN
    assert codes(outcomes)[FAILURES_TO_OPEN:] == [RESTING] * (100 - FAILURES_TO_OPEN)
    last = outcomes[-1]
    assert isinstance(last, Transient)
    assert not last.in_doubt
    assert last.retry_after is not None
    assert 0.5 <= last.retry_after <= 1.0


async def test_what_waits_its_turn_when_it_opens_is_kept_back_too(
    remote: DigitalRiver, down: respx.Route
) -> None:
    changes = [remote.carry_out(change(Action.UPDATE, number)) for number in range(300)]

    await asyncio.gather(*changes)

    assert FAILURES_TO_OPEN <= down.call_count < FAILURES_TO_OPEN + 300 // 4
    assert remote.requests == down.call_count


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.ConnectError("refused"),
                                    httpx.ReadTimeout("slow")])  # fmt: skip
async def test_while_it_lasts_one_request_leaves_a_rest_and_rests_grow(
    remote: DigitalRiver,
    api: respx.MockRouter,
    clock: LeapingClock,
    answer: httpx.Response | httpx.TransportError,
) -> None:
    route = api.route()
    route.side_effect = repeat(answer)
    await send(remote, Action.UPDATE, FAILURES_TO_OPEN)
    rests = []
    for _ in range(6):
        before = route.call_count
        rests.append(rest := await _rest(remote))
        clock.moment += timedelta(seconds=rest * 0.9)
        await _all_at_once(remote)
        assert route.call_count == before
        clock.moment += timedelta(seconds=rest * 0.2)
        await _all_at_once(remote)
        assert route.call_count == before + 1

    assert rests[0] <= 1.0
    assert all(later > sooner for sooner, later in pairwise(rests))


async def _rest(remote: DigitalRiver) -> float:
    """How long nothing leaves, as one learns who tries."""
    (kept_back,) = await send(remote, Action.CREATE)
    assert isinstance(kept_back, Transient)
    return kept_back.retry_after or 0.0


async def _all_at_once(remote: DigitalRiver) -> None:
    kinds = (Action.CREATE, Action.UPDATE, Action.DELETE)
    await asyncio.gather(*(remote.carry_out(change(kind, n)) for n in range(6) for kind in kinds))


async def test_when_it_is_over_whoever_waited_for_the_probe_goes_at_once(
    remote: DigitalRiver, api: respx.MockRouter, clock: LeapingClock, down: respx.Route
) -> None:
    await send(remote, Action.DELETE, FAILURES_TO_OPEN)
    clock.moment += 10 * STEP
    down.respond(204)

    outcomes = await asyncio.gather(
        *(remote.carry_out(change(Action.DELETE, number)) for number in range(50))
    )

    assert all(isinstance(outcome, Accepted) for outcome in outcomes)


async def test_while_one_finds_out_no_other_leaves_however_many_want_to(
    remote: DigitalRiver, clock: LeapingClock, down: respx.Route
) -> None:
    await send(remote, Action.UPDATE, FAILURES_TO_OPEN)
    clock.moment += 10 * STEP
    left, asked, found_out = [], asyncio.Event(), asyncio.Event()

    async def answer_late(request: httpx.Request) -> httpx.Response:
        left.append(request.url)
        asked.set()
        await found_out.wait()
        return httpx.Response(503)

    down.side_effect = answer_late
    everybody = asyncio.create_task(_all_at_once(remote))
    await asked.wait()
    await asyncio.sleep(0.05)  # so that others could leave, were they let
    assert len(left) == 1

    found_out.set()
    await everybody
    assert len(left) == 1


async def test_of_one_kind_of_request_keeps_no_other_kind_back(
    remote: DigitalRiver, api: respx.MockRouter
) -> None:
    creates = api.post(ITEMS).respond(503)
    deletes = api.delete(path__startswith=ITEMS).respond(204)
    reads = api.get(ITEMS).respond(json={"hasMore": False, "data": []})

    for number in range(100):
        await remote.carry_out(change(Action.CREATE, number))
        assert isinstance(await remote.carry_out(change(Action.DELETE, number)), Accepted)
        await remote.items([ItemId("a")])

    assert (deletes.call_count, reads.call_count) == (100, 100)
    assert creates.call_count == FAILURES_TO_OPEN


async def test_a_read_is_not_tried_again_while_nothing_may_leave(
    remote: DigitalRiver, down: respx.Route, clock: LeapingClock
) -> None:
    await send(remote, Action.UPDATE, FAILURES_TO_OPEN)
    clock.sleeps.clear()

    with pytest.raises(RemoteUnavailableError, match="asked again from time to time"):
        await remote.items([ItemId("a")])

    assert (down.call_count, clock.sleeps) == (FAILURES_TO_OPEN, [])


async def test_a_key_that_is_refused_is_told_even_then(
    remote: DigitalRiver, api: respx.MockRouter, down: respx.Route, clock: LeapingClock
) -> None:
    await send(remote, Action.UPDATE, FAILURES_TO_OPEN)
    clock.moment += 10 * STEP
    down.respond(401)
    await send(remote, Action.UPDATE)
    before = down.call_count

    kinds = {outcome.kind.value for outcome in await send(remote, Action.CREATE, 5)}

    assert (kinds, down.call_count) == ({"key_refused"}, before)


async def test_a_hold_ends_the_waiting_for_a_probe(
    remote: DigitalRiver, api: respx.MockRouter, clock: LeapingClock, down: respx.Route
) -> None:
    await send(remote, Action.UPDATE, FAILURES_TO_OPEN)
    clock.moment += 10 * STEP
    never = asyncio.Event()

    async def stay_silent(_: httpx.Request) -> httpx.Response:
        await never.wait()
        return httpx.Response(503)

    down.side_effect = stay_silent
    waiting = [
        asyncio.create_task(remote.carry_out(change(Action.UPDATE, number))) for number in range(5)
    ]
    await asyncio.sleep(0.01)
    remote.hold()

    async with asyncio.timeout(60):
        assert await asyncio.gather(*waiting) == [UNSENT] * 5
