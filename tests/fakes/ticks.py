"""Seconds that pass only where a test lets them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Ticks:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now
