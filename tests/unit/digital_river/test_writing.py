"""One change, one request, one outcome, whatever the wire does."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
import pytest
from structlog.testing import capture_logs

from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.pacer import MemoryPacer
from syncd.domain.attributes import ITEM_ATTRIBUTES, Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change
from syncd.domain.delivery import Accepted, KeyRefused, Refused, Transient
from syncd.ports import UNSENT
from tests.fakes.clocks import LeapingClock
from tests.unit.digital_river.conftest import KEY

if TYPE_CHECKING:
    import respx

ITEMS = "/inventory-items"
SHOE = {"id": "a", "partNumber": "P", "liveMode": False}


def create(item: str = "a") -> Change:
    part = {Attribute.PART_NUMBER: AttributeChange(None, "P")}
    return Change(ItemId(item), Action.CREATE, 1, part)


def delete(item: str = "a") -> Change:
    return Change(ItemId(item), Action.DELETE, 1)


async def test_every_request_says_who_sends_it(remote: DigitalRiver, api: respx.MockRouter) -> None:
    api.post(ITEMS).respond(201, json=SHOE)
    await remote.carry_out(create())
    await remote.carry_out(create())

    first, second = (call.request.headers for call in api.calls)
    assert first["authorization"] == f"Bearer {KEY}"
    assert first["digitalriver-version"] == "2021-12-13"
    assert first["upstream-application-id"] == "syncd/1.2.3"
    assert first["accept"] == "application/json"
    assert first["content-type"] == "application/json"
    assert UUID(first["upstream-id"]) != UUID(second["upstream-id"])


async def test_acceptance_keeps_the_request_id_and_all_six_attributes(
    remote: DigitalRiver, api: respx.MockRouter
) -> None:
    headers = {"x-dr-requestid": "request-1"}
    api.post(ITEMS).respond(201, json={**SHOE, "countryOfOrigin": "dk"}, headers=headers)

    outcome = await remote.carry_out(create())

    assert isinstance(outcome, Accepted)
    assert outcome.request_id == "request-1"
    assert outcome.attributes is not None
    assert set(outcome.attributes) == set(ITEM_ATTRIBUTES)
    assert outcome.attributes[Attribute.COUNTRY_OF_ORIGIN] == "DK"


@pytest.mark.parametrize(
    ("break_", "code", "in_doubt"),
    [
        (httpx.ConnectError("refused"), "connect_failed", False),
        (httpx.ConnectTimeout("slow"), "connect_timed_out", False),
        (httpx.PoolTimeout("full"), "no_connection_free", False),
        (httpx.ReadTimeout("slow"), "timed_out", True),
        (httpx.WriteTimeout("slow"), "timed_out", True),
        (httpx.ReadError("reset"), "connection_broken", True),
        (httpx.WriteError("reset"), "connection_broken", True),
        (httpx.CloseError("reset"), "connection_broken", True),
        (httpx.RemoteProtocolError("gone"), "connection_broken", True),
        (httpx.DecodingError("gzip?"), "unreadable_answer", True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_a_broken_connection_leaves_a_doubt_once_something_may_have_left(
    remote: DigitalRiver,
    api: respx.MockRouter,
    break_: httpx.RequestError,
    code: str,
    in_doubt: bool,
) -> None:
    api.post(ITEMS).mock(side_effect=break_)
    outcome = await remote.carry_out(create())
    assert isinstance(outcome, Transient)
    assert outcome.in_doubt is in_doubt
    assert outcome.failure.status is None
    assert outcome.failure.code == code
    host = "" if in_doubt else "api.example.com: "  # its address may be what is wrong
    assert outcome.failure.message == f"{host}{break_}"


@pytest.mark.parametrize("item", ["", ".", ".."])
@pytest.mark.parametrize("action", [Action.CREATE, Action.DELETE])
async def test_an_id_that_is_a_step_in_a_path_never_leaves(
    remote: DigitalRiver, api: respx.MockRouter, item: str, action: Action
) -> None:
    outcome = await remote.carry_out(Change(ItemId(item), action, 1))
    assert isinstance(outcome, Refused)
    assert outcome.failure.code == "id_not_sendable"
    assert not api.calls


async def test_a_strange_id_stays_one_step_of_the_path(
    remote: DigitalRiver, api: respx.MockRouter
) -> None:
    api.route().respond(204)
    await remote.carry_out(delete("a/../b?c#d%2F"))
    assert api.calls.last.request.url.raw_path == b"/inventory-items/a%2F..%2Fb%3Fc%23d%252F"


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), (None, 1.0), ("soon", 1.0)])
async def test_a_429_pauses_the_whole_key(
    remote: DigitalRiver,
    api: respx.MockRouter,
    clock: LeapingClock,
    header: str | None,
    seconds: float,
) -> None:
    headers = {} if header is None else {"retry-after": header}
    api.post(ITEMS).mock(
        side_effect=[httpx.Response(429, headers=headers), httpx.Response(201, json=SHOE)]
    )
    outcome = await remote.carry_out(create())
    assert isinstance(outcome, Transient)
    assert (outcome.in_doubt, outcome.retry_after) == (False, seconds)

    refused_at = clock.now()
    assert isinstance(await remote.carry_out(create()), Accepted)
    assert (clock.now() - refused_at).total_seconds() >= seconds


async def test_of_many_pauses_one_in_ten_minutes_is_told(
    remote: DigitalRiver, api: respx.MockRouter, clock: LeapingClock
) -> None:
    api.post(ITEMS).respond(429)
    began, told = clock.now(), []
    for minutes in (0, 1, 5, 11):
        clock.moment = began + timedelta(minutes=minutes)
        with capture_logs() as logged:
            await remote.carry_out(create())
        told.append([one["log_level"] for one in logged if one["event"] == "remote.paused"])

    assert told == [["warning"], ["debug"], ["debug"], ["warning"]]


async def test_into_a_long_pause_nothing_is_sent(
    remote: DigitalRiver, api: respx.MockRouter, pacer: MemoryPacer
) -> None:
    pacer.pause(600.0)
    outcome = await remote.carry_out(create())
    assert isinstance(outcome, Transient)
    assert outcome.failure.code == "paused"
    assert outcome.in_doubt is False
    assert outcome.retry_after == pytest.approx(600.0, abs=1.0)
    assert not api.calls


async def test_an_answer_from_the_wrong_mode_ends_everything(
    remote: DigitalRiver, api: respx.MockRouter
) -> None:
    api.post(ITEMS).respond(201, json={**SHOE, "liveMode": True})

    carried_out = await remote.carry_out(create())
    later = await remote.carry_out(create())

    assert isinstance(carried_out, Transient), "it was carried out, in whichever account"
    assert carried_out.in_doubt
    assert isinstance(later, KeyRefused)
    for outcome in (carried_out, later):
        assert outcome.failure.code == "live_mode_mismatch"
        assert "test key" in outcome.failure.message
    assert remote.requests == 1


async def test_what_no_url_can_hold_is_refused_for_good(
    remote: DigitalRiver, api: respx.MockRouter
) -> None:
    outcome = await remote.carry_out(delete("x" * 70_000))
    assert isinstance(outcome, Refused)
    assert outcome.failure.code == "not_sendable"
    assert not api.calls


async def test_under_a_hold_nothing_departs(remote: DigitalRiver, api: respx.MockRouter) -> None:
    remote.hold()
    remote.hold()
    assert await remote.carry_out(create()) == UNSENT
    assert not api.calls


@pytest.mark.parametrize("status", [400, 500, 502])
async def test_a_page_that_echoes_the_key_does_not_give_it_away(
    remote: DigitalRiver, api: respx.MockRouter, status: int
) -> None:
    api.post(ITEMS).respond(status, html=f"<p>Authorization: Bearer {KEY}</p>")
    with capture_logs() as logs:
        outcome = await remote.carry_out(create())
    assert KEY not in repr(outcome)
    assert KEY not in json.dumps(logs)
    assert KEY not in repr(vars(remote))
    assert [entry["event"] for entry in logs] == ["remote.answered"]
    assert logs[0]["log_level"] == "debug"


async def test_requests_counts_what_has_left(remote: DigitalRiver, api: respx.MockRouter) -> None:
    api.delete(f"{ITEMS}/a").mock(
        side_effect=[httpx.ConnectError("no"), httpx.Response(204), httpx.Response(500)]
    )
    for _ in range(3):
        await remote.carry_out(delete())
    assert remote.requests == 2
