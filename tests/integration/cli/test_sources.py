"""Catalogs that are no single file, from the command line: a database, and a join."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Sequence
from contextlib import closing

import pytest

from tests.sandbox_process import SandboxProcess
from tests.shop import COLUMNS, Row, Shop, row, writes

DATABASE = """\
type = "sql"
url = "sqlite:///shop.db"
table = "products"
updated_column = "updated_at"
deleted_column = "deleted"
overlap = "0"
"""
JOIN = '[[catalog.join]]\nname = "erp"\nkey = "item_no"\npath = "erp.csv"\n'


@pytest.fixture
def database(shop: Shop) -> Shop:
    """The shop's rows in a database."""
    text = shop.configuration.read_text()
    shop.configuration.write_text(text.replace('type = "file"\npath = "catalog.csv"\n', DATABASE))
    with closing(sqlite3.connect(shop.folder / "shop.db")) as catalog, catalog:
        catalog.execute(
            f"CREATE TABLE products ({', '.join(COLUMNS)}, updated_at INTEGER, deleted INTEGER)"
        )
    change(shop, [row(number) for number in range(12)], at=1)
    return shop


def change(shop: Shop, rows: Sequence[Row], at: int, *, deleted: bool = False) -> None:
    """Write rows into the database, as changed at a moment."""
    with closing(sqlite3.connect(shop.folder / "shop.db")) as catalog, catalog:
        for one in rows:
            catalog.execute("DELETE FROM products WHERE sku = ?", (one["sku"],))
            values = [*(one[name] for name in COLUMNS), at, int(deleted)]
            marks = ", ".join("?" * len(values))
            catalog.execute(f"INSERT INTO products VALUES ({marks})", values)  # noqa: S608 - marks


def test_changes_alone_are_read_where_that_is_asked_for(
    database: Shop, sandbox: SandboxProcess
) -> None:
    assert database.run("--once").code == 0
    sandbox.clear_requests()
    change(database, [row(3, origin="CA")], at=2)
    change(database, [row(4)], at=3, deleted=True)

    rehearsal = database.run("--dry-run", "--incremental", "--format", "json").json()
    run = database.run("--once", "--incremental", "--format", "json")

    report = run.json()
    assert run.code == 0
    assert report["catalog"]["since"] is not None
    assert report["catalog"]["complete"] is False
    assert report["summary"]["missing"] == 1
    assert len(writes(sandbox)) == 1
    assert [one["id"] for one in report["changes"]] == ["SKU-0003"]
    assert [one["id"] for one in rehearsal["changes"]] == ["SKU-0003"]
    assert "changed since" in database.run("--once", "--incremental").stdout
    assert database.run("--once", "--format", "json").json()["catalog"]["since"] is None


def test_a_file_is_read_whole_all_the_same(shop: Shop) -> None:
    assert shop.run("--once").code == 0
    shop.stock([row(number) for number in range(11)])

    report = shop.run("--once", "--incremental", "--format", "json").json()

    assert (report["catalog"]["complete"], report["catalog"]["since"]) == (True, None)
    assert report["summary"]["missing"] == 1


def test_how_much_is_read_is_no_command_of_its_own(shop: Shop) -> None:
    run = shop.run("--incremental")

    assert run.code == 2
    assert "Give either --once or --dry-run" in run.stderr


def test_a_joined_source_gives_its_half_of_each_row(shop: Shop, sandbox: SandboxProcess) -> None:
    text = shop.configuration.read_text().replace('hs_code = "hs"', 'hs_code = "erp.tariff"')
    shop.configuration.write_text(text + JOIN)
    erp = shop.folder / "erp.csv"
    with erp.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["item_no", "tariff"])
        writer.writerows([f" SKU-{number:04}", "8471.30"] for number in range(12))

    report = shop.run("--once", "--format", "json").json()

    assert report["summary"]["create"] == 12
    assert report["catalog"]["joined"] == {"erp": 12}
    assert {one["hsCode"] for one in sandbox.items().values()} == {"8471.30"}
    erp.write_text("item_no,tariff\nSKU-0000,8471.30\n")
    assert shop.run("--once").code == 4
