"""Who gets to a fleet's page and figures: by the rules of the daemon's own."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import httpx
import pytest

from syncd.config import ServiceSettings
from syncd.service.pulse import Pulse
from syncd.web.fleet import FleetDesk, fleet_application

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TOKEN = "a-long-word-that-nobody-guesses"
SAID = {"Authorization": f"Bearer {TOKEN}"}
GUARDED = {"listen": "0.0.0.0:9464", "token": TOKEN}


def client(**service: object) -> httpx.AsyncClient:
    ticks = count(step=1000)
    pulse = Pulse(lambda: NOON, lambda: next(ticks))
    desk = FleetDesk(
        names=lambda: ("acme",),
        problems=dict,
        board=dict,
        errands=lambda: {"todo": 1},
        command=lambda _, words: words,
        pulse=pulse,
        service=ServiceSettings.model_validate(service),
        now=lambda: NOON,
        version="1",
    )
    transport = httpx.ASGITransport(fleet_application(desk))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9464")


@pytest.mark.parametrize("path", ["/", "/metrics"])
async def test_without_the_token_nothing_is_told_of_the_fleet(path: str) -> None:
    asked = client(**GUARDED)
    refused = await asked.get(path)
    assert (refused.status_code, "acme" in refused.text) == (401, False)
    assert "--token-file" in refused.text
    guessed = await asked.get(path, headers={"Authorization": "Bearer guess"})
    assert guessed.status_code == 401
    assert (await asked.get(path, headers=SAID)).status_code == 200


async def test_people_say_the_token_once_and_come_to_the_page() -> None:
    asked = client(**GUARDED)
    sent = await asked.get("/", headers={"Accept": "text/html"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=/")
    assert "--token-file" in (await asked.get("/login")).text
    entered = await asked.post("/login", data={"token": TOKEN, "next": "/"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert "acme" in (await asked.get("/")).text


async def test_strangers_are_told_whether_it_lives_and_nothing_else() -> None:
    asked = client(**GUARDED)
    stranger, known = await asked.get("/healthz"), await asked.get("/healthz", headers=SAID)
    assert stranger.status_code == known.status_code == 503
    assert stranger.text.splitlines() == known.text.splitlines()[:1] == ["not healthy"]
    assert "loop" in known.text


async def test_a_proxy_may_ask_under_a_name_that_was_given_and_under_no_other() -> None:
    asked = client(hosts=["fleet.example.com"], token=TOKEN)
    status = {
        name: (await asked.get("/metrics", headers={**SAID, "Host": name})).status_code
        for name in ("fleet.example.com", "evil.example.com", "127.0.0.1")
    }
    assert status == {"fleet.example.com": 200, "evil.example.com": 421, "127.0.0.1": 200}
    assert "--host" in (await asked.get("/", headers={"Host": "evil.example.com"})).text
