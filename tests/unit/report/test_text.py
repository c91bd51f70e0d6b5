"""What a terminal and a pipe get."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from syncd.domain.cycle import CycleResult, Mode
from syncd.errors import ExitCode
from syncd.report import Format, print_report, render, sentence
from syncd.report.tokens import LOOKS, Role
from tests.unit.report.hostile import hostile
from tests.unit.report.samples import HELD, large, planned, quiet, report, stopped

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def on_a_terminal(result: CycleResult, width: int = 100) -> str:
    sheet = io.StringIO()
    console = Console(file=sheet, force_terminal=True, width=width, color_system="truecolor")
    print_report(report(result), console)
    return sheet.getvalue()


def test_the_sentence_stands_first_and_last() -> None:
    made = report(planned())
    lines = render(made, Format.TEXT).splitlines()
    assert lines[0] == lines[-1] == sentence(made)


def test_a_short_report_says_it_once() -> None:
    assert render(report(quiet()), Format.TEXT) == (
        "Nothing had to be written: 12,408 SKUs are in sync.\n"
        "syncd · one run · catalog.csv (complete, 12,412 rows) · 21 Nov 2026 17:40 UTC"
        " · took 213 ms\n"
        "\n"
        "● unchanged 12,408   created 0   updated 0   deleted 0   held 0   quarantined 0\n"
        "\n"
        "Evidence of the read\n"
        "  The last record ends with a line end.\n"
        "  Size and time were the same before and after reading.\n"
    )


@pytest.mark.parametrize("code", [code for code in ExitCode if code])
def test_the_last_line_says_an_exit_code_and_its_meaning(code: ExitCode) -> None:
    last = render(report(planned(), code), Format.TEXT).splitlines()[-1]
    assert re.fullmatch(rf"exit {code.value}: \w.+", last)


def test_shows_thirty_changes_and_says_how_many_more_there_are() -> None:
    text = render(report(large(10_000)), Format.TEXT)
    assert text.count("◔ update ") + text.count("◔ create ") == 30 + 2  # the counts above, too
    assert "and 9,970 more: --format json" in text


def test_old_and_new_stand_side_by_side() -> None:
    assert re.search(
        r"✕ update failed +fe1b1434-\S+  countryOfOrigin  DK → TW\n"
        r" +503 service_unavailable: The service is unavailable. \(request 6b0c7d1e\)",
        render(report(stopped()), Format.TEXT),
    )


def test_held_rows_stand_under_their_rule_with_row_value_and_id() -> None:
    text = render(report(planned()), Format.TEXT)
    assert "hsCode: must be six to ten digits  1 row\n" in text
    assert re.search(rf"row 10044 +{HELD[2].id} +1234\.56\.YW", text)


def test_only_some_of_a_group_are_shown() -> None:
    many = tuple(replace(HELD[0], id=f"SKU-{number}") for number in range(25))
    assert "and 15 more: --format json" in render(report(replace(quiet(), held=many)), Format.TEXT)


def test_a_guard_stop_names_limit_actual_and_the_command() -> None:
    text = render(report(stopped()), Format.TEXT)
    assert "max_delete  limit 10 %, actual 40 %" in text
    assert "syncd approve 20261121T180000Z-c07d\n" in text
    assert "SYNCD_GUARDS__" not in text


def test_a_dry_run_has_nothing_to_approve_yet() -> None:
    text = render(report(replace(stopped(), mode=Mode.DRY_RUN)), Format.TEXT)
    assert "SYNCD_GUARDS__MAX_DELETE=0.4 syncd --once\n" in text
    assert "run syncd --once and approve what that stops" in text
    assert "syncd approve " not in text


def test_a_quarantined_sku_has_its_request_id_and_commands() -> None:
    text = render(report(planned()), Format.TEXT)
    id = planned().quarantined[0].id
    assert "(request f0a4c9e1-7f1b-4f6e-9a55-0d2c6d8f1be2)" in text
    assert f"syncd why {id}   syncd quarantine retry {id}" in text


def test_a_pipe_gets_whole_plain_lines() -> None:
    sheet = io.StringIO()
    print_report(report(planned()), Console(file=sheet, width=40, force_terminal=False))
    assert sheet.getvalue() == render(report(planned()), Format.TEXT)
    assert "\x1b" not in sheet.getvalue()
    assert not re.search(r" $", sheet.getvalue(), re.MULTILINE)


def test_a_terminal_gets_colours_and_lines_that_fit() -> None:
    text = on_a_terminal(planned(), width=100)
    assert "\x1b[33m▲ held 3" in text
    assert max(len(ESCAPE.sub("", line)) for line in text.splitlines()) <= 100


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", on_a_terminal(stopped()))


def test_no_data_can_steer_a_terminal() -> None:
    text = ESCAPE.sub("", on_a_terminal(hostile(), width=400))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e\u2028]", text)
    assert r"\x1b[2J\x1b]0;owned\x07" in text


def test_rich_markup_in_data_is_data() -> None:
    held = replace(HELD[0], id="[red]SKU[/red]")
    assert "[red]SKU[/red]" in render(report(replace(quiet(), held=(held,))), Format.TEXT)


def test_every_state_is_shown_with_its_mark() -> None:
    text = render(report(stopped()), Format.TEXT)
    for role in (Role.IN_SYNC, Role.STOPPED, Role.FAILED, Role.HELD, Role.QUARANTINED):
        assert LOOKS[role].mark in text
