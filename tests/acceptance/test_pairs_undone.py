"""Undoing what a cycle wrote to pairs: both halves go back together, are held, and are let go."""

from __future__ import annotations

import pytest

from tests.acceptance.kills.stage import Stage
from tests.acceptance.pairs import configure, pair, sku_of, stock
from tests.sandbox_process import SandboxProcess
from tests.shop import Row, item_of, writes

WITH_DELETES = "[policy]\ndelete_skus = true\n"
WRONG = (
    pair(0, origin="SE", title="Boot", oversell="true"),
    pair(1, weight="2.5"),
    pair(2, title="Bag"),
    pair(3),
)


@pytest.fixture
def pairs(stage: Stage) -> Stage:
    """A shop with four pairs at Digital River."""
    configure(stage.shop, "max_shrink = 1.0\n" + WITH_DELETES)
    stock(stage.shop, [pair(number) for number in range(4)])
    assert stage.run("--once").code == 0
    return stage


def cycle(pairs: Stage, *rows: Row) -> str:
    """Run over another catalog, and name the cycle."""
    stock(pairs.shop, rows)
    run = pairs.run("--once", "--format", "json")
    assert run.code == 0, run.stdout + run.stderr
    return str(run.json()["cycle"])


def told(report: dict[str, list[dict[str, str]]]) -> list[tuple[str, str, str]]:
    return [(one["id"][-1], one["resource"], one["action"]) for one in report["changes"]]


def test_what_was_changed_in_both_halves_goes_back_unless_others_have_changed_it_since(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    wrong = cycle(pairs, *WRONG)
    theirs = sku_of(WRONG[2]) | {"name": "Theirs"}
    sandbox.seed_skus([{"id": "SKU-0002", **theirs}])
    before = pairs.run("revert", wrong, "--dry-run", "--format", "json").json()

    run = pairs.run("revert", wrong, "--format", "json")

    assert run.code == 3, run.stdout + run.stderr
    assert (
        told(before)
        == told(run.json())
        == [
            ("0", "sku", "update"),
            ("0", "inventory_item", "update"),
            ("1", "sku", "update"),
            ("2", "sku", "update"),
        ]
    )
    assert [one.get("failure", {}).get("code") for one in run.json()["changes"]] == [
        *[None] * 3,
        "changed_since",
    ]
    assert sandbox.skus()["SKU-0002"] == theirs
    for number in (0, 1, 3):
        assert sandbox.skus()[f"SKU-000{number}"] == sku_of(pair(number))
        assert sandbox.items()[f"SKU-000{number}"] == item_of(pair(number))
    sandbox.clear_requests()
    assert pairs.run("--once").code == 3, "what is undone is held"
    assert writes(sandbox) == []
    assert pairs.run("release", "--all").code == 0
    assert pairs.run("--once").code == 0
    assert sandbox.skus()["SKU-0000"]["name"] == "Boot"
    assert sandbox.items()["SKU-0000"]["countryOfOrigin"] == "SE"


def test_pairs_that_were_made_are_deleted_item_first_and_those_that_went_are_made_again(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    made = cycle(pairs, *(pair(number) for number in range(6)))
    sandbox.clear_requests()

    assert pairs.run("revert", made).code == 3

    sent = [(one["method"], one["path"].rsplit("/", 1)) for one in writes(sandbox)]
    for number in (4, 5):
        item, sku = f"SKU-000{number}", f"SKU-000{number}"
        assert sent.index(("DELETE", ["/inventory-items", item])) < sent.index(
            ("DELETE", ["/skus", sku])
        )
    assert sorted(sandbox.skus()) == sorted(sandbox.items()) == [f"SKU-000{n}" for n in range(4)]
    gone = cycle(pairs, pair(0), pair(1))
    assert len(sandbox.skus()) == 2

    assert pairs.run("revert", gone, "--only", "SKU-0003").code == 3

    assert sandbox.skus()["SKU-0003"] == sku_of(pair(3))
    assert sandbox.items()["SKU-0003"] == item_of(pair(3))
    assert "SKU-0002" not in sandbox.items()
