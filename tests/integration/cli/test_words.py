"""What commands say of cases that are easily said wrongly: seen from the command line."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.sandbox_process import SandboxProcess
from tests.shop import Row, Shop, item_of, row, writes


def _part(shop: Shop, number: int, rows: Sequence[Row]) -> None:
    shop.stock(rows)
    shop.catalog.rename(shop.folder / f"part-{number}.csv")


def _read_parts(shop: Shop) -> None:
    text = shop.configuration.read_text()
    shop.configuration.write_text(text.replace('"catalog.csv"', '"part-*.csv"'))


def test_a_policy_that_only_reports_is_not_said_to_have_written(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    shop.configure('[policy]\nmode = "report-only"\n')
    sandbox.seed_items([{"id": "SKU-0000", **item_of(row(0, origin="CA"))}])

    run = shop.run("--once")

    assert run.code == 0
    assert "11 items would be created, 1 updated." in run.stdout
    assert "Nothing was written." in run.stdout
    assert writes(sandbox) == []
    assert "all in sync" not in shop.run("status").stdout
    assert "done, 12 SKUs waiting" in shop.run("history").stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("{header}", "it has no rows", id="no row"),
        pytest.param('{header}"A-1,acme,P-1,DK,EAR99,640420,\n', "none of the rows", id="a quote"),
    ],
)
def test_a_first_catalog_without_a_usable_row_is_a_stop_and_was_read(
    shop: Shop, content: str, says: str
) -> None:
    header = shop.catalog.read_text().splitlines(keepends=True)[0]
    shop.catalog.write_text(content.format(header=header))

    run = shop.run("--once")

    assert run.code == 4, run.stdout
    assert "empty_catalog" in run.stdout
    assert "(not read)" not in run.stdout
    assert says in run.stdout or "ends within quotes" in run.stdout


def test_a_filter_that_lets_nothing_through_is_named(shop: Shop) -> None:
    shop.configure('[catalog.filter]\norigin = ["nowhere"]\n')

    run = shop.run("--once")

    assert run.code == 4, run.stdout
    assert "catalog.filter lets none of its 12 records through" in run.stdout
    assert "catalog.filter" in shop.run("check").stdout


def test_rows_of_several_files_are_told_with_their_file(shop: Shop) -> None:
    _part(shop, 1, [row(0)])
    _part(shop, 2, [row(1, origin="XX")])
    _read_parts(shop)

    assert "row 2 of part-2.csv" in shop.run("--once").stdout
    assert "part-2.csv" in shop.run("status").stdout


def test_a_file_that_a_glob_finds_no_more_is_named(shop: Shop) -> None:
    _part(shop, 1, [row(number) for number in range(20)])
    _part(shop, 2, [row(20)])
    _read_parts(shop)
    assert shop.run("--once").code == 0

    (shop.folder / "part-2.csv").unlink()

    assert "Not there any more: part-2.csv; its rows are missing" in shop.run("--once").stdout
