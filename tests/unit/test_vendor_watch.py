"""The watch over what syncd sends finds what the vendor's document does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from syncd.config import DigitalRiverSettings
from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.pacer import MemoryPacer
from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change
from tests.fakes.clocks import LeapingClock
from tests.vendor_document import load_vendor_document
from tests.vendor_watch import WATCH, UnknownRequestError, Watch

if TYPE_CHECKING:
    import respx

SENDER = {"upstream-application-id": "syncd/0", "authorization": "Bearer …"}
ITEMS = "https://api.example.com/inventory-items"

needs_document = pytest.mark.skipif(
    load_vendor_document() is None, reason="the vendor's document is not beside this project"
)


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("GET", f"{ITEMS}?limit=101", None),
        ("GET", f"{ITEMS}?colour=red", None),
        ("POST", ITEMS, b'{"id": "a"}'),
        ("POST", f"{ITEMS}/a", b'{"allowOversell": "yes"}'),
        ("PATCH", f"{ITEMS}/a", b'{"partNumber": "P"}'),
        ("POST", "https://api.example.com/skus/a", b'{"weightUnit": "stone"}'),
    ],
)
@needs_document
def test_what_the_vendor_does_not_know_is_complained_of_once(
    method: str, url: str, body: bytes | None
) -> None:
    watch = Watch()
    good = b'{"partNumber": "P"}'
    watch.see("GET", f"{ITEMS}?limit=100&ids=a&ids=b", SENDER, None)
    watch.see("POST", ITEMS, SENDER, good)
    watch.complain()

    watch.see(method, url, SENDER, body)
    with pytest.raises(UnknownRequestError, match=method):
        watch.complain()
    watch.complain()


@needs_document
def test_requests_of_the_same_shape_are_all_complained_of() -> None:
    watch = Watch()
    for item in "ab":
        watch.see("POST", f"{ITEMS}/{item}", SENDER, b'{"id": "a"}')
        with pytest.raises(UnknownRequestError):
            watch.complain()


@needs_document
def test_a_request_without_a_key_is_complained_of() -> None:
    watch = Watch()
    watch.see("GET", ITEMS, {"upstream-application-id": "syncd/0"}, None)
    with pytest.raises(UnknownRequestError):
        watch.complain()


def test_what_others_send_is_none_of_its_business() -> None:
    watch = Watch()
    watch.see("GET", "https://shop.example.com/products?colour=red", {}, None)
    watch.complain()
    assert watch.seen == 0


async def test_whatever_the_client_sends_is_seen(respx_mock: respx.MockRouter) -> None:
    respx_mock.delete(f"{ITEMS}/a").respond(204)
    settings = DigitalRiverSettings(
        base_url="https://api.example.com", api_key=SecretStr("sk_test_watched")
    )
    clock = LeapingClock()
    remote = DigitalRiver(settings, MemoryPacer(1000, clock, clock.ticks), clock, "0")
    before = WATCH.seen

    await remote.carry_out(Change(ItemId("a"), Action.DELETE, 1))

    assert WATCH.seen == before + 1
    await remote.aclose()
