"""Small bars in text say truly whether anything is left."""

from __future__ import annotations

import pytest

from syncd.report.small_bars import small_bars


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ((), ""),
        ((0, 0), "▁▁"),
        ((None, None), "··"),
        ((0, 1, 1_000), "▁▂█"),
        ((7, 3.5, None, 0), "█▅·▁"),
        ((-2, 5), "▁█"),
    ],
)
def test_nothing_left_looks_like_nothing_else(values: tuple[float | None, ...], drawn: str) -> None:
    assert small_bars(values) == drawn
