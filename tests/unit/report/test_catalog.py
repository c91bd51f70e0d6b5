"""What a report says of the read: all of the catalog or changes alone, and what was joined."""

from __future__ import annotations

import json
from dataclasses import replace

from syncd.domain.snapshot import Certificate, PageRun, Scope
from syncd.report import Format, Report, from_json, render
from tests.unit.report.samples import quiet, report

SINCE = "2026-11-21T20:31:00Z"
CHANGES = Certificate("shop", 3, 4, (), ("page 1 of 1",), Scope.CHANGES, SINCE)


def read_as(certificate: Certificate) -> Report:
    return report(replace(quiet(), certificate=certificate))


def test_a_read_of_changes_says_since_when() -> None:
    told = read_as(CHANGES)

    for kind in (Format.TEXT, Format.MARKDOWN, Format.HTML):
        text = render(told, kind)
        assert f"shop (3 rows changed since {SINCE})" in text
        assert "not proven complete" not in text
    assert f"changes since {SINCE}: 4 records" in render(told, Format.HTML)


def test_changes_may_be_none_and_were_read_all_the_same() -> None:
    text = render(read_as(replace(CHANGES, rows=0, records=0)), Format.TEXT)

    assert f"shop (0 rows changed since {SINCE})" in text
    assert "not read" not in text


def test_json_says_so_and_is_read_back() -> None:
    told = read_as(replace(CHANGES, joined={"erp": 1234}, pages=(PageRun("", 1, 2, 100),)))

    text = render(told, Format.JSON)

    catalog = json.loads(text)["catalog"]
    assert (catalog["complete"], catalog["since"]) == (False, SINCE)
    assert catalog["joined"] == {"erp": 1234}
    assert catalog["pages"] == [{"list": "", "first": 1, "last": 2, "records": 100}]
    assert from_json(text.encode(), "the test") == told


def test_html_counts_what_was_joined() -> None:
    certificate = Certificate("shop", 3, 4, joined={"erp": 1234, "<pim>": 1})

    text = render(read_as(certificate), Format.HTML)

    assert "1,234 rows of erp joined" in text
    assert "1 row of &lt;pim&gt; joined" in text
