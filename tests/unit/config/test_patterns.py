"""Patterns mean one thing, whoever reads them."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncd.config.patterns import has_group, read_pattern

TAKEN = [
    r"^HS (\d{4}\.\d{2})",
    r"(?:\d{4}\.){2}",
    r"(a{30}){30}",
    r"[\]a]",
    "[^]a-c.]",
    r"[\d.]+",
    "(?i)hs",
    "(a|b)*?",
    r"\bx\B\/\-",
    "é+",
]
REFUSED = [
    "(?=a)",
    "(?<!a)b",
    r"(a)\1",
    "(?P<name>a)",
    "a(?i)b",
    "a{,3}",
    "a**",
    "a++",
    "(",
    ")",
    "[",
    "[b-a]",
    "[[:alpha:]]",
    "[a&&b]",
    r"[\b]",
    r"\Z",
    r"\pL",
    "x{",
    "a|*",
    "a{1001}",
    "(a{100}){11}",
    "((a{10}){10}){11}",
    "(a{500}|b){3}",
    "[]",
    "[^]",
    "[^]&&[a]",
    "[]--]",
    "a" * 501,
]


@pytest.mark.parametrize("pattern", TAKEN)
def test_what_all_understand_alike_is_taken(pattern: str) -> None:
    assert read_pattern(pattern) == pattern


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_some_lack_or_read_in_another_way_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"must|is no regular expression"):
        read_pattern(pattern)


@given(
    st.lists(
        st.sampled_from(
            [*"ab()[]{}*+?|^$.-,3", "(?:", "{2,9}", "{40}", "[^", r"\d", r"\b", r"\.", "&&", "(?"]
        ),
        max_size=12,
    ).map("".join)
)
@example("[^]&&")
@settings(max_examples=300)
def test_the_engine_takes_whatever_is_taken(pattern: str) -> None:
    try:
        read_pattern(pattern)
    except ValueError:
        return
    duckdb.execute("SELECT regexp_extract('ab', ?, ?)", [pattern, int(has_group(pattern))])


def test_a_group_is_what_brackets_single_out() -> None:
    assert has_group(r"a(\d)")
    assert not has_group(r"a(?:\d)\(")
