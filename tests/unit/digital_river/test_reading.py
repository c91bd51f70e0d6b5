"""Reads try again by themselves, and give everything or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import httpx
import pytest

from syncd.digital_river.client import DigitalRiver
from syncd.domain.attributes import ItemId
from syncd.domain.change import SYNCED, Resource
from syncd.errors import KeyRefusedError, RemoteUnavailableError, ResourceForbiddenError
from tests.fakes.clocks import LeapingClock

if TYPE_CHECKING:
    import respx

ITEMS, SKUS, LEVELS = "/inventory-items", "/skus", "/inventory-levels"
A, B = ItemId("a"), ItemId("b")


def page(*entries: Mapping[str, object], more: bool = False) -> httpx.Response:
    return httpx.Response(200, json={"hasMore": more, "data": entries})


def levels(count: int, item: str = "a", quantity: int = 0) -> list[dict[str, object]]:
    return [
        {"inventoryItemId": item, "locationId": f"l{number}", "availableQuantity": quantity}
        for number in range(count)
    ]


def queries(api: respx.MockRouter) -> list[list[tuple[str, str]]]:
    return [call.request.url.params.multi_items() for call in api.calls]


class TestQuestions:
    async def test_ids_are_repeated_with_the_largest_limit(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        api.get(ITEMS).mock(return_value=page())
        api.get(SKUS).mock(return_value=page())
        await remote.items([A, B])
        await remote.managed([A, B])
        assert queries(api) == [[("ids", "a"), ("ids", "b"), ("limit", "100")]] * 2

    async def test_long_ids_go_in_several_requests_and_none_is_lost(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if len(request.url.raw_path) > 4500:
                return httpx.Response(414)
            asked = [item for name, item in request.url.params.multi_items() if name != "limit"]
            shown = {"managedFulfillment": "x", "available": True}
            return page(*({"id": item, "inventoryItemId": item, **shown} for item in asked))

        api.route().mock(side_effect=answer)
        ids = [ItemId(f"{number:03}" + "x" * 252) for number in range(100)]
        assert set(await remote.items(ids)) == set(ids)
        assert await remote.managed(ids) == set(ids)
        assert await remote.stocked(ids) == set(ids)

    async def test_what_was_not_asked_for_is_ignored(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        api.get(ITEMS).mock(return_value=page({"id": "a"}, {"id": "z"}))
        api.get(SKUS).mock(return_value=page({"id": "z", "managedFulfillment": "DRGlobal"}))
        api.get(LEVELS).mock(return_value=httpx.Response(200, json={"data": levels(1, "z", 9)}))
        assert set(await remote.items([A])) == {A}
        assert await remote.managed([A]) == frozenset()
        assert await remote.stocked([A]) == frozenset()

    @pytest.mark.parametrize(
        ("managed", "expected"),
        [("DRGlobalFulfillment", {A}), ("somethingNew", {A}), (None, set()), ("", set())],
    )
    async def test_any_kind_of_managed_fulfilment_counts(
        self,
        remote: DigitalRiver,
        api: respx.MockRouter,
        managed: str | None,
        expected: set[ItemId],
    ) -> None:
        api.get(SKUS).mock(return_value=page({"id": "a", "managedFulfillment": managed}))
        assert await remote.managed([A]) == expected


class TestPages:
    async def test_a_filtered_list_that_goes_on_is_followed(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        api.get(ITEMS).mock(side_effect=[page({"id": "a"}, more=True), page({"id": "b"})])
        assert set(await remote.items([A, B])) == {A, B}
        assert ("startingAfter", "a") in queries(api)[1]

    @pytest.mark.parametrize(
        "pages",
        [
            [page(more=True)],
            [page({"id": "a"}, more=True), page({"id": "a"}, more=True)],
            [page({"id": item}, more=True) for item in ("a", "b", "a")],
        ],
        ids=["an empty page that goes on", "the same page again", "back to the first"],
    )  # fmt: skip
    async def test_pages_that_lead_nowhere_are_an_error(
        self, remote: DigitalRiver, api: respx.MockRouter, pages: list[httpx.Response]
    ) -> None:
        api.get(ITEMS).mock(side_effect=pages)
        with pytest.raises(RemoteUnavailableError, match="lead back"):
            await remote.items([A, B])

    @pytest.mark.parametrize(
        "lapse", [page(), httpx.Response(400, json={})], ids=["empty", "refused"]
    )
    async def test_a_page_that_was_promised_and_is_not_there_is_asked_for_from_further_back(
        self, remote: DigitalRiver, api: respx.MockRouter, lapse: httpx.Response
    ) -> None:
        first = page({"id": "a"}, {"id": "b"}, more=True)
        api.get(ITEMS).mock(side_effect=[first, lapse, page({"id": "b"}, {"id": "c"})])
        assert [item.id async for item in remote.search("PN", None)] == ["a", "b", "c"]
        assert [dict(asked).get("startingAfter") for asked in queries(api)] == [None, "b", "a"]

    async def test_a_page_that_was_promised_and_stays_empty_is_no_end(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        first = page({"id": "a"}, {"id": "b"}, more=True)
        api.get(ITEMS).mock(side_effect=[first, page(), page()])
        with pytest.raises(RemoteUnavailableError, match="pages end before the list does"):
            [item async for item in remote.search("PN", None)]

    async def test_behind_a_full_page_that_promises_nothing_its_last_object_must_come_again(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        full = [{"id": f"{number:03}"} for number in range(100)]
        pages = [httpx.Response(200, json={"data": part}) for part in (full, full[-1:])]
        api.get(ITEMS).mock(side_effect=pages)
        found = [item.id async for item in remote.search("PN", None)]
        assert found == [one["id"] for one in full]
        assert dict(queries(api)[1])["startingAfter"] == "098"


class TestStock:
    async def test_a_full_answer_is_asked_again_in_halves(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        whole = levels(60, "a") + levels(40, "b", quantity=1)
        api.get(LEVELS, params={"inventoryItemIds": ["a", "b"]}).respond(json={"data": whole})
        api.get(LEVELS, params={"inventoryItemIds": "a"}).respond(json={"data": levels(60, "a")})
        api.get(LEVELS, params={"inventoryItemIds": "b"}).respond(
            json={"data": levels(70, "b", quantity=1)}
        )
        assert await remote.stocked([A, B]) == {B}

    @pytest.mark.parametrize(("available", "expected"), [(0, set()), (1, {A})])
    async def test_an_item_at_a_hundred_places_is_asked_for_what_is_available(
        self, remote: DigitalRiver, api: respx.MockRouter, available: int, expected: set[ItemId]
    ) -> None:
        full, rest = levels(100), levels(available, quantity=2)
        api.get(LEVELS).mock(
            side_effect=[httpx.Response(200, json={"data": each}) for each in (full, rest)]
        )
        assert await remote.stocked([A]) == expected
        assert queries(api)[1] == [("inventoryItemIds", "a"), ("available", "true")]


Unusable: TypeAlias = httpx.Response | httpx.TransportError
UNUSABLE: Sequence[Unusable] = [
    httpx.Response(503),
    httpx.Response(429),
    httpx.Response(408),
    httpx.Response(200, html="<html>Welcome</html>"),
    httpx.Response(200, text='{"hasMore": false, "data": [{"id": "a"}'),
    httpx.Response(200, json={"items": []}),
    httpx.Response(200, json={"hasMore": False, "data": [{"id": "a"}, {"partNumber": "P"}]}),
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
]


class TestFailures:
    @pytest.mark.parametrize("failure", UNUSABLE)
    async def test_what_may_pass_is_tried_again(
        self, remote: DigitalRiver, api: respx.MockRouter, failure: Unusable
    ) -> None:
        api.get(ITEMS).mock(side_effect=[failure, failure, page({"id": "a"})])
        assert set(await remote.items([A])) == {A}

    @pytest.mark.parametrize("failure", UNUSABLE)
    async def test_but_not_for_ever_and_never_answered_in_part(
        self, remote: DigitalRiver, api: respx.MockRouter, clock: LeapingClock, failure: Unusable
    ) -> None:
        route = api.get(ITEMS)
        route.side_effect = [failure] * 9
        is_error = isinstance(failure, httpx.Response) and failure.status_code != 429
        tries = 3 if is_error else 5
        with pytest.raises(RemoteUnavailableError, match=f"GET /inventory-items: failed {tries} "):
            await remote.items([A])
        assert route.call_count == tries
        assert sum(clock.sleeps) <= 0.5 * (2 + 4 + 8 + 16) + 1.0

    async def test_the_message_holds_what_support_asks_for(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        body = {"type": "service_unavailable", "errors": [{"code": "busy", "message": "Later."}]}
        api.get(SKUS).respond(503, json=body, headers={"x-dr-requestid": "request-1"})
        with pytest.raises(RemoteUnavailableError) as caught:
            await remote.managed([A])
        assert str(caught.value) == (
            "Digital River, GET /skus: failed 3 times (503 busy: Later (request id request-1))."
            " Nothing is lost; run again later."
        )

    async def test_retry_after_wins_over_the_back_off(
        self, remote: DigitalRiver, api: respx.MockRouter, clock: LeapingClock
    ) -> None:
        slow_down = httpx.Response(503, headers={"retry-after": "9"})
        api.get(ITEMS).mock(side_effect=[slow_down, page()])
        await remote.items([A])
        assert clock.sleeps == [9.0]

    async def test_a_very_long_wait_is_not_waited_for(
        self, remote: DigitalRiver, api: respx.MockRouter, clock: LeapingClock
    ) -> None:
        api.get(ITEMS).respond(429, headers={"retry-after": "600"})
        for _ in range(2):
            with pytest.raises(RemoteUnavailableError):
                await remote.items([A])
        assert remote.requests == 1
        assert clock.sleeps == []

    @pytest.mark.parametrize("status", [302, 400, 404, 406])
    async def test_a_refused_question_is_not_asked_again(
        self, remote: DigitalRiver, api: respx.MockRouter, status: int
    ) -> None:
        route = api.get(ITEMS).respond(status)
        with pytest.raises(RemoteUnavailableError, match=rf"was refused \({status}.*base_url"):
            await remote.items([A])
        assert route.call_count == 1

    async def test_a_refused_key_ends_every_later_call(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        api.get(ITEMS).respond(401, headers={"x-dr-requestid": "request-1"})
        with pytest.raises(KeyRefusedError, match=r"401.*request-1.*digital_river\.api_key"):
            await remote.items([A])
        with pytest.raises(KeyRefusedError, match="request-1"):
            await remote.stocked([A])
        with pytest.raises(KeyRefusedError):
            [_ async for _ in remote.search("P", None)]
        assert remote.requests == 1

    async def test_a_forbidden_resource_is_named(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        api.get(LEVELS).respond(403)
        with pytest.raises(ResourceForbiddenError, match="inventory levels"):
            await remote.stocked([A])

    @pytest.mark.parametrize("path", [ITEMS, SKUS, LEVELS])
    async def test_live_data_under_a_test_key_ends_everything(
        self, remote: DigitalRiver, api: respx.MockRouter, path: str
    ) -> None:
        api.route().respond(json={"data": [{"id": "z", "inventoryItemId": "z", "liveMode": True}]})
        reads = {ITEMS: remote.items, SKUS: remote.managed, LEVELS: remote.stocked}
        for _ in range(2):
            with pytest.raises(KeyRefusedError, match=r"live_mode_mismatch.*test key.*live data"):
                await reads[path]([A])
        assert remote.requests == 1


class TestHold:
    async def test_a_read_is_not_begun(self, remote: DigitalRiver, api: respx.MockRouter) -> None:
        remote.hold()
        with pytest.raises(RemoteUnavailableError, match="a stop came first"):
            await remote.items([A])
        assert not api.calls

    async def test_a_read_that_has_failed_is_not_tried_again(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        def fail_and_stop(_: httpx.Request) -> httpx.Response:
            remote.hold()
            return httpx.Response(503, headers={"retry-after": "50"})

        api.get(ITEMS).mock(side_effect=fail_and_stop)
        with pytest.raises(RemoteUnavailableError):
            await remote.items([A])
        assert len(api.calls) == 1


class TestAccess:
    async def test_it_tells_which_resources_the_key_may_read(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        api.get(ITEMS).mock(return_value=page({"id": "a"}))
        api.get(SKUS).respond(403, json={"errors": [{"code": "forbidden", "message": "No."}]})
        api.get(LEVELS).respond(json={"data": []})

        access = await remote.access()

        assert set(access) == set(SYNCED)
        assert access[Resource.INVENTORY_ITEM] is None
        assert access[Resource.INVENTORY_LEVEL] is None
        denied = access[Resource.SKU]
        assert denied is not None
        assert (denied.status, denied.code) == (403, "forbidden")
        assert remote.requests == 3

    async def test_a_wrong_key_may_read_nothing(
        self, remote: DigitalRiver, api: respx.MockRouter
    ) -> None:
        api.route().respond(401)
        with pytest.raises(KeyRefusedError):
            await remote.access()
        assert remote.requests == 1
