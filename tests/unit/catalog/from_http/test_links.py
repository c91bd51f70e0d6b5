"""The `Link` header, as RFC 8288 and servers write it."""

from __future__ import annotations

import pytest

from syncd.catalog.from_http.links import next_link


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('</list?page=2>; rel="next"', "/list?page=2"),
        ("</list?page=2>;rel=next", "/list?page=2"),
        ('</a>; rel="prev", </b>; rel="next"', "/b"),
        ('</b>; rel="next", </a>; rel="prev"', "/b"),
        ('</b?x=1,2>; title="a, b; rel=prev"; rel="next"', "/b?x=1,2"),
        ('</b>; rel="last next"', "/b"),
        ('</b>; REL="NEXT"', "/b"),
        ('</b>; foo; rel="next"', "/b"),
        ('</b>; rel="prev"', None),
        ('</b>; rel="nextish"', None),
        ('</b>; title="next"', None),
        ("</b>", None),
        ("", None),
        (None, None),
        ("next", None),
    ],
)
def test_the_next_link_is_the_one_that_says_so(header: str | None, target: str | None) -> None:
    assert next_link(header) == target


def test_a_long_header_is_read_in_no_time() -> None:
    assert next_link("<" * 10_000 + ";" * 10_000 + '"' * 10_000) is None
