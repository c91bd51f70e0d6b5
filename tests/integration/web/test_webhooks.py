"""What others tell of by themselves: signed or with the token, once, bounded, and harmless."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.domain.attributes import ItemId
from syncd.web.hooks import AT_ONCE, MOST_BYTES
from syncd.wiring.opening import RECEIVING
from tests.integration.web.room import BEARER, NOON, TOKEN, Room
from tests.shop import wait_until

if TYPE_CHECKING:
    import httpx

SECRETS = ["whsec_old", "whsec_new"]
DIGITAL_RIVER = "/webhooks/digital-river"
PRINTED = st.sampled_from([*map(chr, range(33, 127)), "é", "ÿ"])
START = b"POST /webhooks/digital-river HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx"
_LENIENT = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def room(rooms: Room) -> Room:
    rooms.begin_anew()
    rooms.configure(token=TOKEN, webhook_secrets=SECRETS)
    rooms.work_well()
    with closing(sqlite3.connect(rooms.folder / "state.db")) as state, state:
        state.execute("DELETE FROM event")
    return rooms


@pytest.fixture
def client(room: Room, clients: httpx.Client) -> httpx.Client:
    assert room.settings.service.webhook_secrets
    return clients


def event(id_: str = "evt_1", kind: str = "sku.updated", about: object = "SKU-1") -> bytes:
    return json.dumps({"id": id_, "type": kind, "data": {"object": {"id": about}}}).encode()


def signed(body: bytes, secret: str = SECRETS[0]) -> dict[str, str]:
    timestamp = str(int(NOON.timestamp()))
    message = timestamp.encode() + b"." + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return {"DigitalRiver-Signature": f"{timestamp}, {base64.b64encode(digest).decode()}"}


def send(client: httpx.Client, body: bytes, secret: str = SECRETS[0]) -> httpx.Response:
    return client.post(DIGITAL_RIVER, content=body, headers=signed(body, secret))


def kept(room: Room) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(room.folder / "state.db")) as state:
        return state.execute("SELECT id, type, about FROM event ORDER BY id").fetchall()


def counted(client: httpx.Client, source: str, receipt: str) -> float:
    text = client.get("/metrics", headers=BEARER).text
    start = f'syncd_hooks_total{{receipt="{receipt}",source="{source}"}} '
    return sum(float(line.removeprefix(start)) for line in text.splitlines() if start in line)


# --------------------------------------------------------------------------- Digital River


@pytest.mark.parametrize("secret", SECRETS)
def test_an_event_is_kept_and_its_sku_looked_at(
    room: Room, client: httpx.Client, secret: str
) -> None:
    answer = send(client, event(), secret)

    assert (answer.status_code, answer.json()) == (202, {"receipt": "accepted"})
    assert kept(room) == [("evt_1", "sku.updated", "SKU-1")]
    assert room.pointed == [ItemId("SKU-1")]


def test_an_event_that_comes_again_is_taken_and_leads_to_nothing(
    room: Room, client: httpx.Client
) -> None:
    before = counted(client, "digital_river", "repeated")
    receipts = [send(client, event()).json()["receipt"] for _ in range(3)]

    assert receipts == ["accepted", "repeated", "repeated"]
    assert room.pointed == [ItemId("SKU-1")]
    assert counted(client, "digital_river", "repeated") == before + 2


def test_it_is_answered_in_milliseconds(room: Room, client: httpx.Client) -> None:
    def seconds(number: int) -> float:
        began = time.monotonic()
        send(client, event(f"evt_{number}"))
        return time.monotonic() - began

    send(client, event())
    assert min(map(seconds, range(20))) < 0.1  # whatever else the machine does at times
    assert len(room.pointed) == 20


@pytest.mark.parametrize(
    "body",
    [
        event(kind="order.created"),
        event(about=None),
        event(about=7),
        event(about="a b"),
        event(about=".."),
        event("e" * 201),
        b'{"id": "evt_1"}',
        b'{"id": "evt_1", "type": 7, "data": []}',
        b'{"id": "evt_1", "type": "sku.updated", "data": {"object": []}}',
    ],
)
def test_what_no_sync_cares_for_is_taken_and_passed_over(
    room: Room, client: httpx.Client, body: bytes
) -> None:
    answer = send(client, body)

    assert (answer.status_code, answer.json()) == (202, {"receipt": "ignored"})
    assert (kept(room), room.pointed) == ([], [])


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"\xff\xfe", b'{"id":', b'{"id": 7}', b"[" * 5_000]
)
def test_what_is_no_event_is_refused(room: Room, client: httpx.Client, body: bytes) -> None:
    assert send(client, body).status_code == 400
    assert (kept(room), room.pointed) == ([], [])


@pytest.mark.parametrize(
    "headers", [{}, {"DigitalRiver-Signature": "x"}, signed(event()), signed(b"", "guess")]
)
def test_what_is_not_signed_is_refused(
    room: Room, client: httpx.Client, headers: dict[str, str]
) -> None:
    assert client.post(DIGITAL_RIVER, content=b"{}", headers=headers).status_code == 401
    assert (kept(room), room.pointed) == ([], [])


def test_without_a_secret_nothing_is_taken(room: Room, client: httpx.Client) -> None:
    room.configure(token=TOKEN)
    answer = send(client, event())

    assert (answer.status_code, "webhook_secrets" in answer.text) == (404, True)


def test_a_proxy_may_bring_it_under_any_name(room: Room, client: httpx.Client) -> None:
    headers = {**signed(event()), "Host": "hooks.shop.example.com"}

    assert client.post(DIGITAL_RIVER, content=event(), headers=headers).status_code == 202
    assert room.pointed


def test_a_body_that_is_too_large_is_refused(room: Room, client: httpx.Client) -> None:
    body = b"x" * 10_000_000
    assert send(client, body).status_code == 413
    assert send(client, event(about="x" * (MOST_BYTES - 200))).status_code == 202

    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 100_000

    assert client.post(DIGITAL_RIVER, content=endless(), headers=signed(body)).status_code == 413
    assert room.pointed == []


def test_more_bodies_at_once_than_fit_are_sent_again_later(
    room: Room, client: httpx.Client
) -> None:
    place = (client.base_url.host, client.base_url.port or 0)
    lines = [socket.create_connection(place) for _ in range(AT_ONCE)]
    try:
        for line in lines:
            line.sendall(START)
        assert client.get("/healthz").status_code == 200
        wait_until(lambda: client.post("/webhooks/digital-river", content=b"{}").status_code == 503)
        busy = send(client, event())
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "10")
    finally:
        for line in lines:
            line.close()
    answers = (send(client, event()).status_code for _ in range(50))
    assert 202 in answers
    assert room.pointed == [ItemId("SKU-1")]


def test_while_the_state_is_locked_it_is_to_be_sent_again(room: Room, client: httpx.Client) -> None:
    with closing(sqlite3.connect(room.folder / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        busy = send(client, event())
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "10")
        assert RECEIVING.total_seconds() < 3  # within which Digital River wants its answer
        assert client.get("/healthz").status_code == 200
        assert room.pointed == []
    assert send(client, event()).json() == {"receipt": "accepted"}


def test_one_that_stands_by_leaves_it_to_the_other(room: Room, client: httpx.Client) -> None:
    room.pulse.stands_by_for = "another is on duty"

    assert send(client, event()).status_code == 503
    assert client.post("/hooks/catalog/SKU-1", headers=BEARER).status_code == 503
    assert (kept(room), room.pointed) == ([], [])


def test_the_same_event_sent_at_once_by_many_is_kept_once(room: Room, client: httpx.Client) -> None:
    receipts: list[str] = []

    def sending() -> None:
        receipts.append(send(client, event()).json()["receipt"])

    threads = [threading.Thread(target=sending) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(receipts) == ["accepted", *["repeated"] * 5]
    assert room.pointed == [ItemId("SKU-1")]


@_LENIENT
@given(body=st.binary(max_size=300), header=st.text(PRINTED, max_size=99))
def test_garbage_never_gets_through_and_never_breaks_it(
    room: Room, client: httpx.Client, body: bytes, header: str
) -> None:
    raw = [(b"DigitalRiver-Signature", header.encode("latin-1"))]
    unsigned = client.post(DIGITAL_RIVER, content=body, headers=raw)

    assert unsigned.status_code in {400, 401}
    assert send(client, body).status_code in {202, 400}
    assert room.pointed == []


# ------------------------------------------------------------------------------- a catalog


def test_a_shop_with_the_token_has_a_sku_looked_at(room: Room, client: httpx.Client) -> None:
    answer = client.post("/hooks/catalog/SKU-1", headers=BEARER, content=b"x" * 5_000_000)

    assert (answer.status_code, answer.json()) == (202, {"receipt": "accepted"})
    assert room.pointed == [ItemId("SKU-1")]
    assert counted(client, "catalog", "accepted") >= 1


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer guess"}])
def test_nobody_else_has(room: Room, client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.post("/hooks/catalog/SKU-1", headers=headers).status_code == 401
    assert room.pointed == []


def test_where_no_token_is_set_nobody_has(room: Room, client: httpx.Client) -> None:
    room.configure()
    answer = client.post("/hooks/catalog/SKU-1", headers=BEARER)

    assert (answer.status_code, "service.token" in answer.text) == (404, True)
    assert room.pointed == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/hooks/catalog/a%20b", 400),
        ("/hooks/catalog/%2e%2e", 400),
        ("/hooks/catalog/" + "x" * 300, 400),
        ("/hooks/catalog/", 404),
        ("/hooks/catalog/a/b", 404),
        ("/hooks/nothing", 404),
    ],
)
def test_what_is_no_id_is_refused(room: Room, client: httpx.Client, path: str, status: int) -> None:
    assert client.post(path, headers=BEARER).status_code == status
    assert room.pointed == []


@pytest.mark.parametrize("path", [DIGITAL_RIVER, "/hooks/catalog/SKU-1"])
def test_looking_changes_nothing(room: Room, client: httpx.Client, path: str) -> None:
    assert client.get(path, headers=BEARER).status_code == 405
    assert room.pointed == []
