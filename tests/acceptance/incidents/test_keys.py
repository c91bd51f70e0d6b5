"""A live key travels only over verified HTTPS, and only with a state that was made live."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.acceptance.fronts import CERTIFICATE, Front, altering, encrypting
from tests.acceptance.kills.stage import Stage
from tests.sandbox_process import SandboxProcess
from tests.shop import KEY, Shop, writes

LIVE: Final = "sk_4fT9wQ1xZ8bN6mK2"
TRUSTED: Final = {"SSL_CERT_FILE": str(CERTIFICATE)}
"""The environment of an operator who trusts the front's certificate."""


@pytest.fixture
def front(sandbox: SandboxProcess) -> Iterator[Front]:
    with encrypting(sandbox.url) as front:
        yield front


def use(shop: Shop, key: str, url: str) -> None:
    """Have the shop's next runs use another key and base URL."""
    text = shop.configuration.read_text()
    lines = [
        f'base_url = "{url}"'
        if line.startswith("base_url")
        else f'api_key = "{key}"'
        if line.startswith("api_key")
        else line
        for line in text.splitlines()
    ]
    shop.configuration.write_text("\n".join([*lines, ""]))


def secure(front: Front) -> str:
    return f"https://localhost:{front.port}"


def test_a_live_key_is_not_sent_to_whom_nobody_vouches_for(
    shop: Shop, stage: Stage, front: Front
) -> None:
    use(shop, LIVE, secure(front))

    run = stage.run("--once", "--wait", "0")

    assert run.code == 1
    assert "certificate verify failed" in run.stdout
    assert front.callers > 0
    assert front.heard == b""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "api.digitalriver.com"])
def test_a_live_key_is_not_sent_unencrypted(stage: Stage, host: str) -> None:
    stage.shop.configure(url=f"http://{host}:1")
    use(stage.shop, LIVE, f"http://{host}:1")

    ended = stage.run("--once")

    assert ended.code == 2
    assert "base_url must begin with https://" in ended.stderr
    assert LIVE not in ended.stderr


@pytest.mark.parametrize("setting", ["verify = false", "insecure = true", 'ca_file = "x.pem"'])
def test_nothing_in_the_configuration_switches_verification_off(stage: Stage, setting: str) -> None:
    stage.shop.configure()
    text = stage.shop.configuration.read_text()
    stage.shop.configuration.write_text(text.replace("[state]", f"{setting}\n[state]"))

    ended = stage.run("--once")

    assert ended.code == 2
    assert setting.partition(" ")[0] in ended.stderr


def test_a_live_key_swapped_in_does_not_travel_with_a_state_made_with_a_test_key(
    shop: Shop, stage: Stage, front: Front, sandbox: SandboxProcess
) -> None:
    assert stage.run("--once").code == 0
    before = sandbox.items()
    use(shop, LIVE, secure(front))

    lines = {"--once": 4, "--dry-run": 0, "items SKU-0001": 1, "check": 1, "why SKU-0001": 0}
    for line, code in lines.items():
        run = stage.run(*line.split())

        assert run.code == code, run
        said = " ".join((run.stdout + run.stderr).split())
        assert "it is a live key, and this state was made with a test key" in said
        assert "Put the old key back" in said or line.startswith("why")
        assert LIVE not in said
    assert front.callers == 0
    assert sandbox.items() == before

    use(shop, KEY, sandbox.url)
    sandbox.clear_requests()
    assert stage.run("--once").code == 0
    assert sandbox.requests() == []


def test_a_test_key_swapped_in_does_nothing_to_a_state_that_was_made_live(
    shop: Shop, stage: Stage, front: Front, sandbox: SandboxProcess
) -> None:
    use(shop, LIVE, secure(front))
    trusting = shop.run("--once", **TRUSTED)
    assert trusting.code == 0, trusting
    assert LIVE not in trusting.stdout + trusting.stderr
    assert LIVE.encode() in front.heard
    assert len(sandbox.items()) == 12
    use(shop, KEY, sandbox.url)
    sandbox.clear_requests()

    run = stage.run("--once")

    assert run.code == 4
    assert "it is a test key, and this state was made with a live key" in run.stdout
    assert sandbox.requests() == []
    files = [each for each in shop.folder.rglob("*") if each != shop.configuration]
    assert [each for each in files if LIVE.encode() in each.read_bytes()] == []


def test_an_answer_from_the_other_mode_stops_everything_at_once(
    stage: Stage, sandbox: SandboxProcess
) -> None:
    def as_live(answer: bytes) -> bytes:
        return answer.replace(b'"liveMode":false', b'"liveMode":true ')

    with altering(sandbox.url, as_live) as front:
        stage.shop.configure(url=f"http://127.0.0.1:{front.port}")
        text = stage.shop.configuration.read_text()
        one_by_one = "max_in_flight = 1\n[state]"
        stage.shop.configuration.write_text(text.replace("[state]", one_by_one))
        stage.shop.stock([{"sku": f"SKU-{number}", "mpn": "P"} for number in range(9)])

        ended = stage.run("--once")

    assert ended.code == 1
    assert "the key is a test key, but the answer shows live data" in ended.stdout
    assert len(writes(sandbox)) == 1
