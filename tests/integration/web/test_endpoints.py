"""Who is let in, what every answer has, and what health says to whom."""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace

import httpx
import pytest

from syncd.config import ServiceSettings
from syncd.errors import ConfigurationError
from syncd.service.pulse import Trouble
from syncd.web import server
from syncd.web.app import application
from syncd.web.doorway import Doorway
from syncd.web.server import serving
from tests.integration.web.room import BEARER, TOKEN, Room, visited
from tests.ports import free_port
from tests.shop import wait_until

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HTML = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def room(rooms: Room) -> Room:
    """The one room of these tests, in which all is well and nobody needs a token."""
    rooms.begin_anew()
    rooms.work_well()
    return rooms


@pytest.fixture
def client(room: Room, clients: httpx.Client) -> httpx.Client:
    assert room.settings.service.token is None
    clients.cookies.clear()
    return clients


# -------------------------------------------------------------------------------- health


def test_one_that_works_is_healthy_and_ready(client: httpx.Client) -> None:
    for path, word in (("/healthz", "healthy"), ("/readyz", "ready")):
        assert (client.get(path).status_code, client.get(path).text) == (200, f"{word}\n")
        assert client.get(path, headers=JSON).json() == {word: True, "reasons": []}
        assert client.head(path).status_code == 200


def test_a_loop_that_is_stuck_is_told_by_both(room: Room, client: httpx.Client) -> None:
    room.seconds = 60
    health, ready = client.get("/healthz"), client.get("/readyz", headers=JSON)

    assert (health.status_code, ready.status_code) == (503, 503)
    assert health.text == "not healthy\nloop: The loop that works has been stuck for 60 s.\n"
    assert [one["cause"] for one in ready.json()["reasons"]] == ["loop"]


def test_what_keeps_it_from_working_is_told_by_readyz_alone(
    room: Room, client: httpx.Client
) -> None:
    room.pulse.trouble(Trouble.KEY, "The key was refused. Put the right one in.")

    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.text == "not ready\nkey: The key was refused. Put the right one in.\n"


def test_strangers_are_told_yes_or_no(room: Room, client: httpx.Client) -> None:
    room.configure(token=TOKEN)
    room.pulse.trouble(Trouble.KEY, "The key was refused. Put the right one in.")

    assert client.get("/readyz").text == "not ready\n"
    assert client.get("/readyz", headers=JSON).json() == {"ready": False, "reasons": []}
    assert "refused" in client.get("/readyz", headers=BEARER).text


# -------------------------------------------------------------------------- who is let in


@pytest.mark.parametrize("path", ["/metrics", "/", "/nowhere"])
def test_with_a_token_nothing_else_is_told_without_it(
    room: Room, client: httpx.Client, path: str
) -> None:
    room.configure(token=TOKEN)
    refused = client.get(path)

    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert client.get(path, headers=BEARER).status_code != 401
    assert client.get(path, headers={"Authorization": "Bearer another-long-word"}).is_error
    assert client.get(path, params={"token": TOKEN}).status_code == 401


def test_people_are_asked_for_the_token_and_come_back_to_where_they_were(
    room: Room, client: httpx.Client
) -> None:
    room.configure(token=TOKEN)
    asked = client.get("/sku/a.b", headers=HTML)
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=/sku/a.b")
    form = client.get(asked.headers["location"])
    assert form.status_code == 200
    assert 'value="/sku/a.b"' in form.text

    wrong = client.post("/login", data={"token": "guess", "next": "/"})
    assert (wrong.status_code, "not the token" in wrong.text) == (401, True)
    assert client.get("/metrics").status_code == 401

    entered = client.post("/login", data={"token": TOKEN, "next": "/sku/a.b"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/sku/a.b")
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in cookie
    assert client.get("/metrics").status_code == 200
    client.cookies.set("an/other", "of a program on the same host")
    assert client.get("/metrics").status_code == 200
    room.configure(token="another-long-word")
    assert client.get("/metrics").status_code == 401


def test_behind_a_proxy_with_encryption_the_cookie_stays_there(
    room: Room, client: httpx.Client
) -> None:
    room.configure(token=TOKEN)
    through = {"X-Forwarded-Proto": "https"}
    entered = client.post("/login", data={"token": TOKEN}, headers=through)

    assert "; secure" in entered.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "", "x", "/a\r\nb: c"]
)
def test_a_login_leads_nowhere_else(room: Room, client: httpx.Client, target: str) -> None:
    room.configure(token=TOKEN)
    entered = client.post("/login", data={"token": TOKEN, "next": target})

    assert (entered.status_code, entered.headers["location"]) == (303, "/")


def test_a_target_is_shown_as_text(room: Room, client: httpx.Client) -> None:
    room.configure(token=TOKEN)

    assert "<script" not in client.get('/login?next=/"><script>').text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9464", 200),
        ("localhost", 200),
        ("[::1]:80", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
        ("syncd.example.com", 421),
    ],
)
def test_a_name_that_is_made_to_lead_here_leads_nowhere(
    client: httpx.Client, host: str, status: int
) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == status


def test_names_of_a_proxy_are_taken_where_they_are_configured(
    room: Room, client: httpx.Client
) -> None:
    room.configure(hosts=["Syncd.example.com"], token=TOKEN)

    assert client.get("/healthz", headers={"Host": "syncd.example.com"}).status_code == 200
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 401),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Cookie": "syncd=x"}, 403),
        ({"Origin": "SELF"}, 401),
        ({"Origin": "https://syncd.example.com"}, 401),
    ],
)
def test_a_form_of_somebody_else_is_not_taken(
    room: Room, client: httpx.Client, headers: dict[str, str], status: int
) -> None:
    room.configure(token=TOKEN, hosts=["syncd.example.com"])
    own = {name: str(client.base_url) if one == "SELF" else one for name, one in headers.items()}
    own = {name: one.rstrip("/") for name, one in own.items()}

    assert client.post("/login", data={"token": "guess"}, headers=own).status_code == status


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/login", "/nowhere", "/"])
def test_every_answer_keeps_a_browser_to_this_page(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in {"no-referrer", "same-origin"}
    assert "server" not in headers


def test_a_refusal_has_them_too(room: Room, client: httpx.Client) -> None:
    room.configure(token=TOKEN)

    assert "content-security-policy" in client.get("/metrics").headers


@pytest.mark.parametrize(
    ("listen", "hosts", "token", "fine"),
    [
        ("127.0.0.1:9464", [], None, True),
        ("localhost:9464", [], None, True),
        ("[::1]:9464", [], None, True),
        ("off", [], None, True),
        ("0.0.0.0:9464", [], None, False),
        ("[::]:9464", [], None, False),
        ("192.0.2.7:9464", [], None, False),
        ("shop.example.com:9464", [], None, False),
        ("127.0.0.1:9464", ["syncd.example.com"], None, False),
        ("0.0.0.0:9464", [], TOKEN, True),
        ("127.0.0.1:9464", ["syncd.example.com"], TOKEN, True),
        ("127.0.0.1:9464", [], "short", False),
        ("127.0.0.1:9464", [], "with a space in it all", False),
    ],
)
def test_nobody_else_gets_in_without_a_token(
    listen: str, hosts: list[str], token: str | None, fine: bool
) -> None:
    tree = {"listen": listen, "hosts": hosts, "token": token}
    with ExitStack() as stack:
        if not fine:
            stack.enter_context(pytest.raises(ValueError, match="token"))
        ServiceSettings.model_validate(tree)


# -------------------------------------------------------------------------- the server


def test_a_port_that_is_taken_is_waited_for_as_by_who_stands_by(room: Room) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving(application(room.desk()), f"127.0.0.1:{port}") as served:
            before = served.address
            taken.close()
            wait_until(lambda: _answers(port))
            assert (before, served.address) == (None, f"http://127.0.0.1:{port}")
    assert not _answers(port)


def test_a_port_that_is_taken_is_not_moved_to(room: Room) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        serving(application(room.desk()), f"127.0.0.1:{free_port()}") as served,
        pytest.raises(ConfigurationError, match=r"service\.listen.*in use.*Set"),
    ):
        served.move_to(f"127.0.0.1:{taken.getsockname()[1]}")


def test_whoever_waits_for_a_port_can_be_stopped(room: Room) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        others = threading.enumerate()
        with serving(application(room.desk()), f"127.0.0.1:{taken.getsockname()[1]}") as served:
            served.move_to("off")
            assert threading.enumerate() == others


@pytest.mark.parametrize("listen", ["nowhere.invalid:9464", "192.0.2.1:9464"])
def test_an_address_that_is_not_of_this_machine_is_told(room: Room, listen: str) -> None:
    with pytest.raises(ConfigurationError, match=listen):
        serving(application(room.desk()), listen).__enter__()


def test_it_moves_with_the_configuration_and_stays_where_it_cannot(room: Room) -> None:
    first, second = free_port(), free_port()
    with serving(application(room.desk()), f"127.0.0.1:{first}") as served:
        served.move_to(f"localhost:{first}")  # the same port by another name
        assert _answers(first)
        served.move_to(f"127.0.0.1:{second}")
        assert (_answers(first), _answers(second)) == (False, True)
        with pytest.raises(ConfigurationError):
            served.move_to("192.0.2.1:9464")
        assert _answers(second)
        served.move_to("off")
        assert not _answers(second)
        assert served.address is None
        served.move_to(f"127.0.0.1:{second}")
        assert _answers(second)
    assert not _answers(second)


def test_the_rules_of_an_address_change_with_it_and_not_before(room: Room) -> None:
    guarded = ServiceSettings.model_validate({"listen": f"127.0.0.1:{free_port()}", "token": TOKEN})
    doorway = Doorway(guarded)
    desk = replace(
        room.desk(),
        settings=lambda: room.settings.model_copy(update={"service": doorway.service}),
    )
    with socket.create_server(("127.0.0.1", 0)) as taken, doorway.open(application(desk)):
        open_one = {"listen": f"127.0.0.1:{taken.getsockname()[1]}"}
        with pytest.raises(ConfigurationError, match="in use"):
            doorway.change(ServiceSettings.model_validate(open_one))
        assert httpx.get(f"http://{guarded.listen}/metrics").status_code == 401

        free = ServiceSettings.model_validate({"listen": f"127.0.0.1:{free_port()}"})
        doorway.change(free)
        assert httpx.get(f"http://{free.listen}/metrics").status_code == 200


@pytest.mark.parametrize("host", ["[", "[::1", "]", ""])
def test_a_host_that_makes_no_sense_is_refused(client: httpx.Client, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code in {400, 421}


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).text in {
            "healthy\n",
            "not healthy\n",
        }
    except httpx.ConnectError:
        return False


def test_garbage_and_visitors_who_go_away_harm_nobody(room: Room, client: httpx.Client) -> None:
    assert room.settings.service.token is None
    place = (client.base_url.host, client.base_url.port or 0)
    for garbage in (b"\x00\xff" * 999, b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"x" * 99_999):
        with socket.create_connection(place) as line, suppress(OSError):
            line.sendall(garbage)
            line.shutdown(socket.SHUT_WR)
            line.recv(999)
    with socket.create_connection(place) as line:
        line.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nx")

    assert client.get("/healthz").status_code == 200


def test_whoever_connects_and_says_nothing_has_to_go(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "FIRST_WORDS", 0.5)
    with visited(room) as client, ExitStack() as stack:
        place = (client.base_url.host, client.base_url.port or 0)
        lines = [stack.enter_context(socket.create_connection(place)) for _ in range(10)]
        wait_until(lambda: _closed(lines) == 10)
        assert client.get("/healthz").status_code == 200
        time.sleep(0.6)
        assert client.get("/healthz").status_code == 200  # over the same connection


def test_of_too_many_who_connect_some_have_to_go_at_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "FIRST_WORDS", 60.0)
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 20)
    with visited(room) as client, ExitStack() as stack:
        place = (client.base_url.host, client.base_url.port or 0)
        lines = [stack.enter_context(socket.create_connection(place)) for _ in range(30)]
        wait_until(lambda: _closed(lines) >= 10)
        assert _closed(lines) == 10


def test_whoever_begins_a_second_request_and_does_not_end_it_has_to_go(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "FIRST_WORDS", 0.4)
    with visited(room) as client:
        place = (client.base_url.host, client.base_url.port or 0)
        whole = f"GET /healthz HTTP/1.1\r\nHost: {place[0]}\r\n\r\n".encode()
        with socket.create_connection(place) as line:
            for _ in range(2):
                line.sendall(whole)
                answer = b""
                while not answer.endswith(b"healthy\n"):
                    answer += line.recv(999)
            began, was_ended = time.monotonic(), False
            with suppress(OSError):  # as slow as it goes, a byte after the other
                for byte in whole[:30].ljust(1000, b"a"):
                    line.sendall(bytes([byte]))
                    was_ended = _closed([line]) == 1
                    if was_ended:
                        break
                    time.sleep(0.05)
            assert was_ended
            assert time.monotonic() - began > 0.3
        assert client.get("/healthz").status_code == 200


def _closed(lines: list[socket.socket]) -> int:
    """How many of them the other side has ended; it says nothing else."""
    return len(select.select(lines, [], [], 0)[0])


def test_an_answer_is_sent_at_once(client: httpx.Client) -> None:
    def seconds() -> float:
        began = time.monotonic()
        client.get("/healthz")
        return time.monotonic() - began

    for _ in range(5):
        client.get("/healthz")
    assert any(seconds() < 0.03 for _ in range(100))  # all would wait 40 ms for an acknowledgement
