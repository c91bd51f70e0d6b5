"""The HTML report in a real Chromium."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from syncd.domain.cycle import CycleResult
from syncd.report import Format, render
from tests.unit.report.hostile import PAYLOADS, hostile
from tests.unit.report.samples import large, planned, quiet, report, stopped

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.integration.report.conftest import Open

FIRST_ROWS = "#rows tr.first"
TRIES = 5
"""Others may keep the machine busy: the quickest of these counts."""
SEARCH = """(words) => {
  const search = document.getElementById("search"), before = performance.now();
  search.value = words;
  search.dispatchEvent(new Event("input"));
  return performance.now() - before;
}"""
INTERACTIVE = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


def shown(page: Page) -> str:
    return page.locator("#shown").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("result", [planned(), quiet(), stopped()], ids=["few", "none", "stopped"])
def test_fits_the_width_of_the_screen(open_report: Open, result: CycleResult, width: int) -> None:
    page = open_report(result).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_follows_the_colour_scheme(open_report: Open, scheme: str) -> None:
    page = open_report(planned()).page
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 28)"}[scheme]


def test_search_finds_ids_values_and_reasons(open_report: Open) -> None:
    page = open_report(stopped()).page
    assert shown(page) == "442 shown"
    page.fill("#search", "service_unavailable")
    assert shown(page) == "1 shown"
    assert page.locator(FIRST_ROWS).count() == 1
    page.fill("#search", "fe1b1434 dk")
    assert shown(page) == "1 shown"
    page.fill("#search", "nothing is called so")
    assert shown(page) == "0 shown"
    assert page.locator("#rows").inner_text().strip() == "No change matches."


def test_a_tile_filters_and_a_second_click_undoes_it(open_report: Open) -> None:
    page = open_report(stopped()).page
    tile = page.locator("a.tile[data-part=stopped]")
    tile.click()
    assert shown(page) == "412 shown"
    assert tile.get_attribute("aria-pressed") == "true"
    assert page.locator("#action").input_value() == "stopped"
    tile.click()
    assert shown(page) == "442 shown"
    assert tile.get_attribute("aria-pressed") == "false"


def test_the_selects_filter_together_with_the_search(open_report: Open) -> None:
    page = open_report(planned()).page
    page.select_option("#action", "update")
    assert shown(page) == "31 shown"
    page.select_option("#attribute", "countryOfOrigin")
    updates = [one.change for one in planned().changes if one.change.action == "update"]
    expected = [one for one in updates if "countryOfOrigin" in one.attributes]
    assert shown(page) == f"{len(expected)} shown"
    page.fill("#search", expected[0].id)
    assert shown(page) == "1 shown"


def test_everything_works_by_keyboard(open_report: Open) -> None:
    page = open_report(planned()).page
    page.keyboard.press("/")
    page.keyboard.type("10adf348")
    assert shown(page) == "1 shown"
    page.keyboard.press("Escape")
    assert shown(page) == "45 shown"
    page.locator("a.tile[data-part=delete]").focus()
    page.keyboard.press("Space")
    assert shown(page) == "2 shown"
    page.keyboard.press("Enter")
    assert shown(page) == "45 shown"


def test_marks_the_difference_inside_the_values(open_report: Open) -> None:
    page = open_report(planned()).page
    page.fill("#search", "46f7c9ea")
    row = page.locator(FIRST_ROWS)
    assert row.locator("td.from").inner_text() == "8517.62.0090"
    assert row.locator("td.from del").inner_text() == "9"
    assert row.locator("td.to ins").inner_text() == "5"


def test_copies_the_ids_that_are_shown(open_report: Open) -> None:
    page = open_report(planned()).page
    page.select_option("#action", "delete")
    page.click("#copy")
    expect(page.locator("#copy")).to_have_text("copied")
    deletes = [one.change.id for one in planned().changes if one.change.action == "delete"]
    assert page.evaluate("navigator.clipboard.readText()").split() == deletes


def test_copies_the_command_that_helps(open_report: Open) -> None:
    page = open_report(planned()).page
    page.click("#quarantined button[data-copy^='syncd why']")
    id = planned().quarantined[0].id
    expect(page.locator("#quarantined button").first).to_have_text("copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"syncd why {id}"


@pytest.mark.parametrize("result", [planned(), stopped()], ids=["few", "stopped"])
def test_exports_the_changes_as_the_command_writes_them(
    open_report: Open, result: CycleResult, tmp_path: Path
) -> None:
    page = open_report(result).page
    with page.expect_download() as download:
        page.click("#csv")
    file = tmp_path / "changes.csv"
    download.value.save_as(file)
    assert download.value.suggested_filename == f"changes-{result.id}.csv"
    written = csv.reader(io.StringIO(render(report(result), Format.CSV)))
    changes = [row for row in written if row[1]]  # the page has a table of its own for the rest
    exported = list(csv.reader(io.StringIO(file.read_text())))
    assert sorted(exported) == sorted(changes)


def test_exports_no_formula(open_report: Open, tmp_path: Path) -> None:
    page = open_report(hostile()).page
    with page.expect_download() as download:
        page.click("#csv")
    file = tmp_path / "changes.csv"
    download.value.save_as(file)
    cells = [cell for row in csv.reader(io.StringIO(file.read_text(), newline="")) for cell in row]
    assert cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_no_data_is_executed(open_report: Open) -> None:
    page = open_report(hostile()).page
    page.wait_for_timeout(200)
    page.fill("#search", "script")
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    ids = page.locator("#rows td.id code").all_inner_texts()
    assert PAYLOADS[0] in ids


def test_ten_thousand_rows_stay_usable(open_report: Open) -> None:
    page = open_report(large(10_000)).page
    assert any(opened_in(page) < 1_000 for _ in range(TRIES))
    assert shown(page) == "10,000 shown"
    assert page.locator(FIRST_ROWS).count() < 500
    assert any(searched_in(page, "8517.62") < 300 for _ in range(TRIES))
    assert shown(page) not in {"10,000 shown", "0 shown"}


def opened_in(page: Page) -> float:
    """Milliseconds until somebody could use it, as the browser counts them."""
    page.reload()
    return float(page.evaluate(INTERACTIVE))


def searched_in(page: Page, words: str) -> float:
    """Milliseconds from a change of the search to what it finds."""
    return float(page.evaluate(SEARCH, words))


def test_scrolling_draws_the_next_slice(open_report: Open) -> None:
    page = open_report(large(10_000)).page
    before = page.locator(FIRST_ROWS).count()
    page.locator(".table.tall").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    expect(page.locator(FIRST_ROWS)).not_to_have_count(before)


@pytest.mark.parametrize("javascript", [False])
def test_without_scripts_there_is_a_plain_table(open_report: Open) -> None:
    page = open_report(large(2_000)).page
    assert page.locator("noscript tr.first").count() == 500
    first = page.locator("noscript p").first
    assert first.is_visible()
    assert first.inner_text().startswith("The first 500 of 2,000.")
    assert page.locator("noscript table").is_visible()
    assert not page.locator("#search").is_visible()
    assert not page.locator("button").first.is_visible()
    assert page.locator("#held").is_visible()


def test_the_script_draws_the_rows_as_the_template_does(open_report: Open) -> None:
    def normal(html: str) -> str:
        return " ".join(html.replace("\ufe0e", "").split())

    result = stopped()
    page = open_report(result).page
    drawn = page.locator("#rows tr").all_inner_texts()[:20]
    page.evaluate(
        """text => {
          const doc = new DOMParser().parseFromString(text, "text/html");
          const plain = doc.querySelector("noscript tbody").children;
          document.getElementById("rows").replaceChildren(...plain);
        }""",
        render(report(result), Format.HTML),
    )
    plain = page.locator("#rows tr").all_inner_texts()[:20]
    assert [normal(row) for row in drawn] == [normal(row) for row in plain]
