"""Texts and numbers become durations, limits, paces and windows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from syncd.config.values import (
    Eccn,
    Limit,
    Listen,
    Memory,
    Window,
    read_duration,
    read_limit,
    read_pace,
    read_word,
    read_words,
)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("0", timedelta()),
        ("500ms", timedelta(milliseconds=500)),
        ("10s", timedelta(seconds=10)),
        ("5m", timedelta(minutes=5)),
        ("24h", timedelta(days=1)),
        ("7d", timedelta(days=7)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("1d2h3m4s5ms", timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=5)),
        ("1m1ms", timedelta(minutes=1, milliseconds=1)),
        ("0s", timedelta()),
        (0, timedelta()),
    ],
)
def test_a_duration_is_read_from_its_text(text: object, duration: timedelta) -> None:
    assert read_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    [
        *("", "5", "5 m", " 5m", "-5m", "5M", "m", "30m1h", "5m5m", "1e3s", "\u0665m"),
        *("9" * 20 + "d", 5, 1.0, True, False, None, ["5m"]),
    ],
)
def test_what_is_no_duration_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match=r'must be a duration such as "5m"'):
        read_duration(text)


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.integers(0, 999))
def test_the_parts_of_a_duration_add_up(hours: int, minutes: int, seconds: int, ms: int) -> None:
    whole = timedelta(hours=hours, minutes=minutes, seconds=seconds, milliseconds=ms)
    assert read_duration(f"{hours}h{minutes}m{seconds}s{ms}ms") == whole


@pytest.mark.parametrize("number", [1.0, 0.1, 0.000001])
def test_a_decimal_point_makes_a_share(number: float) -> None:
    limit = read_limit(number)
    assert (limit, type(limit)) == (number, float)


@pytest.mark.parametrize("number", [0, 1, 10, 1_000_000])
def test_no_decimal_point_makes_a_count(number: int) -> None:
    limit = read_limit(number)
    assert (limit, type(limit)) == (number, int)


@pytest.mark.parametrize("number", [0, 1, 10, 1.0, 0.5])
def test_a_field_keeps_shares_and_counts_apart(number: float) -> None:
    limit = TypeAdapter[int | float](Limit).validate_python(number)
    assert (limit, type(limit)) == (number, type(number))


@pytest.mark.parametrize(
    "number", [1.5, 10.0, 0.0, -0.1, -1, float("nan"), float("inf"), True, "0.1", "10", None]
)
def test_what_is_neither_share_nor_count_is_refused(number: object) -> None:
    with pytest.raises(ValueError, match="must "):
        read_limit(number)


@pytest.mark.parametrize(
    "text",
    ["0 4 * * sun", "*/5 * * * *", "30 2 1 jan-mar mon-fri", "0 4 * * sun Europe/Berlin"],
)
def test_a_pace_may_be_a_cron_expression(text: str) -> None:
    assert read_pace(text) == text


def test_a_pace_may_be_a_duration() -> None:
    assert read_pace("5m") == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0", "must be a duration such as"),
        ("often", "must be a duration such as"),
        (5, "must be a duration such as"),
        ("* * * *", "a cron expression of five fields"),
        ("0 4 * * sun 2026", "a cron expression of five fields"),
        ("61 4 * * sun", "is no cron expression that can be followed"),
        ("0 4 * * sun Europe/Atlantis", "a time zone that is not known here"),
        ("0 4 * * Europe/Berlin", "a cron expression of five fields"),
        ("0 4 * * funday", "is no cron expression that can be followed"),
        ("0 4 * * 0", "must name the days of the week"),
        ("0 4 * * 1-5", "must name the days of the week"),
        ("0 4 * * mon,7", "must name the days of the week"),
    ],
)
def test_what_is_no_pace_is_refused(text: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_pace(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Window, "22:00-05:00"),
        (Window, "mon-fri 20:00-06:00"),
        (Window, "sat,sun 00:00-23:59"),
        (Memory, "256MB"),
        (Memory, "1.5 GiB"),
        (Listen, "127.0.0.1:9464"),
        (Listen, "[::1]:9464"),
        (Listen, "localhost:80"),
        (Eccn, "EAR99"),
        (Eccn, "3A991.p"),
    ],
)
def test_other_forms_are_taken_as_they_are(kind: type[str], text: str) -> None:
    assert TypeAdapter(kind).validate_python(text) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Window, "22-05"),
        (Window, "24:00-05:00"),
        (Window, "weekdays 22:00-05:00"),
        (Memory, "256"),
        (Memory, "much"),
        (Memory, "0MB"),
        (Listen, "9464"),
        (Listen, "127.0.0.1:0"),
        (Listen, "127.0.0.1:65536"),
        (Listen, "::1:9464"),
        (Eccn, "wood"),
    ],
)
def test_other_forms_are_refused_with_an_example(kind: type[str], text: str) -> None:
    with pytest.raises(ValidationError, match=r'must be .* such as "'):
        TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize(
    ("value", "word"), [(True, "true"), (False, "false"), (1, "1"), (0.5, "0.5"), ("Yes", "Yes")]
)
def test_a_word_may_be_written_as_number_or_truth_value(value: object, word: str) -> None:
    assert read_word(value) == word


def test_one_word_is_a_list_of_one() -> None:
    assert (read_words("true"), read_words(["true", 1])) == (("true",), ("true", "1"))


@pytest.mark.parametrize("value", [[], [["nested"]], {"a": 1}])
def test_other_things_are_no_words(value: object) -> None:
    with pytest.raises(ValueError, match="must "):
        read_words(value)
