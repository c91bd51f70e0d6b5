"""A limit: a share of the owned items, or a count."""

from __future__ import annotations

import pytest

from syncd.domain.policy import Limit
from syncd.engine.limit import allowed_count


@pytest.mark.parametrize(
    ("limit", "items", "allowed"),
    [
        pytest.param(0.1, 100, 10, id="a share"),
        pytest.param(0.1, 109, 10, id="rounded down"),
        pytest.param(0.1, 20, 2, id="just enough items for a share"),
        pytest.param(0.1, 19, 1, id="few items: one may always change"),
        pytest.param(0.1, 3, 1, id="three items"),
        pytest.param(0.5, 3, 1, id="half of three"),
        pytest.param(0.5, 9, 4, id="half of nine"),
        pytest.param(0.1, 0, 1, id="none yet"),
        pytest.param(0.001, 100, 0, id="a share of less than one of many"),
        pytest.param(0.0, 100, 0, id="no share of many"),
        pytest.param(0.0, 5, 1, id="no share of few"),
        pytest.param(1.0, 7, 7, id="all"),
        pytest.param(0, 5, 0, id="a count of none, however few"),
        pytest.param(1, 1000, 1, id="a count of one is not a share of all"),
        pytest.param(50, 10, 50, id="a count beyond all"),
        pytest.param(0.29, 100, 29, id="no loss to binary fractions"),
        pytest.param(0.57, 100, 57, id="nor here"),
        pytest.param(0.07, 100, 7, id="nor here, where it would be one too few"),
    ],
)
def test_a_limit_lets_so_many_through(limit: Limit, items: int, allowed: int) -> None:
    assert allowed_count(limit, items, 20) == allowed


def test_from_how_many_items_on_a_share_counts_is_configured() -> None:
    assert allowed_count(0.1, 5, 5) == 0
    assert allowed_count(0.1, 4, 5) == 1
