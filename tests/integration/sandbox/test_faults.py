"""Every kind of fault, as a client meets it on a real connection."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from syncd.sandbox import (
    Fault,
    FaultKind,
    SandboxError,
    SandboxSettings,
    build_app,
    running_sandbox,
)
from tests.shop import wait_until

from .conftest import CheckedClient

ITEM = {"id": "a", "partNumber": "P", "countryOfOrigin": "DK"}
ERRORS = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    409: "conflict",
    429: "too_many_requests",
    500: "internal_server_error",
    502: "bad_gateway",
    503: "service_unavailable",
    504: "gateway_timeout",
}


@pytest.mark.parametrize(("status", "kind"), ERRORS.items())
def test_each_error_status_can_be_asked_for_and_nothing_is_done(
    client: CheckedClient, status: int, kind: str
) -> None:
    client.store.seed_skus([{"id": "s", "name": "Shoe"}])
    client.store.set_faults([Fault(kind=FaultKind.STATUS, status=status)])
    answer = client.send("POST", "/skus/s", json={"name": "Boot"})

    assert (answer.status_code, answer.json()["type"]) == (status, kind)
    assert answer.json()["errors"][0]["message"]
    assert client.store.skus()["s"]["name"] == "Shoe"
    assert client.store.requests()[0].carried_out is False


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_can_answer_in_html(client: CheckedClient, status: int) -> None:
    client.store.set_faults([Fault(kind=FaultKind.STATUS, status=status, html=True)])
    answer = client.send("GET", "/skus")

    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html")
    assert answer.text.startswith("<html>")
    assert "x-dr-requestid" in answer.headers


def test_an_error_can_come_although_the_request_was_carried_out(client: CheckedClient) -> None:
    client.store.set_faults([Fault(kind=FaultKind.STATUS, status=504, carried_out=True)])
    answer = client.send("POST", "/inventory-items", json=ITEM)

    assert answer.status_code == 504
    assert list(client.store.items()) == ["a"]
    assert client.store.requests()[0].carried_out is True


def test_a_lost_answer_leaves_the_request_carried_out(client: CheckedClient) -> None:
    client.store.set_faults([Fault(kind=FaultKind.LOST, count=1)])
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        client.send("POST", "/inventory-items", json=ITEM)

    assert list(client.store.items()) == ["a"]
    [entry] = client.store.requests()
    assert (entry.status, entry.carried_out, entry.fault) == (None, True, "lost")
    assert client.send("GET", "/inventory-items/a").status_code == 200


def test_a_dropped_connection_leaves_nothing_done(client: CheckedClient) -> None:
    client.store.set_faults([Fault(kind=FaultKind.DROP, count=1)])
    with pytest.raises(httpx.ReadError):
        client.send("POST", "/inventory-items", json=ITEM)

    assert client.store.items() == {}
    [entry] = client.store.requests()
    assert (entry.status, entry.carried_out, entry.fault) == (None, False, "drop")
    assert client.send("GET", "/inventory-items").status_code == 200


def test_half_a_body_ends_before_its_length(client: CheckedClient) -> None:
    client.store.seed_items([{**ITEM, "id": f"i{number}"} for number in range(100)])
    client.store.set_faults([Fault(kind=FaultKind.HALF, count=1)])
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        client.send("GET", "/inventory-items?limit=100")

    assert client.send("GET", "/inventory-items").status_code == 200


def test_a_slow_answer_outlasts_a_short_timeout_and_is_carried_out(client: CheckedClient) -> None:
    client.store.set_faults([Fault(kind=FaultKind.SLOW, seconds=30, count=1)])
    with pytest.raises(httpx.ReadTimeout):
        client.send("POST", "/inventory-items", json=ITEM, timeout=httpx.Timeout(60, read=0.1))

    wait_until(lambda: list(client.store.items()) == ["a"])


def test_a_slow_answer_comes_after_its_delay(client: CheckedClient) -> None:
    client.store.set_faults([Fault(kind=FaultKind.SLOW, seconds=0.2)])
    assert client.send("GET", "/skus").status_code == 200

    [entry] = client.store.requests()
    assert entry.finished is not None
    assert entry.finished - entry.arrived >= 0.2


def test_latency_and_jitter_hold_every_answer_back() -> None:
    settings = SandboxSettings(latency_seconds=0.05, jitter_seconds=0.02)
    with running_sandbox(settings) as sandbox:
        begun = time.monotonic()
        for _ in range(3):
            httpx.get(f"{sandbox.url}/skus")
        assert time.monotonic() - begun >= 0.15


def test_a_storm_refuses_the_key_until_its_wait_is_over(client: CheckedClient) -> None:
    client.store.set_faults([Fault(kind=FaultKind.STATUS, status=429, retry_after=20, count=1)])
    first = client.send("GET", "/skus")
    second = client.send("GET", "/skus")
    other = client.send("GET", "/skus", headers={"authorization": "Bearer sk_test_2"})

    assert (first.status_code, first.headers["retry-after"]) == (429, "20")
    assert (second.status_code, second.headers["retry-after"]) == (429, "20")
    assert other.status_code == 200


def test_a_storm_is_over_when_its_wait_is(client: CheckedClient) -> None:
    client.store.set_faults([Fault(kind=FaultKind.STATUS, status=429, retry_after=1, count=1)])
    statuses = [client.send("GET", "/skus").status_code]
    deadline = time.monotonic() + 60
    while statuses[-1] == 429 and time.monotonic() < deadline:
        statuses.append(client.send("GET", "/skus").status_code)

    assert statuses[-1] == 200
    accepted, refused = client.store.requests()[-1], client.store.requests()[0]
    assert accepted.arrived - refused.arrived >= 1.0


def test_a_503_may_say_when_to_come_back_and_closes_nothing(client: CheckedClient) -> None:
    client.store.set_faults([Fault(kind=FaultKind.STATUS, status=503, retry_after=7, count=1)])

    assert client.send("GET", "/skus").headers["retry-after"] == "7"
    assert client.send("GET", "/skus").status_code == 200


def test_other_values_than_were_sent_are_stored_and_answered(client: CheckedClient) -> None:
    client.store.set_faults([Fault(kind=FaultKind.OTHER, values={"eccn": "5A992"})])
    created = client.send("POST", "/inventory-items", json={**ITEM, "eccn": "EAR99"})

    assert (created.status_code, created.json()["eccn"]) == (201, "5A992")
    assert client.send("GET", "/inventory-items/a").json() == created.json()


@pytest.mark.parametrize(("sent", "answered"), [("DK", "CA"), ("CA", "US")])
def test_without_values_another_country_is_answered(
    client: CheckedClient, sent: str, answered: str
) -> None:
    client.store.set_faults([Fault(kind=FaultKind.OTHER)])
    body = {"name": "Shoe", "countryOfOrigin": sent, "eccn": "EAR99", "taxCode": "55101.000_A"}

    assert client.send("PUT", "/skus/s", json=body).json()["countryOfOrigin"] == answered


def test_faults_can_aim_at_method_path_id_and_turn(client: CheckedClient) -> None:
    client.store.seed_items([{"id": "a", "partNumber": "P"}])
    client.store.set_faults(
        [
            Fault(kind=FaultKind.STATUS, status=500, method="GET", path="/inventory-items", nth=2),
            Fault(kind=FaultKind.STATUS, status=503, id="b"),
            Fault(kind=FaultKind.STATUS, status=408, path="/inventory-items/*", count=1),
        ]
    )
    sent = [
        ("GET", "/inventory-items", None),
        ("GET", "/inventory-items/a", None),
        ("GET", "/inventory-items/a", None),
        ("GET", "/inventory-items", None),
        ("GET", "/inventory-items", None),
        ("POST", "/inventory-items", {"id": "b", "partNumber": "P"}),
        ("DELETE", "/inventory-items/b", None),
        ("POST", "/inventory-items", {"id": "c", "partNumber": "P"}),
    ]
    statuses = [client.send(method, path, json=body).status_code for method, path, body in sent]

    assert statuses == [200, 408, 200, 500, 200, 503, 503, 201]


def test_chance_is_the_same_for_the_same_seed(client: CheckedClient) -> None:
    fault = Fault(kind=FaultKind.STATUS, probability=0.5)

    def outcomes() -> list[int]:
        client.store.set_faults([fault])
        return [client.send("GET", "/skus").status_code for _ in range(40)]

    first = outcomes()
    assert first == outcomes()
    assert 8 <= first.count(503) <= 32


async def test_without_a_server_a_fault_that_breaks_connections_says_what_it_needs() -> None:
    app = build_app(SandboxSettings(faults=(Fault(kind=FaultKind.LOST),)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        with pytest.raises(SandboxError, match="running_sandbox"):
            await client.get("/skus")


def test_a_stopping_sandbox_waits_for_no_slow_answer() -> None:
    fault = Fault(kind=FaultKind.SLOW, seconds=110)
    answers: list[int] = []
    with running_sandbox(SandboxSettings(faults=(fault,))) as sandbox:
        url = f"{sandbox.url}/skus"
        asking = threading.Thread(
            target=lambda: answers.append(httpx.get(url, timeout=60).status_code)
        )
        asking.start()
        wait_until(lambda: bool(sandbox.store.requests()))
    asking.join(30)

    assert answers == [401]
