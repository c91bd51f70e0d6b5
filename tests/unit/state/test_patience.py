"""How long is waited for others: as long as usual, and once there is a hurry a few seconds more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.state.patience import HURRIED, LEAST, Patience

USUAL = 30.0


@pytest.fixture
def moment() -> list[float]:
    """The present one, which tests replace."""
    return [1000.0]


@pytest.fixture
def patience(moment: list[float]) -> Patience:
    return Patience(timedelta(seconds=USUAL), lambda: moment[0])


@pytest.mark.parametrize(("waited", "left"), [(0.0, USUAL), (29.0, 1.0), (31.0, -1.0)])
def test_without_a_hurry_it_is_the_usual_time(
    patience: Patience, waited: float, left: float
) -> None:
    assert patience.left(waited) == left


@pytest.mark.parametrize(
    ("later", "waited", "left"),
    [
        (0.0, 0.0, HURRIED),
        (0.0, USUAL - 1, 1.0),  # its usual time is over first
        (HURRIED - 1, HURRIED - 1, 1.0),
        (HURRIED, HURRIED, 0.0),
        (HURRIED + 5, 0.0, LEAST),  # has come late
        (HURRIED + 5, LEAST, 0.0),
    ],
)
def test_in_a_hurry_it_is_a_few_seconds_from_then_on(
    patience: Patience, moment: list[float], later: float, waited: float, left: float
) -> None:
    patience.hurry()
    moment[0] += later

    assert patience.left(waited) == left


def test_a_second_hurry_makes_it_no_longer(patience: Patience, moment: list[float]) -> None:
    patience.hurry()
    moment[0] += 2.0
    patience.hurry()

    assert patience.left() == HURRIED - 2.0
