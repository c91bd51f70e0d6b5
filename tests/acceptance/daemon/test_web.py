"""What a daemon serves: hooks that lead to a write within a second, and where it listens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import httpx
import pytest

from tests.acceptance.daemon.served import ROWS, Served, address_of, schedule, serving
from tests.ports import free_port
from tests.processors import over_within
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, row, wait_until

TOKEN = "a-long-random-word"
OTHER_TOKEN = "another-long-word"
SECRET = "whsec_Zq7vX2mN9"
CREATED = 'duration_seconds_count{resource="inventory_item",status="2xx",verb="create"} 12.0'
WRITTEN = 'syncd_writes_total{action="create",outcome="done"} 12.0'
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def open_to_hooks(shop: Shop) -> str:
    """Configure a daemon that polls once, and takes what others tell of; gives its address."""
    schedule(shop)
    secrets = f'[service]\ntoken = "{TOKEN}"\nwebhook_secrets = ["{SECRET}"]'
    text = shop.configuration.read_text().replace("[service]", secrets)
    shop.configuration.write_text(text)
    return address_of(shop)


def signed_event(id_: str, sku: str) -> tuple[bytes, dict[str, str]]:
    body = json.dumps({"id": id_, "type": "sku.updated", "data": {"object": {"id": sku}}}).encode()
    timestamp = str(int(time.time()))
    message = timestamp.encode() + b"." + body
    digest = hmac.new(SECRET.encode(), message, hashlib.sha256).digest()
    return body, {"DigitalRiver-Signature": f"{timestamp}, {base64.b64encode(digest).decode()}"}


@dataclass
class Open:
    """A daemon that polls once and takes hooks, with its shop and its sandbox."""

    shop: Shop
    sandbox: SandboxProcess
    daemon: Served
    address: str

    def seconds_until_written(
        self, tell: Callable[[str], httpx.Response], sku: str
    ) -> tuple[float, float]:
        """Tell of a SKU while nothing goes on; when that was answered, and when it was there."""
        wait_until(lambda: self._status().startswith("STATUS=waiting"))
        began = time.monotonic()
        answer = tell(sku)
        answered = time.monotonic() - began
        assert (answer.status_code, answer.json()) == (202, {"receipt": "accepted"})
        wait_until(lambda: sku in self.sandbox.items())
        return answered, time.monotonic() - began

    def _status(self) -> str:
        return next(one for one in reversed(self.daemon.heard) if one.startswith("STATUS="))


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, sandbox_of_session: SandboxProcess
) -> Iterator[Open]:
    """One whose first cycle is over, and which ends in time though somebody is connected."""
    sandbox_of_session.reset()
    shop = Shop(tmp_path_factory.mktemp("house"), sandbox_of_session.url)
    shop.configure()
    shop.stock(ROWS)
    address = open_to_hooks(shop)
    with serving(shop) as daemon:
        daemon.wait_for("READY=1")
        assert httpx.get(f"{address}/healthz").status_code == 200
        daemon.wait_for_log("cycle.finished")
        yield Open(shop, sandbox_of_session, daemon, address)
        port = int(address_of(shop).rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port)),
            over_within(5, daemon.process.pid),
        ):
            assert daemon.stop().code == 143
    assert all(one not in str(daemon.logged) for one in (TOKEN, OTHER_TOKEN, SECRET))


def test_what_it_has_done_is_told(house: Open) -> None:
    def told() -> str:
        return httpx.get(f"{house.address}/metrics", headers=BEARER).text

    assert httpx.get(f"{house.address}/metrics").status_code == 401
    wait_until(lambda: CREATED in told())
    assert WRITTEN in told()


def test_what_others_tell_of_is_written_within_a_second(house: Open) -> None:
    """By the quickest of three each: other tests may keep the machine busy."""
    house.shop.stock([*ROWS, *(row(number) for number in range(30, 37))])
    with httpx.Client(base_url=house.address) as client:

        def told_by_the_shop(sku: str) -> httpx.Response:
            return client.post(f"/hooks/catalog/{sku}", headers=BEARER)

        def told_by_digital_river(sku: str) -> httpx.Response:
            body, headers = signed_event(f"evt_{sku}", sku)
            return client.post("/webhooks/digital-river", content=body, headers=headers)

        for number, tell in ((30, told_by_the_shop), (33, told_by_digital_river)):
            taken = [
                house.seconds_until_written(tell, f"SKU-{number + again:04}") for again in range(3)
            ]
            assert min(answered for answered, _ in taken) < 0.25
            assert min(written for _, written in taken) < 1.0
    assert "SKU-0036" not in house.sandbox.items()  # nobody has told of that one


def test_a_reload_moves_it_and_changes_its_token(house: Open) -> None:
    shop, daemon = house.shop, house.daemon
    text = shop.configuration.read_text().replace(TOKEN, OTHER_TOKEN)

    def reload(place: str) -> str:
        old = house.address.removeprefix("http://")
        shop.configuration.write_text(text.replace(old, place))
        daemon.send(signal.SIGHUP)
        return f"http://{place}"

    second = reload(f"127.0.0.1:{free_port()}")
    wait_until(lambda: _status(second, OTHER_TOKEN) == 200)
    assert _status(second, TOKEN) == 401
    assert _status(house.address, TOKEN) is None
    with socket.create_server(("127.0.0.1", 0)) as taken:
        reload(f"127.0.0.1:{taken.getsockname()[1]}")
        daemon.wait_for_log("web.not_moved")
        assert _status(second, OTHER_TOKEN) == 200
    reload("off")
    wait_until(lambda: _status(second, OTHER_TOKEN) is None)
    assert _status(reload(f"127.0.0.1:{free_port()}"), OTHER_TOKEN, 60) == 200


def test_an_event_that_was_answered_is_known_after_a_crash(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    address = open_to_hooks(shop)
    body, headers = signed_event("evt_1", "SKU-0030")
    with serving(shop) as daemon:
        daemon.wait_for_log("cycle.finished")
        shop.stock([*ROWS, row(30)])
        answer = httpx.post(f"{address}/webhooks/digital-river", content=body, headers=headers)
        daemon.send(signal.SIGKILL)
        daemon.process.wait(60)
    assert answer.json() == {"receipt": "accepted"}
    with closing(sqlite3.connect(shop.state)) as state:
        assert state.execute("SELECT id, about FROM event").fetchall() == [("evt_1", "SKU-0030")]

    with serving(shop) as daemon:
        daemon.wait_for("READY=1")
        wait_until(lambda: "SKU-0030" in sandbox.items())
        again = httpx.post(f"{address}/webhooks/digital-river", content=body, headers=headers)
        daemon.stop()
    assert again.json() == {"receipt": "repeated"}


def test_it_does_not_begin_where_it_can_never_answer(shop: Shop) -> None:
    schedule(shop)
    run = shop.run(SYNCD_SERVICE__LISTEN="192.0.2.1:9464", SYNCD_SERVICE__TOKEN=TOKEN)

    assert run.code == 2
    assert "service.listen" in run.stderr
    assert "192.0.2.1:9464" in run.stderr
    assert not shop.state.exists()


def test_others_are_not_let_in_without_a_token(shop: Shop) -> None:
    schedule(shop)
    run = shop.run(SYNCD_SERVICE__LISTEN=f"0.0.0.0:{free_port()}")

    assert run.code == 2
    assert "token" in run.stderr


def _status(address: str, token: str, patience: float = 0.0) -> int | None:
    """What /metrics answers; None where nobody does, be it after a while."""
    end, headers = time.monotonic() + patience, {"Authorization": f"Bearer {token}"}
    while True:
        try:
            return httpx.get(f"{address}/metrics", headers=headers, timeout=60).status_code
        except httpx.ConnectError:
            if time.monotonic() >= end:
                return None
            time.sleep(0.05)
