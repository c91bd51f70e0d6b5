"""One measured figure beside the limit it is measured against, and whether it meets its goal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never


class Way(StrEnum):
    """Which way a figure is good."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a figure, or on its ratio where it stands beside another."""

    way: Way
    bound: float

    def is_met_by(self, value: float) -> bool:
        """Whether the value is on the right side of the bound."""
        match self.way:
            case Way.AT_MOST:
                return value <= self.bound
            case Way.AT_LEAST:
                return value >= self.bound
        assert_never(self.way)

    def reached(self, value: float) -> float:
        """How much of the bound is used: up to 1 is met, whichever way is good."""
        match self.way:
            case Way.AT_MOST:
                return value / self.bound if self.bound else float(value > 0)
            case Way.AT_LEAST:
                return self.bound / value if value else float("inf")
        assert_never(self.way)


def at_most(bound: float) -> Goal:
    """The figure, or its ratio, is to be no more than this."""
    return Goal(Way.AT_MOST, bound)


def at_least(bound: float) -> Goal:
    """The figure, or its ratio, is to be no less than this."""
    return Goal(Way.AT_LEAST, bound)


@dataclass(frozen=True, slots=True)
class Beside:
    """What was measured in the same run, in the same unit; `name` says what it is."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is in `unit`; the goal is for the ratio where there is something beside it."""

    name: str
    value: float
    unit: str
    goal: Goal | None = None
    beside: Beside | None = None

    @property
    def judged(self) -> float:
        """What the goal is for: the ratio, or else the value itself."""
        return self.value if self.beside is None else self.value / self.beside.value

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        return None if self.goal is None else self.goal.is_met_by(self.judged)
