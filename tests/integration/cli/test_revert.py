"""`syncd revert`: undoing a cycle, what is held by it, and letting that go."""

from __future__ import annotations

import pytest

from tests.sandbox_process import SandboxProcess
from tests.shop import Row, Shop, row, writes

FORMATS = ("text", "json", "html", "markdown", "csv")
REFUSED = {
    ("revert",): "Missing argument 'CYCLE'",
    ("revert", "a", "b"): "unexpected extra argument",
    ("revert", "20261121T174000Z-3f9a"): "no such cycle",
    ("revert", "some-cycle", "--dry-run", "--wait", "1m"): "waits for nothing",
    ("release",): "ids or --all",
    ("release", "--all", "SKU-0001"): "ids or --all",
    ("release", "SKU-0001"): "none holds SKU-0001",
}


def moved(count: int, origin: str = "SE") -> list[Row]:
    return [row(number, origin=origin) if number < count else row(number) for number in range(12)]


@pytest.fixture
def wrong(shop: Shop, sandbox: SandboxProcess) -> str:
    """The cycle of this shop that moved two items to another country."""
    shop.configure("[guards]\nmax_update = 3\nmax_same_change = 1.0\n")
    assert shop.run("--once").code == 0
    shop.stock(moved(2))
    run = shop.run("--once", "--format", "json")
    assert run.code == 0
    sandbox.clear_requests()
    return str(run.json()["cycle"])


def test_a_dry_run_shows_the_plan_and_writes_nothing(
    shop: Shop, sandbox: SandboxProcess, wrong: str
) -> None:
    run = shop.run("revert", wrong, "--dry-run", "--format", "json")

    assert run.code == 0, run.stderr
    report = run.json()
    assert [(one["id"], one["outcome"]) for one in report["changes"]] == [
        ("SKU-0000", "planned"),
        ("SKU-0001", "planned"),
    ]
    assert report["changes"][0]["attributes"] == {"countryOfOrigin": {"from": "SE", "to": "DK"}}
    assert writes(sandbox) == []
    assert shop.run("--dry-run", "--exit-code").code == 0


def test_what_is_undone_is_held_and_every_command_tells_why(
    shop: Shop, sandbox: SandboxProcess, wrong: str
) -> None:
    run = shop.run("revert", wrong, "--format", "json")

    assert run.code == 3, run.stderr
    report, reason = run.json(), f"reverted from {wrong}"
    assert report["mode"] == "revert"
    assert [(one["id"], one["rule"]) for one in report["held"]] == [
        ("SKU-0000", reason),
        ("SKU-0001", reason),
    ]
    assert sandbox.items()["SKU-0000"]["countryOfOrigin"] == "DK"
    assert shop.run("--once").code == 3
    assert reason in shop.run("status").stdout
    assert "syncd release SKU-0000" in shop.run("why", "SKU-0000").stdout
    assert "revert" in shop.run("history").stdout
    assert len(writes(sandbox)) == 2


def test_what_is_released_follows_the_catalog_again(
    shop: Shop, sandbox: SandboxProcess, wrong: str
) -> None:
    assert shop.run("revert", wrong).code == 3

    one = shop.run("release", "SKU-0001")
    assert (one.code, "1 SKU released" in one.stdout) == (0, True)
    assert shop.run("--once").code == 3
    assert sandbox.items()["SKU-0001"]["countryOfOrigin"] == "SE"
    assert "1 SKU released" in shop.run("release", "--all").stdout
    assert "No revert holds anything." in shop.run("release", "--all").stdout
    assert shop.run("--once").code == 0
    assert sandbox.items()["SKU-0000"]["countryOfOrigin"] == "SE"


def test_a_stopped_revert_can_be_approved(shop: Shop, sandbox: SandboxProcess, wrong: str) -> None:
    run = shop.run("revert", wrong, "--format", "json", SYNCD_GUARDS__MAX_UPDATE="1")

    assert (run.code, writes(sandbox)) == (4, [])
    cycle = run.json()["cycle"]
    assert f"syncd approve {cycle}" in shop.run("status").stdout
    assert shop.run("approve", cycle).code == 0
    assert shop.run("--once", SYNCD_GUARDS__MAX_UPDATE="1").code == 3
    assert sandbox.items()["SKU-0000"]["countryOfOrigin"] == "DK"


def test_only_some_ids_can_be_undone(shop: Shop, sandbox: SandboxProcess, wrong: str) -> None:
    run = shop.run("revert", wrong, "--only", "SKU-0001", "SKU-0005")

    assert run.code == 3
    assert "did not write SKU-0005" in run.stdout
    assert sandbox.items()["SKU-0000"]["countryOfOrigin"] == "SE"
    assert sandbox.items()["SKU-0001"]["countryOfOrigin"] == "DK"


def test_it_answers_in_every_format(shop: Shop, wrong: str) -> None:
    for shown in FORMATS:
        run = shop.run("revert", wrong, "--dry-run", "--format", shown)
        assert (run.code, "SKU-0001" in run.stdout) == (0, True), shown


def test_it_refuses_what_makes_no_sense(shop: Shop, wrong: str) -> None:
    for arguments, message in REFUSED.items():
        run = shop.run(*arguments)
        assert (run.code, message in run.stderr) == (2, True), (arguments, run.stderr)
