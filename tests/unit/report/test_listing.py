"""Other commands' answers in every format."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from rich.console import Console

from syncd.report import Column, Format, Kind, Listing, print_listing, render_listing
from tests.unit.report.hostile import PAYLOADS
from tests.unit.report.samples import STARTED

WHY = Listing(
    title="why SKU-1",
    sentence="SKU-1 is quarantined: Digital River refused it.",
    columns=(
        Column("attribute", "attribute"),
        Column("desired", "desired", Kind.VALUE),
        Column("known", "known", Kind.VALUE),
    ),
    rows=(("countryOfOrigin", "CA", "DK"), ("allowOversell", True, None)),
    details=(
        Listing(
            title="Journal",
            sentence="Oldest first.",
            key="journal",
            columns=(
                Column("at", "time", Kind.TIME),
                Column("outcome", "outcome", Kind.STATE),
                Column("attempts", "attempts", Kind.NUMBER),
                Column("request", "request", Kind.CODE),
            ),
            rows=((STARTED, "done", 1, "r-1"), (STARTED, "quarantined", 1_200, None)),
        ),
    ),
    commands=("syncd quarantine retry SKU-1",),
    key="attributes",
    as_of=STARTED + timedelta(minutes=5),
)


def test_json_has_column_keys_and_plain_values() -> None:
    assert json.loads(render_listing(WHY, Format.JSON)) == {
        "schema": 1,
        "title": "why SKU-1",
        "sentence": "SKU-1 is quarantined: Digital River refused it.",
        "attributes": [
            {"attribute": "countryOfOrigin", "desired": "CA", "known": "DK"},
            {"attribute": "allowOversell", "desired": True, "known": None},
        ],
        "journal": [
            {"at": "2026-11-21T17:40:00Z", "outcome": "done", "attempts": 1, "request": "r-1"},
            {
                "at": "2026-11-21T17:40:00Z",
                "outcome": "quarantined",
                "attempts": 1200,
                "request": None,
            },
        ],
        "commands": ["syncd quarantine retry SKU-1"],
    }


def test_csv_is_the_first_table() -> None:
    assert render_listing(WHY, Format.CSV) == (
        "attribute,desired,known\ncountryOfOrigin,CA,DK\nallowOversell,true,\n"
    )
    only_details = Listing("status", "All well.", details=WHY.details)
    assert render_listing(only_details, Format.CSV).startswith("at,outcome,attempts,request\n2026-")


def test_text_says_sentence_values_and_times() -> None:
    assert render_listing(WHY, Format.TEXT) == (
        "SKU-1 is quarantined: Digital River refused it.\n"
        "\n"
        "attribute        desired  known\n"
        "countryOfOrigin  CA       DK\n"
        "allowOversell    true     no value\n"
        "\n"
        "Journal  Oldest first.\n"
        "  time                               outcome        attempts  request\n"
        "  5 min ago (21 Nov 2026 17:40 UTC)  ● done                1  r-1\n"
        "  5 min ago (21 Nov 2026 17:40 UTC)  ■ quarantined     1,200  –\n"
        "\n"
        "syncd quarantine retry SKU-1\n"
    )


def test_a_terminal_gets_colours() -> None:
    sheet = io.StringIO()
    console = Console(file=sheet, force_terminal=True, width=80, color_system="standard")
    print_listing(WHY, console)
    assert "\x1b[31m■ quarantined" in sheet.getvalue()


def test_markdown_has_a_table_under_each_heading() -> None:
    text = render_listing(WHY, Format.MARKDOWN)
    assert "| countryOfOrigin | `CA` | `DK` |" in text
    assert "### Journal\n\nOldest first.\n\n| time | outcome | attempts | request |" in text
    assert "| --- | --- | ---: | --- |" in text


def test_html_marks_states_and_keeps_exact_times() -> None:
    text = render_listing(WHY, Format.HTML)
    assert '<time datetime="2026-11-21T17:40:00Z" title="21 Nov 2026 17:40 UTC">5 min ago' in text
    assert 'class="text-quarantined"' in text
    assert 'data-copy="syncd quarantine retry SKU-1"' in text


@pytest.mark.parametrize("format", list(Format))
def test_an_empty_listing_says_its_sentence(format: Format) -> None:  # noqa: A002
    empty = Listing("quarantine", "Nothing is quarantined.", (Column("id", "id"),))
    text = render_listing(empty, format)
    assert "Nothing is quarantined." in text or format is Format.CSV
    assert text.endswith("\n")


@pytest.mark.parametrize("format", [Format.TEXT, Format.HTML, Format.MARKDOWN])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_data_stays_data(format: Format, payload: str) -> None:  # noqa: A002
    kinds = tuple(Column(kind, payload, kind) for kind in Kind)
    row = tuple(payload for _ in kinds)
    text = render_listing(Listing(payload, payload, kinds, (row,)), format)
    assert "\x1b" not in text
    assert "\u202e" not in text
    if format is Format.HTML:
        assert "<img" not in text
        assert text.count("<script>") == 1


def test_details_of_details_keep_their_place_and_their_commands() -> None:
    deepest = Listing("Held", "By rule.", commands=("syncd why SKU-9",), key="held")
    middle = Listing("Needs you", "1 thing.", details=(deepest,), key="needs")
    status = Listing("status", "All but well.", details=(middle,))
    for format in (Format.TEXT, Format.HTML, Format.MARKDOWN):  # noqa: A001
        text = render_listing(status, format)
        places = [text.index(words) for words in ("All but", "Needs", "Held", "syncd why SKU-9")]
        assert places == sorted(places)
    shown = json.loads(render_listing(status, Format.JSON))
    assert shown["needs"]["held"] == []
