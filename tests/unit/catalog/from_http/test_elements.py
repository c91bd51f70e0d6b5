"""A JSON array is taken apart as `json` would, however its bytes arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.catalog.from_http.elements import elements
from syncd.catalog.from_http.setback import Setback

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def _pieces(text: bytes, size: int) -> Iterator[bytes]:
    return (text[start : start + size] for start in range(0, len(text), size))


@settings(max_examples=50)
@given(st.lists(VALUES), st.integers(1, 7), st.booleans())
def test_each_element_comes_out_once(array: list[object], size: int, ascii_only: bool) -> None:
    text = json.dumps(array, ensure_ascii=ascii_only, indent=1).encode()

    found = list(elements(_pieces(text, size)))

    assert found == array


@settings(max_examples=50)
@given(st.lists(VALUES, min_size=1), st.integers(1, 7), st.floats(0, 1, exclude_max=True))
def test_no_array_that_was_cut_is_taken_for_a_whole_one(
    array: list[object], size: int, share: float
) -> None:
    text = json.dumps(array).encode()

    with pytest.raises(Setback):
        list(elements(_pieces(text[: int(share * len(text))], size)))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"  ",
        b"{}",
        b'{"a": [1]}',
        b"null [1]",
        b"[1] [2]",
        b"[1] x",
        b"[1]]",
        b"[1,]",
        b'[{"a": 1}\0, {"a": 2}, {"a": 3}]',
        b'[{"a": 1}, {"a": 2}x, {"a": 3}, {"a": 4}]',
        b"[10, 20 30, 40]",
        b"[,1]",
        b"[1,,2]",
        b"[1}",
        b"]",
        b'"[1]"',
        b"[NaN]",
        b"[1 2]",
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_what_is_no_array_is_refused(text: bytes) -> None:
    with pytest.raises(Setback):
        list(elements([text]))


@pytest.mark.parametrize("text", [b"[]", b" [ ] \n", b"\xef\xbb\xbf[]"])
def test_an_empty_array_has_no_elements(text: bytes) -> None:
    assert list(elements([text])) == []


def test_a_number_may_go_on_in_the_next_piece() -> None:
    assert list(elements([b"[1", b"2", b"3,4.", b"5e", b"2", b"]"])) == [123, 450.0]


def test_bytes_that_are_no_utf_8_spoil_one_value() -> None:
    assert list(elements([b'["a', b"\xff", b'b", "\xc3', b'\xa9"]'])) == ["a\udcffb", "é"]


def test_a_record_that_goes_on_and_on_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncd.catalog.from_http.elements.LARGEST", 1000)

    with pytest.raises(Setback, match="one record has more than"):
        list(elements(_endless()))


def _endless() -> Iterator[bytes]:
    yield b'["'
    while True:
        yield b"x" * 100
