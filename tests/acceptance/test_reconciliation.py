"""What the command is for: items equal to the catalog, and nothing written that changes nothing."""

from __future__ import annotations

import orjson

from tests.acceptance.kills.stage import Stage
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, item_of, row, writes


def test_once_leaves_items_equal_to_the_catalog(shop: Shop, sandbox: SandboxProcess) -> None:
    rows = [row(number, hs="", oversell="true") for number in range(5)]
    rows += [row(5, origin=" ca "), row(6, hs="640420"), row(7, eccn="")]
    shop.stock(rows)

    run = shop.run("--once")

    assert run.code == 0, run.stderr
    items = sandbox.items()
    assert len(items) == 8
    assert items["SKU-0005"] == item_of(row(5, origin="CA"))
    assert items["SKU-0006"] == item_of(row(6))
    assert items["SKU-0007"] == item_of(row(7))
    without_hs_code = {name: value for name, value in item_of(rows[0]).items() if value != ""}
    assert items["SKU-0000"] == without_hs_code


def test_a_second_run_over_an_untouched_file_asks_nothing(
    shop: Shop, stage: Stage, sandbox: SandboxProcess
) -> None:
    assert stage.run("--once").code == 0
    sandbox.clear_requests()

    run = stage.run("--once", "--format", "json")

    assert run.code == 0
    assert sandbox.requests() == []
    assert run.json()["summary"]["requests"] == 0
    assert run.json()["summary"]["unchanged"] == 12


def test_a_dry_run_asks_and_writes_nothing_anywhere(
    shop: Shop, stage: Stage, sandbox: SandboxProcess
) -> None:
    before = sorted(each.name for each in shop.folder.iterdir())

    run = stage.run("--dry-run")

    assert run.code == 0, run.stderr
    assert writes(sandbox) == []
    assert not shop.state.exists()
    left = {each.name for each in shop.folder.iterdir()} - set(before)
    assert not any("state.db" in name and not _is_pacer(name) for name in left), left


def _is_pacer(name: str) -> bool:
    """The pacer is no state, and the one thing that a dry run touches (product.md, promise 7)."""
    return "pace" in name


def test_a_dry_run_leaves_the_state_as_it_is_byte_for_byte(
    shop: Shop, stage: Stage, sandbox: SandboxProcess
) -> None:
    assert stage.run("--once").code == 0
    before = shop.state.read_bytes()
    shop.stock([row(number, origin="SE") for number in range(3)])
    sandbox.clear_requests()

    assert stage.run("--dry-run").code == 0

    assert shop.state.read_bytes() == before
    assert writes(sandbox) == []


def test_what_a_dry_run_says_is_what_the_next_run_does(
    shop: Shop, stage: Stage, sandbox: SandboxProcess
) -> None:
    sandbox.seed_items([{"id": "SKU-0000", **item_of(row(0, origin="SE"))}])

    planned = stage.run("--dry-run", "--format", "json").json()
    done = stage.run("--once", "--format", "json").json()

    assert {change["outcome"] for change in planned["changes"]} == {"planned"}
    assert {change["outcome"] for change in done["changes"]} == {"done"}
    assert _without_outcome(planned) == _without_outcome(done)
    assert len(planned["changes"]) == 12


def _without_outcome(report: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    return [
        {name: value for name, value in change.items() if name != "outcome"}
        for change in report["changes"]
    ]


def test_a_saved_plan_is_carried_out_without_its_stale_rows(
    shop: Shop, stage: Stage, sandbox: SandboxProcess
) -> None:
    assert stage.run("--once").code == 0
    changed = [row(0, origin="SE"), row(1, origin="CA"), *map(row, range(2, 12))]
    shop.stock(changed)
    plan = shop.folder / "plan.json"
    saved = stage.run("plan", "--out", "plan.json")
    assert saved.code == 0, saved.stderr
    assert plan.stat().st_mode & 0o077 == 0
    assert orjson.loads(plan.read_bytes())["mode"] == "plan"
    assert sandbox.items()["SKU-0000"]["countryOfOrigin"] == "DK"
    shop.stock([row(0, origin="NO"), *changed[1:]])

    run = stage.run("apply", "plan.json", "--format", "json")

    assert sandbox.items()["SKU-0001"]["countryOfOrigin"] == "CA"
    assert sandbox.items()["SKU-0000"]["countryOfOrigin"] == "DK"
    outcomes = {change["id"]: change["outcome"] for change in run.json()["changes"]}
    assert outcomes == {"SKU-0000": "failed", "SKU-0001": "done"}
    assert run.code == 1
