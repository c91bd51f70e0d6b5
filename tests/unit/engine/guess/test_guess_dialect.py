"""What divides lines into cells shows in their evenness."""

from __future__ import annotations

import pytest

from syncd.engine.guess import TextDialect, guess_dialect


@pytest.mark.parametrize(
    ("text", "delimiter", "quote"),
    [
        ("a,b,c\n1,2,3\n", ",", '"'),
        ("a;b;c\r\n1,5;2,5;3,5\r\n", ";", '"'),
        ("a\tb\n1,2\t3\n", "\t", '"'),
        ("a|b\n1|2\n", "|", '"'),
        ('a,b\n"1;1;1","2\n2"\n"3;3","4"\n', ",", '"'),
        ("a;b\n'1;1';2\n'3;3;3';4\n", ";", "'"),
        ("a,b\nit's,2\nit's,3\n", ",", '"'),
        ("a,b\n", ",", '"'),
    ],
)
def test_the_dialect_is_the_one_in_which_lines_are_alike(
    text: str, delimiter: str, quote: str
) -> None:
    assert guess_dialect(text) == TextDialect(delimiter, quote)


@pytest.mark.parametrize("text", ["", "a\nb\n", "no table at all\nbut, some text\nin lines\n"])
def test_what_is_no_table_has_no_dialect(text: str) -> None:
    assert guess_dialect(text) is None
