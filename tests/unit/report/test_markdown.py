"""The Markdown, parsed as a forge would."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from syncd.errors import ExitCode
from syncd.report import Format, render
from tests.unit.report.hostile import PAYLOADS, hostile
from tests.unit.report.samples import large, planned, quiet, report, stopped

if TYPE_CHECKING:
    from markdown_it.token import Token


def parsed(markdown: str) -> list[Token]:
    blocks = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
    return [token for block in blocks for token in (block, *(block.children or ()))]


def test_data_stays_data() -> None:
    tokens = parsed(render(report(hostile(), ExitCode.GUARD_STOPPED), Format.MARKDOWN))
    kinds = {token.type for token in tokens}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "code_block"}


def test_data_is_legible_as_it_was() -> None:
    tokens = parsed(render(report(hostile()), Format.MARKDOWN))
    spans = {token.content for token in tokens if token.type == "code_inline"}
    assert {one for one in PAYLOADS if one.isprintable()} <= spans


def test_no_one_is_called_by_name() -> None:
    tokens = parsed(render(report(hostile()), Format.MARKDOWN))
    assert not [token for token in tokens if token.type == "text" and "@everyone" in token.content]


def test_every_row_of_a_table_has_the_width_of_its_head() -> None:
    tokens = parsed(render(report(hostile()), Format.MARKDOWN))
    widths, row = set(), 0
    for token in tokens:
        if token.type == "tr_open":
            row = 0
        row += token.type in {"td_open", "th_open"}
        if token.type == "tr_close":
            widths.add(row)
    assert widths == {5, 4}


def test_the_sentence_comes_first_and_the_exit_code_last() -> None:
    lines = render(report(stopped(), ExitCode.GUARD_STOPPED), Format.MARKDOWN).splitlines()
    assert lines[0].startswith("**8 items were created, 20 updated.")
    assert lines[-1] == "**exit 4: a guard stopped the plan or part of it**"


def test_old_and_new_stand_side_by_side() -> None:
    assert "| countryOfOrigin | `DK` | " in render(
        report(replace(planned(), changes=stopped().changes)), Format.MARKDOWN
    )


def test_fits_a_pull_request() -> None:
    text = render(report(large(10_000)), Format.MARKDOWN)
    assert len(text) < 20_000
    assert "and 9,970 more: `--format json`" in text


def test_a_quiet_cycle_is_three_lines_and_the_evidence() -> None:
    *lines, evidence = render(report(quiet()), Format.MARKDOWN).split("\n\n")
    assert len(lines) == 3
    assert evidence == (
        "Evidence of the read: The last record ends with a line end.; Size and time were the same"
        " before and after reading.\n"
    )
