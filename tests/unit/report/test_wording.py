"""Numbers, times, values and commands in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from syncd.domain.attributes import Value
from syncd.domain.change import Action, ChangeOutcome
from syncd.domain.delivery import Failure
from syncd.report import wording
from syncd.report.difference import Difference, difference

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [(0, "row", "0 rows"), (1, "row", "1 row"), (12_378, "SKU", "12,378 SKUs")],
)
def test_counts_in_words(count: int, noun: str, words: str) -> None:
    assert wording.counted(count, noun) == words


@pytest.mark.parametrize(
    ("parts", "words"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_enumerates(parts: list[str], words: str) -> None:
    assert wording.joined(parts) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 ms"),
        (0.12, "120 ms"),
        (1.4, "1.4 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (3_600, "1 h"),
        (187_000, "2 d 3 h"),
    ],
)
def test_durations_have_units(seconds: float, words: str) -> None:
    assert wording.duration(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2, "just now"),
        (40, "40 s ago"),
        (130, "2 min ago"),
        (7_300, "2 h ago"),
        (-172_800, "in 2 d"),
    ],
)
def test_times_are_relative(seconds: int, words: str) -> None:
    assert wording.ago(NOON - timedelta(seconds=seconds), NOON) == words


def test_a_moment_is_said_in_utc() -> None:
    local = datetime(2026, 1, 2, 1, 5, tzinfo=timezone(timedelta(hours=2)))
    assert wording.moment(local) == "1 Jan 2026 23:05 UTC"
    assert wording.exact(local + timedelta(microseconds=400_000)) == "2026-01-01T23:05:00.4Z"
    assert wording.exact(local) == "2026-01-01T23:05:00Z"


@pytest.mark.parametrize(
    ("limit", "words"),
    [(0.1, "10 %"), (0.125, "12.5 %"), (1.0, "100 %"), (10, "10"), (1_000, "1,000")],
)
def test_a_share_is_said_in_percent_and_a_count_as_it_is(limit: float, words: str) -> None:
    assert wording.share_or_count(limit) == words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("AB-12 é 漢", "AB-12 é 漢"),
        ("a\x1b[31mred", r"a\x1b[31mred"),
        ("two\nlines", r"two\nlines"),
        ("\u202edesrever", r"\u202edesrever"),
        ("lone \ud800", r"lone \ud800"),
        ("no\u00a0break", "no\u00a0break"),
    ],
)
def test_nothing_in_data_can_steer_what_shows_it(text: str, shown: str) -> None:
    assert wording.visible(text) == shown


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "no value"), (True, "true"), (False, "false"), ("", ""), ("CA", "CA")],
)
def test_values_in_words(value: Value, words: str) -> None:
    assert wording.value_words(value) == words


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (ChangeOutcome.PLANNED, "create"),
        (ChangeOutcome.DONE, "created"),
        (ChangeOutcome.FAILED, "create failed"),
        (ChangeOutcome.STOPPED, "create stopped"),
        (ChangeOutcome.QUARANTINED, "create quarantined"),
    ],
)
def test_deeds_in_words(outcome: ChangeOutcome, words: str) -> None:
    assert wording.deed(Action.CREATE, outcome) == words


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Failure(503, "busy", "Later.", None, "r-1"), "503 busy: Later. (request r-1)"),
        (Failure(None, "timeout", "No answer."), "timeout: No answer."),
    ],
)
def test_failures_in_words(failure: Failure, words: str) -> None:
    assert wording.failure_words(failure) == words


@pytest.mark.parametrize(
    ("id", "command"),
    [
        ("SKU-1", "syncd why SKU-1"),
        ("a; rm -rf ~", "syncd why 'a; rm -rf ~'"),
        ("$(id)", "syncd why '$(id)'"),
        ("--help", "syncd why -- --help"),
        ("a\nb", None),
        ("", None),
    ],
)
def test_commands_can_be_pasted_or_are_not_offered(
    id: str,
    command: str | None,
) -> None:
    assert wording.command("syncd", "why", ids=[id]) == command


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("DK", "CA", Difference("", "DK", "CA", "")),
        ("6404.20", "6404.11", Difference("6404.", "20", "11", "")),
        ("8517.62.0090", "8517.62.0050", Difference("8517.62.00", "9", "5", "0")),
        ("aa", "aaa", Difference("aa", "", "a", "")),
        ("same", "same", Difference("same", "", "", "")),
        ("", "EAR99", Difference("", "", "EAR99", "")),
        ("5A992", "EAR99", Difference("", "5A992", "EAR99", "")),
    ],
)
def test_marks_the_difference_inside_a_value(old: str, new: str, parts: Difference) -> None:
    found = difference(old, new)
    assert found == parts
    assert found.head + found.old + found.tail == old
    assert found.head + found.new + found.tail == new
