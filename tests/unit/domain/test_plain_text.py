"""Trimming, and showing what was refused."""

from __future__ import annotations

import sys

import pytest

from syncd.domain.plain_text import WHITE_SPACE, shown, trimmed


def test_all_that_unicode_calls_white_space_is_trimmed() -> None:
    known = {chr(point) for point in range(sys.maxunicode + 1) if chr(point).isspace()}

    assert set(WHITE_SPACE) == known
    assert not trimmed("".join(known))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("  a b  ", "a b"),
        ("\ufeffa", "a"),
        ("\u200ba\u200d\u2060", "a"),
        ("\u202a\u200ea\u202c", "a"),
        ("\xa0\t\r\na\xa0b\u3000", "a\xa0b"),
        ("a\0", "a\0"),
        ("\u200b \ufeff", ""),
    ],
)
def test_both_ends_are_trimmed_and_the_inside_is_kept(text: str, left: str) -> None:
    assert trimmed(text) == left


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("1234.56.YW", "1234.56.YW"),
        ("Ærø ✓", "Ærø ✓"),
        ("a\nb\0", "a\\nb\\x00"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u200bb\xa0c", "a\\u200bb\\xa0c"),
        ("\ud800", "\\ud800"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200 + "…"),
        ("", ""),
    ],
)
def test_a_refused_value_is_shown_short_and_printable(text: str, seen: str) -> None:
    assert shown(text) == seen
