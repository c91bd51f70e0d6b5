"""The exit code describes the standing state, as product.md has it."""

from __future__ import annotations

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, row


def test_0_where_every_sku_is_in_sync(shop: Shop) -> None:
    assert shop.run("--once").code == 0
    assert shop.run("--once").code == 0


@pytest.mark.parametrize("shown", ["text", "json"])
def test_3_where_a_row_is_held_also_when_nothing_had_to_be_done(shop: Shop, shown: str) -> None:
    shop.stock([row(0), row(1, origin="UK")])

    for _ in range(2):
        run = shop.run("--once", "--format", shown)

        assert run.code == 3
        last = (run.stdout if shown == "text" else run.stderr).splitlines()[-1]
        assert last.startswith("exit 3: ")


def test_3_where_a_sku_is_quarantined(shop: Shop) -> None:
    shop.stock([row(0), row(1, maker="unknown")])

    assert shop.run("--once").code == 3


def test_4_where_a_guard_stopped_a_part_and_the_rest_went_on(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    shop.configure("[guards]\nmax_update = 3\n")
    assert shop.run("--once").code == 0
    changed = [row(number, mpn=f"Q-{number}") for number in range(12)]
    shop.stock([*changed, row(12)])

    run = shop.run("--once", "--format", "json")

    assert run.code == 4
    assert [stop["guard"] for stop in run.json()["guards"]] == ["max_update"]
    assert sandbox.items()["SKU-0000"]["partNumber"] == "P-0"
    assert "SKU-0012" in sandbox.items()


def test_1_goes_before_4_and_4_before_3(shop: Shop, sandbox: SandboxProcess) -> None:
    shop.configure("[guards]\nmax_update = 3\n")
    assert shop.run("--once").code == 0
    changed = [row(number, mpn=f"Q-{number}") for number in range(11)]
    shop.stock([*changed, row(11, origin="UK")])
    assert shop.run("--once").code == 4

    shop.stock([*changed, row(11, origin="UK"), row(12)])
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=503, method="POST")])

    assert shop.run("--once", "--wait", "0").code == 1


def test_5_where_a_dry_run_found_changes_and_was_asked_to_tell(shop: Shop) -> None:
    assert shop.run("--dry-run").code == 0
    assert shop.run("--dry-run", "--exit-code").code == 5
    assert shop.run("--once").code == 0
    assert shop.run("--dry-run", "--exit-code").code == 0


def test_1_where_writes_are_still_due_after_the_waiting_and_0_once_they_are_done(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=503, method="POST", id="SKU-0003")])

    assert shop.run("--once", "--wait", "0").code == 1
    assert len(sandbox.items()) == 11

    sandbox.set_faults([])
    assert shop.run("--once", "--wait", "10s").code == 0
    assert len(sandbox.items()) == 12


def test_back_offs_are_waited_out(shop: Shop, sandbox: SandboxProcess) -> None:
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=503, method="POST", count=3)])

    assert shop.run("--once", "--wait", "20s").code == 0
    assert len(sandbox.items()) == 12


def test_1_where_the_key_is_refused_and_nothing_more_is_asked(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=401)])

    run = shop.run("--once")

    assert run.code == 1
    assert sandbox.statistics()["requests"] <= 2


@pytest.mark.parametrize(
    "line",
    [
        "--once --dry-run",
        "--only SKU-0001",
        "--once --wait soon",
        "--once --only a/b",
        "--once status",
        "frobnicate",
        "why",
        "why a b",
        "why a/b",
        "status --format yaml",
        "apply",
        "plan",
        "quarantine retry",
        "quarantine retry --all SKU-0001",
        "quarantine retry SKU-0001",
        "items SKU-0001 --part-number P-1",
        "history no-such-cycle",
        "sandbox --host 0.0.0.0",
        "sandbox --fault 418",
    ],
)
def test_2_for_wrong_usage(shop: Shop, line: str) -> None:
    run = shop.run(*line.split())

    assert run.code == 2, run
    assert run.stdout == ""
    assert run.stderr != ""
