"""`syncd approve`: from a stop to its rows being written, and what it refuses."""

from __future__ import annotations

import pytest

from tests.sandbox_process import SandboxProcess
from tests.shop import Row, Shop, row, writes

LIMIT = "[guards]\nmax_update = 3\nmax_same_change = 1.0\n"
FORMATS = ("text", "json", "html", "markdown", "csv")


def moved(count: int, origin: str = "SE") -> list[Row]:
    return [row(number, origin=origin) if number < count else row(number) for number in range(12)]


@pytest.fixture
def stopped(shop: Shop, sandbox: SandboxProcess) -> str:
    """The cycle of this shop that stopped six updates."""
    shop.configure(LIMIT)
    assert shop.run("--once").code == 0
    shop.stock(moved(6))
    run = shop.run("--once", "--format", "json")
    assert run.code == 4
    sandbox.clear_requests()
    return str(run.json()["cycle"])


def test_what_was_stopped_is_written_by_the_next_cycle(
    shop: Shop, sandbox: SandboxProcess, stopped: str
) -> None:
    run = shop.run("approve", stopped)

    assert run.code == 0, run.stderr
    assert "6 changes approved until " in run.stdout
    assert "syncd --once" in run.stdout
    assert sandbox.requests() == []
    assert shop.run("--dry-run", "--exit-code").code == 5
    assert shop.run("--once").code == 0
    assert len(writes(sandbox)) == 6
    assert sandbox.items()["SKU-0005"]["countryOfOrigin"] == "SE"


def test_rows_that_moved_on_are_told_and_not_written(
    shop: Shop, sandbox: SandboxProcess, stopped: str
) -> None:
    shop.stock([row(0, origin="IT"), *moved(6)[1:]])
    assert shop.run("--once").code == 4

    told = shop.run("approve", stopped, "--format", "json").json()

    assert told["approved"] == [
        {
            "action": "update",
            "count": 5,
            "guards": "max_update",
            "examples": "SKU-0001, SKU-0002, SKU-0003, SKU-0004, SKU-0005",
        }
    ]
    [left_out] = told["left_out"]
    assert (left_out["count"], left_out["examples"]) == (1, "SKU-0000")
    assert "1 change is left out." in told["sentence"]
    assert shop.run("--once").code == 0
    assert sandbox.items()["SKU-0000"]["countryOfOrigin"] == "IT"


def test_it_answers_in_every_format(shop: Shop, stopped: str) -> None:
    for shown in FORMATS:
        run = shop.run("approve", stopped, "--format", shown)
        assert (run.code, bool(run.stdout)) == (0, True)


def test_report_status_and_history_name_the_command(shop: Shop, stopped: str) -> None:
    command = f"syncd approve {stopped}"

    assert command in shop.run("status").stdout
    history = shop.run("history", stopped)
    assert command in history.stdout
    assert "6 updates were stopped by max_update" in history.stdout
    dry_run = shop.run("--dry-run").stdout
    assert "SYNCD_GUARDS__MAX_UPDATE=6 syncd --once" in dry_run
    assert "syncd approve " not in dry_run


def test_a_shrunken_catalog_may_be_accepted(shop: Shop) -> None:
    assert shop.run("--once").code == 0
    shop.stock(moved(0)[:6])
    shrunk = shop.run("--once", "--format", "json")
    assert [stop["guard"] for stop in shrunk.json()["guards"]] == ["max_shrink"]

    run = shop.run("approve", shrunk.json()["cycle"])

    assert run.code == 0, run.stderr
    assert "may have 6 rows from now on" in run.stdout
    assert shop.run("--once").code == 0


def test_2_where_nothing_can_be_approved(shop: Shop, sandbox: SandboxProcess) -> None:
    quiet = shop.run("--once", "--format", "json").json()["cycle"]
    shop.stock([])
    empty = shop.run("--once", "--format", "json").json()["cycle"]

    for arguments, words in (
        ((), "Missing argument"),
        (("no-such-cycle",), "there is no such cycle"),
        ((quiet,), "no guard stopped anything in it"),
        ((empty,), "an empty catalog cannot be approved: mend the catalog"),
    ):
        run = shop.run("approve", *arguments)
        assert (run.code, run.stdout) == (2, "")
        assert words in run.stderr


def test_a_changed_mapping_waits_for_approval(shop: Shop, sandbox: SandboxProcess) -> None:
    first = shop.run("--once")
    assert "This state is new" in first.stdout
    text = shop.configuration.read_text()
    shop.configuration.write_text(text.replace('part_number = "mpn"', 'part_number = "sku"'))
    sandbox.clear_requests()

    run = shop.run("--once", "--format", "json")

    assert run.code == 4
    stops = {stop["guard"]: stop for stop in run.json()["guards"]}
    assert "the mapping has changed since the last plan" in stops["canary"]["message"]
    assert writes(sandbox) == []
    assert shop.run("approve", run.json()["cycle"]).code == 0
    assert shop.run("--once").code == 0
    assert sandbox.items()["SKU-0000"]["partNumber"] == "SKU-0000"
