"""A key that is refused is left alone, and found again once it is taken; nobody has to say so."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import httpx
import pytest
from structlog.testing import capture_logs

from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.messages import listing
from syncd.digital_river.refusals import LONGEST_REST, REST, Refusals
from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.delivery import Accepted, Failure, Forbidden, KeyRefused, Outcome
from syncd.errors import KeyRefusedError, RemoteUnavailableError, ResourceForbiddenError
from tests.fakes.clocks import LeapingClock

if TYPE_CHECKING:
    import respx

A: Final = ItemId("a")
NOTHING: Final = {"hasMore": False, "data": []}
MOMENT: Final = timedelta(seconds=1)
DAY: Final = timedelta(days=1)


def change(number: int, resource: Resource = Resource.INVENTORY_ITEM) -> Change:
    wish = {Attribute.PART_NUMBER: AttributeChange("Q", "P")}
    return Change(ItemId(f"i-{number}"), Action.UPDATE, 1, wish, resource)


async def write_many(remote: DigitalRiver, count: int = 30) -> list[Outcome]:
    return await asyncio.gather(*(remote.carry_out(change(number)) for number in range(count)))


def accepted(request: httpx.Request) -> httpx.Response:
    item = request.url.path.rpartition("/")[2]
    return httpx.Response(200, json={"id": item, "partNumber": "P", "liveMode": False})


@pytest.fixture
async def refused(remote: DigitalRiver, api: respx.MockRouter) -> respx.Route:
    """A remote that has refused the key once."""
    route = api.route().respond(401)
    with pytest.raises(KeyRefusedError):
        await remote.items([A])
    return route


@pytest.mark.usefixtures("refused")
async def test_for_a_while_nothing_departs(
    remote: DigitalRiver, refused: respx.Route, clock: LeapingClock
) -> None:
    clock.moment += REST - MOMENT

    assert {type(outcome) for outcome in await write_many(remote)} == {KeyRefused}
    with pytest.raises(KeyRefusedError):
        await remote.items([A])
    assert refused.call_count == 1


async def test_then_one_of_many_asks_and_the_others_share_its_answer(
    remote: DigitalRiver, refused: respx.Route, clock: LeapingClock
) -> None:
    clock.moment += REST

    outcomes = await write_many(remote)

    assert {type(outcome) for outcome in outcomes} == {KeyRefused}
    assert refused.call_count == 2


async def test_it_is_asked_later_and_later_but_never_given_up(
    remote: DigitalRiver, refused: respx.Route, clock: LeapingClock
) -> None:
    asked_at = []
    for _ in range(60 * 60 * 4):
        clock.moment += MOMENT
        before = refused.call_count
        await remote.carry_out(change(1))
        if refused.call_count > before:
            asked_at.append(clock.moment)

    rests = [later - sooner for sooner, later in pairwise(asked_at)]
    assert all(later >= sooner for sooner, later in pairwise(rests))
    assert rests[0] >= 2 * REST
    assert rests[-1] <= LONGEST_REST + MOMENT
    assert len(asked_at) <= 20


async def test_once_it_is_taken_again_whoever_waited_goes_at_once(
    remote: DigitalRiver, refused: respx.Route, clock: LeapingClock
) -> None:
    clock.moment += REST
    refused.mock(side_effect=accepted)

    with capture_logs() as logs:
        outcomes = await write_many(remote)

    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert [one["event"] for one in logs if one["log_level"] != "debug"] == ["remote.granted"]


async def test_what_had_left_before_the_refusal_does_not_open_the_key(
    remote: DigitalRiver, api: respx.MockRouter
) -> None:
    is_refused = asyncio.Event()

    async def late(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("i-0"):
            await is_refused.wait()
            return accepted(request)
        is_refused.set()
        return httpx.Response(401)

    route = api.route().mock(side_effect=late)

    outcomes = await write_many(remote, 2)

    assert [type(outcome) for outcome in outcomes] == [Accepted, KeyRefused]
    assert isinstance(await remote.carry_out(change(3)), KeyRefused)
    assert route.call_count == 2


@pytest.mark.parametrize("unanswered", [httpx.Response(503), httpx.ConnectError("refused")])
async def test_a_question_that_nobody_answers_is_put_off(
    remote: DigitalRiver,
    refused: respx.Route,
    clock: LeapingClock,
    unanswered: httpx.Response | httpx.ConnectError,
) -> None:
    clock.moment += REST
    refused.side_effect = [unanswered, httpx.Response(401)]

    await remote.carry_out(change(1))
    kinds = {type(outcome) for outcome in await write_many(remote)}

    assert (kinds, refused.call_count) == ({KeyRefused}, 2)


async def test_a_clock_that_was_set_back_keeps_nobody_waiting(clock: LeapingClock) -> None:
    refusals, request = Refusals(clock), listing(Resource.INVENTORY_ITEM, [("ids", "a")])
    refusals.heed(request, KeyRefused(Failure(401, "unauthorized", "no such key")))
    async with refusals.admitted(request) as refusal:
        assert refusal is not None

    clock.moment -= DAY
    async with refusals.admitted(request) as refusal:
        assert refusal is None


async def test_after_an_answer_from_the_wrong_mode_nobody_ever_asks_again(
    remote: DigitalRiver, api: respx.MockRouter, clock: LeapingClock
) -> None:
    live = {"id": "a", "partNumber": "P", "liveMode": True}
    route = api.route().respond(json={"hasMore": False, "data": [live]})
    for _ in range(3):
        with pytest.raises(KeyRefusedError, match="live data"):
            await remote.items([A])
        clock.moment += DAY
    assert route.call_count == 1


async def test_one_right_that_is_missing_is_asked_for_by_itself(
    remote: DigitalRiver, api: respx.MockRouter, clock: LeapingClock
) -> None:
    skus = api.get("/skus").respond(403)
    items = api.get("/inventory-items").respond(json=NOTHING)
    for _ in range(3):
        with pytest.raises(ResourceForbiddenError):
            await remote.managed([A])
        await remote.items([A])
    assert (skus.call_count, items.call_count) == (1, 3)

    clock.moment += REST
    skus.respond(json=NOTHING)
    assert await remote.managed([A]) == frozenset()


async def test_who_may_not_write_may_still_read(
    remote: DigitalRiver, api: respx.MockRouter, clock: LeapingClock
) -> None:
    writes = api.post(path__startswith="/skus").respond(403)
    api.get("/skus").respond(json=NOTHING)

    outcomes = [await remote.carry_out(change(number, Resource.SKU)) for number in range(3)]

    assert {type(outcome) for outcome in outcomes} == {Forbidden}
    assert await remote.managed([A]) == frozenset()
    clock.moment += REST
    await remote.carry_out(change(1, Resource.SKU))
    assert writes.call_count == 2


async def test_what_may_not_be_read_is_not_written(
    remote: DigitalRiver, api: respx.MockRouter, clock: LeapingClock
) -> None:
    api.get("/skus").respond(403)
    writes = api.post(path__startswith="/skus").respond(200)
    with pytest.raises(ResourceForbiddenError):
        await remote.managed([A])
    clock.moment += DAY

    assert isinstance(await remote.carry_out(change(1, Resource.SKU)), Forbidden)
    assert not writes.called


async def test_a_key_that_is_known_again_may_still_lack_a_right(
    remote: DigitalRiver, refused: respx.Route, api: respx.MockRouter, clock: LeapingClock
) -> None:
    clock.moment += REST
    refused.respond(403)
    with pytest.raises(ResourceForbiddenError):
        await remote.managed([A])

    refused.respond(json=NOTHING)
    assert await remote.items([A]) == {}


async def test_a_hold_ends_the_waiting_for_the_answer(
    remote: DigitalRiver, refused: respx.Route, clock: LeapingClock
) -> None:
    clock.moment += REST
    is_asking, is_over = asyncio.Event(), asyncio.Event()

    async def stay_silent(_: httpx.Request) -> httpx.Response:
        is_asking.set()
        await is_over.wait()
        return httpx.Response(401)

    refused.mock(side_effect=stay_silent)
    asking = asyncio.create_task(remote.carry_out(change(1)))
    await is_asking.wait()
    waiting = asyncio.create_task(remote.items([A]))
    await asyncio.sleep(0)
    remote.hold()

    with pytest.raises(RemoteUnavailableError, match="a stop came first"):
        await waiting
    is_over.set()
    await asking
