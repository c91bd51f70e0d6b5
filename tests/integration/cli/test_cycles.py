"""What a cycle writes, and what it does not: seen from the command line."""

from __future__ import annotations

import sqlite3

import orjson

from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, item_of, row, writes


def test_a_rewritten_file_with_the_same_rows_costs_no_write(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    assert shop.run("--once").code == 0
    sandbox.clear_requests()
    shop.stock([row(number, origin=" dk", hs="640420") for number in reversed(range(12))])

    assert shop.run("--once").code == 0

    assert writes(sandbox) == []


def test_a_changed_row_is_one_write_of_what_has_changed(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    assert shop.run("--once").code == 0
    sandbox.clear_requests()
    shop.stock([row(0, origin="CA"), *(row(number) for number in range(1, 12))])

    run = shop.run("--once", "--format", "json")

    assert run.code == 0
    [write] = writes(sandbox)
    assert write["path"] == "/inventory-items/SKU-0000"
    assert orjson.loads(write["body"]) == {"countryOfOrigin": "CA"}
    assert run.json()["changes"] == [
        {
            "id": "SKU-0000",
            "action": "update",
            "resource": "inventory_item",
            "outcome": "done",
            "attributes": {"countryOfOrigin": {"from": "DK", "to": "CA"}},
            "revision": run.json()["changes"][0]["revision"],
        }
    ]


def test_an_emptied_value_is_cleared(shop: Shop, sandbox: SandboxProcess) -> None:
    assert shop.run("--once").code == 0
    shop.stock([row(0, hs=""), *(row(number) for number in range(1, 12))])

    assert shop.run("--once").code == 0

    assert "hsCode" not in sandbox.items()["SKU-0000"]


def test_equal_items_are_adopted_without_a_write_and_managed_ones_left_alone(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    sandbox.seed_items([{"id": "SKU-0000", **item_of(row(0))}])
    sandbox.seed_items([{"id": "SKU-0001", **item_of(row(1, origin="SE"))}])
    sandbox.seed_items([{"id": "SKU-0002", "partNumber": "theirs"}])
    sandbox.seed_skus([{"id": "SKU-0002", "managedFulfillment": "DRGlobalFulfillment"}])

    run = shop.run("--once")

    assert run.code == 0, run.stderr
    written = {request["path"].rpartition("/")[2] for request in writes(sandbox)}
    assert written == {"inventory-items", "SKU-0001"}
    assert sandbox.items()["SKU-0001"] == item_of(row(1))
    assert sandbox.items()["SKU-0002"]["partNumber"] == "theirs"


def test_only_these_ids_are_written(shop: Shop, sandbox: SandboxProcess) -> None:
    run = shop.run("--once", "--only", "SKU-0003", "SKU-0004")

    assert run.code == 0, run.stderr
    assert set(sandbox.items()) == {"SKU-0003", "SKU-0004"}


def test_the_journal_has_every_write_with_the_values_before_it(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    assert shop.run("--once").code == 0
    shop.stock([row(0, origin="CA"), *(row(number) for number in range(1, 12))])
    done = shop.run("--once", "--format", "json").json()

    told = shop.run("history", done["cycle"], "--format", "json").json()

    assert told["changes"] == done["changes"]
    with sqlite3.connect(f"file:{shop.state}?mode=ro", uri=True) as state:
        assert state.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    state.close()
