"""How long whole commands take on a million SKUs in sync, and with how much memory."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

import pytest

from tests.bench.account import (
    CONFIGURATION,
    REPORT_ONLY,
    Places,
    Round,
    bare_changes,
    bring_in_sync,
    first_load,
    places_in,
    rounds,
    seconds_of,
    short_cuts,
    turn_round,
)
from tests.bench.conftest import Measure, Tell
from tests.bench.figure import Beside, Figure, at_most
from tests.bench.goals import most_memory, most_times_the_scan
from tests.bench.products import write_table

TURNS: Final = 7


@pytest.fixture(scope="module")
def places(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Bring as many SKUs in sync as were asked for."""
    places = places_in(tmp_path_factory.mktemp("cycle"), request.config.getoption("--rows"))
    first_load(places.full)
    bring_in_sync(places)
    return places


@pytest.mark.timeout(3600)
def test_starting(measure: Measure, places: Places, tell: Tell) -> None:
    usage, empty, full = measure(_starts, places)

    tell(Figure("syncd --help", usage, "s", at_most(0.25)))
    tell(Figure("syncd status, empty state", empty, "s"))
    tell(Figure(f"syncd status, {places.rows:,} SKUs", full - empty, "s", at_most(0.5)))
    tell(Figure(f"syncd status, {places.rows:,} SKUs, its start included", full, "s", at_most(0.5)))


@pytest.mark.timeout(3600)
def test_a_file_that_says_nothing_new(measure: Measure, places: Places, tell: Tell) -> None:
    found = measure(short_cuts, places, TURNS)

    name = f"{places.rows:,} rows"
    tell(Figure(f"{name}, untouched file", found.untouched, "s", at_most(0.3)))
    beside = Beside("SHA-256 of its bytes", found.digest)
    tell(Figure(f"{name}, same bytes written again", found.touched, "s", at_most(2.0), beside))


@pytest.mark.timeout(3600)
def test_a_rewritten_file(measure: Measure, places: Places, tell: Tell) -> None:
    found = measure(rounds, places, TURNS, turn_round)

    goal = most_times_the_scan(places.rows)
    _tell_rounds(tell, f"{places.rows:,} rows, none changed, rewritten", found, goal)


@pytest.mark.timeout(3600)
def test_as_many_rows_changed_by_bare_sqlite(measure: Measure, places: Places, tell: Tell) -> None:
    """What of the figure after this one is the disk's and SQLite's alone."""
    found = measure(bare_changes, places, TURNS)

    took, scan = (median(each) for each in zip(*found, strict=True))
    name = f"{places.rows:,} rows, 1 % changed: bare sqlite3"
    tell(Figure(name, took, "s", beside=Beside("scan and hash", scan)))


@pytest.mark.timeout(3600)
def test_a_file_of_which_one_row_in_a_hundred_has_changed(
    measure: Measure, places: Places, tell: Tell
) -> None:
    """Planned and recorded, and nothing sent: the policy only reports."""
    configuration = places.full / "config.toml"
    configuration.write_text(REPORT_ONLY)
    seconds_of(places.full, "--once")  # takes in the change of policy

    found = measure(rounds, places, TURNS, _change)

    _tell_rounds(tell, f"{places.rows:,} rows, 1 % changed, planned and recorded", found, 3.0)
    configuration.write_text(CONFIGURATION)


def _starts(places: Places) -> tuple[float, float, float]:
    commands = ((places.empty, "--help"), (places.empty, "status"), (places.full, "status"))
    turns = [[seconds_of(place, command)[0] for place, command in commands] for _ in range(TURNS)]
    usage, empty, full = (median(times) for times in zip(*turns, strict=True))
    return usage, empty, full


def _change(places: Places, number: int) -> None:
    """Change one row in a hundred, and back again."""
    write_table(places.catalog, places.rows, changed=0 if number % 2 else places.rows // 100)


def _tell_rounds(tell: Tell, name: str, found: Sequence[Round], goal: float) -> None:
    took = median(one.took for one in found)
    beside = Beside("scan and hash", took / median(one.ratio for one in found))
    tell(Figure(name, took, "s", at_most(goal), beside))
    rows = int(name.split(maxsplit=1)[0].replace(",", ""))
    peak = max(one.peak for one in found)
    tell(Figure(f"{name}: peak", peak, "MB", at_most(most_memory(rows))))
