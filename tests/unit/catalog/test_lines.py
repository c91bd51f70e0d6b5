"""What the raw bytes of a file show, without any reader."""

from __future__ import annotations

import pytest

from syncd.catalog.lines import look_at, with_line_feeds


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b"h\na\nb\n", 3),
        (b"h\na\nb", 3),
        (b"h\r\na\r\n", 2),
        (b"h\na\n\n\n", 2),
        (b"h\r\na\r\n\r\n", 2),
        (b'h\n"a\n\nb"\nc\n', 3),
        (b'h\n"a""\n""b"\n', 2),
        (b'h\n"a\nb\n', 2),
        (b"h", 1),
        (b"h\n", 1),
    ],
)
def test_lines_outside_of_quotes_make_records(content: bytes, records: int) -> None:
    assert look_at([content], '"').records == records


def test_without_a_quote_character_every_line_ends_a_record() -> None:
    assert look_at([b'{"a":\n"}\n'], "").records == 2


@pytest.mark.parametrize(
    ("content", "uniform"),
    [
        (b"a\nb\n", True),
        (b"a\r\nb\r\n", True),
        (b"a\r\nb\n", False),
        (b"a\rb\n", False),
        (b'a\r\n"b\n"\r\n', False),
        (b"a\r\r\n", False),
        (b"a\r", False),
    ],
)
def test_line_ends_are_uniform_or_not(content: bytes, uniform: bool) -> None:
    assert look_at([content], '"').uniform is uniform
    assert look_at([content[:2], content[2:]], '"').uniform is uniform


@pytest.mark.parametrize(
    ("content", "encloses"),
    [
        (b'"a","b"\n', False),
        (b'"a\nb"\n', True),
        (b'"a""b"\n', False),
        (b'"a\n', True),
        (b'5" x\n6" y\n', True),  # inch marks look so: then the careful reader is used
    ],
)
def test_values_over_several_lines_are_seen(content: bytes, encloses: bool) -> None:
    assert look_at([content], '"').encloses_line_ends is encloses


def test_nul_bytes_open_quotes_and_the_last_line_end_are_seen() -> None:
    lines = look_at([b'a\0,"b'], '"')

    assert (lines.has_nul, lines.open_quote, lines.ends_with_line_end) == (True, True, False)
    assert look_at([b"a\n"], '"').ends_with_line_end


@pytest.mark.parametrize(
    ("content", "mended"),
    [
        (b"a\r\nb\n", b"a\nb\n"),
        (b'"a\r\nb"\r\n', b'"a\r\nb"\n'),
        (b"a\r\r\n", b"a\v\n"),
        (b"a\rb\r\n", b"a\vb\n"),
        (b"a\r", b"a\v"),
        (b'"a\r', b'"a\r'),
    ],
)
def test_line_ends_are_mended_outside_of_quotes_alone(content: bytes, mended: bytes) -> None:
    for size in range(1, len(content) + 1):
        pieces = [content[start : start + size] for start in range(0, len(content), size)]
        assert b"".join(with_line_feeds(pieces, '"', b"\v")) == mended


@pytest.mark.parametrize("size", [1, 2, 3, 50])
@pytest.mark.parametrize("mark", "\v\f\x1c\x1d\x1e\x85\u2028\u2029")
def test_every_other_line_break_is_found_however_the_pieces_fall(mark: str, size: int) -> None:
    content = f"sku,mpn\nA,1{mark}ä\n".encode()
    pieces = [content[start : start + size] for start in range(0, len(content), size)]

    assert look_at(pieces, '"').breaks_inside == {mark}


@pytest.mark.parametrize(
    ("content", "breaks"),
    [
        (b'A,"1"\r\nB,2\r\n', set()),
        (b'A,"1\n2"\n', {"\n"}),
        (b'A,"1\r\n2"\r\n', {"\r", "\n"}),
        (b'A,"1\r2"\n', {"\r"}),
    ],
)
def test_line_ends_count_as_breaks_where_values_may_hold_them(
    content: bytes, breaks: set[str]
) -> None:
    assert look_at([content], '"').breaks_inside == breaks
