"""Values that try to be more than values, from the catalog to a browser and a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.acceptance.kills.stage import Stage
from tests.integration.report.conftest import ARGUMENTS, CHROMIUM
from tests.shop import row
from tests.unit.report.hostile import PAYLOADS

FORMULAS = ("=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "=HYPERLINK(1)")
LISTINGS = (("history",), ("quarantine", "list"), ("status",), ("items",), ("why", "SKU-0000"))


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser.new_page()
        browser.close()


@pytest.fixture
def hostile_stage(stage: Stage) -> Stage:
    """A shop with such values in every column, and such an item at the remote."""
    nasty = [value for value in (*PAYLOADS, *FORMULAS) if "\x1b" not in value]
    rows = [row(number, mpn=value) for number, value in enumerate(nasty)]
    rows += [row(50 + number, origin=value) for number, value in enumerate(nasty)]
    rows += [row(100, sku=value) for value in nasty]
    rows += [row(150 + number, maker=f"unknown{value}") for number, value in enumerate(nasty)]
    stage.shop.configure()
    stage.shop.stock(rows)
    stage.seed([{"id": "HAND-MADE", "partNumber": nasty[0], "manufacturerId": nasty[1]}])
    return stage


def test_no_page_that_a_command_makes_runs_what_the_catalog_holds(
    hostile_stage: Stage, page: Page
) -> None:
    files = [Path(hostile_stage.shop.folder, "once.html")]
    assert hostile_stage.run("--once", "--output", str(files[0])).code == 3
    for number, line in enumerate(LISTINGS):
        files.append(files[0].with_name(f"{number}.html"))
        assert hostile_stage.run(*line, "--output", str(files[-1])).code == 0

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for file in files:
        page.goto(file.as_uri())
        page.wait_for_timeout(100)

        assert page.evaluate("window.hacked") is None, file
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert "window.hacked" in files[0].read_text()


def test_no_cell_that_a_command_writes_is_a_formula(hostile_stage: Stage) -> None:
    assert hostile_stage.run("--once", "--output", "once.csv").code == 3
    texts = [Path(hostile_stage.shop.folder, "once.csv").read_text()]
    texts += [hostile_stage.run(*line, "--format", "csv").stdout for line in LISTINGS]

    cells = [cell for text in texts for line in csv.reader(text.splitlines()) for cell in line]

    assert any("cmd|" in cell for cell in cells)
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
