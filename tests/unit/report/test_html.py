"""The HTML page, parsed as a browser would; a real one follows in tests/integration/report."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from syncd.domain.cycle import CycleResult
from syncd.errors import ExitCode
from syncd.report import Format, render
from syncd.report.html import MOST_CHANGES, MOST_WITHOUT_SCRIPT
from syncd.report.view import MOST_OF_A_GROUP
from tests.unit.report.hostile import PAYLOADS, hostile
from tests.unit.report.samples import HELD, large, planned, quiet, report, stopped


class Page(HTMLParser):
    """What a browser would make of a page: its elements and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts[-1] += data
        else:
            self.text.append(data)

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.elements if name == tag)


def page(result: CycleResult, exit_code: ExitCode = ExitCode.OK) -> Page:
    return Page(render(report(result, exit_code), Format.HTML))


@pytest.mark.parametrize("result", [planned(), stopped(), quiet(), hostile()])
def test_asks_nothing_of_any_network(result: CycleResult) -> None:
    made = page(result)
    addresses = [
        value or ""
        for _, attributes in made.elements
        for name, value in attributes.items()
        if name in {"src", "href", "action", "srcset", "data", "poster", "formaction"}
    ]
    assert addresses
    assert all(address.startswith("#") or address == "data:," for address in addresses)
    text = render(report(result), Format.HTML)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    assert not re.search(r"@import|url\(", style[1])


def test_only_its_own_script_may_run() -> None:
    made = page(hostile())
    (policy,) = [one["content"] for one in made.all("meta") if "http-equiv" in one]
    data, script = made.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy is not None
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert json.loads(data)["rows"]


def test_no_data_becomes_an_element_or_an_attribute() -> None:
    made, plain = page(hostile()), page(stopped())
    assert {tag for tag, _ in made.elements} <= {tag for tag, _ in plain.elements}
    names = {name for _, attributes in plain.elements for name in attributes}
    assert {name for _, attributes in made.elements for name in attributes} <= names
    assert len(made.scripts) == 2


def test_data_is_legible_as_it_was() -> None:
    shown = set(page(hostile()).text)
    assert {one for one in PAYLOADS if one.isprintable()} <= shown
    assert r"\u202egnp.exe" in shown


def test_the_answer_is_the_heading() -> None:
    made = render(report(planned()), Format.HTML)
    assert "<h1>12 items would be created, 31 updated, 2 deleted." in made


def test_says_how_it_ended() -> None:
    made = page(stopped(), ExitCode.GUARD_STOPPED)
    assert "exit 4: a guard stopped the plan or part of it" in made.text


def test_tiles_lead_where_their_count_is_explained() -> None:
    tiles = [one for one in page(stopped()).all("a") if "tile" in (one["class"] or "")]
    assert [(tile["href"], tile.get("data-part")) for tile in tiles] == [
        ("#changes", "create"),
        ("#changes", "update"),
        ("#changes", "stopped"),
        ("#changes", "failed"),
        ("#held", None),
        ("#quarantined", None),
    ]


def test_every_target_exists_and_no_id_repeats() -> None:
    made = page(stopped())
    ids = [attributes["id"] for _, attributes in made.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    targets = {href[1:] for one in made.all("a") if (href := one["href"])}
    assert targets <= set(ids)


def test_every_control_and_region_has_a_name() -> None:
    made = page(stopped())
    for tag in ("input", "select"):
        assert all(one.get("aria-label") for one in made.all(tag))
    regions = [one for _, one in made.elements if one.get("role") in {"region", "img"}]
    assert regions
    assert all(one.get("aria-label") or one.get("aria-labelledby") for one in regions)


def test_without_scripts_there_is_a_plain_table_of_the_first_rows() -> None:
    text = render(report(large(2_000)), Format.HTML)
    assert text.count('<tr class="first"><td class="id" rowspan') == MOST_WITHOUT_SCRIPT
    assert "The first 500 of 2,000." in text


def test_the_island_holds_every_change_with_its_difference() -> None:
    data = json.loads(page(large(2_000)).scripts[0])
    assert len(data["rows"]) == 2_000
    row = next(one for one in data["rows"] if one[6][0][0] == "hsCode")
    name, old, new, head, tail = row[6][0]
    assert name == "hsCode"
    assert (old[:head], old[len(old) - tail :]) == (new[:head], new[len(new) - tail :])


def test_a_page_too_long_for_a_browser_says_what_it_leaves_out() -> None:
    changes = planned().changes[:1] * (MOST_CHANGES + 5)
    assert "and 5 more: --format json" in render(
        report(replace(planned(), changes=changes)), Format.HTML
    )


def test_a_group_too_long_says_what_it_leaves_out() -> None:
    held = tuple(replace(HELD[0], id=f"SKU-{one}") for one in range(MOST_OF_A_GROUP + 7))
    text = render(report(replace(quiet(), held=held)), Format.HTML)
    assert "and 7 more: --format json" in text


def test_empty_sections_are_left_out() -> None:
    ids = {attributes.get("id") for _, attributes in page(quiet()).elements}
    assert not ids & {"guards", "held", "quarantined", "search"}
    assert "No changes." in page(quiet()).text


def test_a_report_of_nothing_at_all_can_be_made() -> None:
    empty = replace(quiet(), states={}, certificate=None, error="The state is locked.")
    assert "<h1>The cycle ended early" in render(report(empty), Format.HTML)
