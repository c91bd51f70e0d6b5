"""`--only` takes several ids."""

from __future__ import annotations

import pytest

from syncd.cli.group import spread_only


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ""),
        ("status", "status"),
        ("--once --only A", "--once --only A"),
        ("--once --only A B C", "--once --only A --only B --only C"),
        ("--only A B --once", "--only A --only B --once"),
        ("--only A --only B C", "--only A --only B --only C"),
        ("--only=A B", "--only=A --only B"),
        ("--only A --wait 5m", "--only A --wait 5m"),
        ("--config x.toml status", "--config x.toml status"),
    ],
)
def test_ids_after_only_are_read_up_to_the_next_option(line: str, expected: str) -> None:
    assert list(spread_only(line.split())) == expected.split()
