"""How time and memory grow with the rows: ten thousand, and ten times as many up to `--rows`.

The state is made by a first load, which is told as well. `tests.bench.page` draws what was found.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final

import pytest

from tests.bench.account import (
    Loaded,
    Round,
    ShortCuts,
    bring_in_sync,
    first_load,
    places_in,
    rounds,
    short_cuts,
    turn_round,
)
from tests.bench.conftest import Measure, Tell
from tests.bench.figure import Beside, Figure, at_most
from tests.bench.goals import (
    MANY,
    most_memory_at_any_size,
    most_memory_of_a_first_load,
    most_times_the_scan,
)

FEWEST: Final = 10_000
TURNS: Final = 3


@dataclass(frozen=True, slots=True)
class Grown:
    """What was measured at one number of rows; `disk` are the bytes of the state."""

    rows: int
    loaded: Loaded
    disk: int
    cuts: ShortCuts
    rewritten: Sequence[Round]

    @property
    def took(self) -> float:
        return median(one.took for one in self.rewritten)

    @property
    def scan(self) -> float:
        return median(one.scan for one in self.rewritten)

    @property
    def peak(self) -> float:
        return max(one.peak for one in self.rewritten)


@pytest.mark.timeout(7200)
def test_growth(measure: Measure, tmp_path: Path, tell: Tell, rows: int) -> None:
    found: list[Grown] = []
    for size in _sizes(rows):
        one = _grown(tmp_path / str(size), size) if found else measure(_grown, tmp_path / "0", size)
        found.append(one)
        _tell(tell, one)
    for smaller, larger in pairwise(found):
        beside = Beside(f"ten times {smaller.rows:,} rows", 10 * smaller.took)
        name = f"growth of time to {larger.rows:,} rows"
        tell(Figure(name, larger.took, "s", at_most(1.0), beside))


def _sizes(rows: int) -> list[int]:
    sizes = [FEWEST]
    while sizes[-1] * 10 <= rows:
        sizes.append(sizes[-1] * 10)
    return sizes


def _grown(folder: Path, rows: int) -> Grown:
    folder.mkdir()
    places = places_in(folder, rows)
    loaded = first_load(places.full)
    disk = places.state.stat().st_size
    bring_in_sync(places)
    grown = Grown(rows, loaded, disk, short_cuts(places, TURNS), rounds(places, TURNS, turn_round))
    shutil.rmtree(folder)
    return grown


def _tell(tell: Tell, one: Grown) -> None:
    name = f"growth: {one.rows:,} rows"
    scan = Beside("scan and hash", one.scan)
    goal = at_most(most_times_the_scan(one.rows)) if one.rows >= MANY else None
    most = at_most(most_memory_at_any_size())
    most_to_load = at_most(most_memory_of_a_first_load())
    tell(Figure(f"{name}, none changed, rewritten", one.took, "s", goal, scan))
    tell(Figure(f"{name}, none changed, rewritten: peak", one.peak, "MB", most))
    tell(Figure(f"{name}, untouched file", one.cuts.untouched, "s", at_most(0.3)))
    digest = Beside("SHA-256 of its bytes", one.cuts.digest)
    tell(Figure(f"{name}, same bytes written again", one.cuts.touched, "s", None, digest))
    tell(Figure(f"{name}, first load", one.loaded.seconds, "s"))
    tell(Figure(f"{name}, first load: peak", one.loaded.peak, "MB", most_to_load))
    tell(Figure(f"{name}, a SKU on disk", one.disk / one.rows, "bytes", at_most(250)))
