"""Collects what the benches measure, and shows it at the end, each figure beside its limit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import pytest

from tests.bench.figure import Figure, at_most
from tests.bench.run import Run, load_now
from tests.bench.table import as_json, chart, table

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter
    from pytest_benchmark.fixture import BenchmarkFixture

Tell: TypeAlias = Callable[[Figure], None]
_T = TypeVar("_T")
FIGURES: Final = pytest.StashKey[list[Figure]]()
LOAD: Final = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the number of rows be chosen, and where the figures are to go."""
    parser.addoption("--rows", type=int, default=1_000_000, help="rows of the catalogs")
    parser.addoption("--figures", type=Path, help="write the figures here, as JSON")
    parser.addoption(
        "--as-told", default="pytest tests/bench", help="the command to name with them"
    )
    parser.addoption("--idle", type=float, default=60.0, help="seconds an idle daemon is watched")


def pytest_configure(config: pytest.Config) -> None:
    """Begin with no figures, and note the machine's load before anything is measured."""
    config.stash[FIGURES] = []
    config.stash[LOAD] = load_now()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Take a figure for the table."""
    return request.config.stash[FIGURES].append


class Measure:
    """Measures something that takes its turns by itself, or takes long."""

    def __init__(self, benchmark: BenchmarkFixture) -> None:
        self._benchmark = benchmark

    def __call__(self, action: Callable[..., _T], *arguments: object) -> _T:
        """Do it once, and give what came of it."""
        result: _T = self._benchmark.pedantic(  # type: ignore[no-untyped-call]  # has no types
            action, args=arguments, rounds=1
        )
        return result


@pytest.fixture
def measure(benchmark: BenchmarkFixture) -> Measure:
    """Have pytest-benchmark note one round."""
    return Measure(benchmark)


class TellTime:
    """Measures what is done in a moment some times over, and tells the median."""

    def __init__(self, benchmark: BenchmarkFixture, tell: Tell) -> None:
        self._benchmark = benchmark
        self._tell = tell

    def __call__(
        self, name: str, action: Callable[[], _T], rounds: int = 3, most: float | None = None
    ) -> _T:
        """Give what came of it the last time; `most` is the goal in seconds, None for none."""
        result: _T = self._benchmark.pedantic(  # type: ignore[no-untyped-call]  # has no types
            action, rounds=rounds
        )
        noted = self._benchmark.stats
        assert noted is not None, "it was just measured"
        median = float(noted.stats.median)
        self._tell(Figure(name, median, "s", None if most is None else at_most(most)))
        return result


@pytest.fixture
def tell_time(benchmark: BenchmarkFixture, tell: Tell) -> TellTime:
    """Have pytest-benchmark note some rounds."""
    return TellTime(benchmark, tell)


@pytest.fixture
def rows(request: pytest.FixtureRequest) -> int:
    """How many rows a catalog has."""
    number: int = request.config.getoption("--rows")
    return number


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Show the table and the chart, and write the JSON where it is wanted."""
    figures = config.stash[FIGURES]
    if not figures:
        return
    run = Run.ended(config.getoption("--as-told"), config.getoption("--rows"), config.stash[LOAD])
    for line in ("", str(run), "", *table(figures).splitlines(), "", *chart(figures).splitlines()):
        terminalreporter.write_line(line)
    place: Path | None = config.getoption("--figures")
    if place is not None:
        place.write_text(as_json(figures, run), encoding="utf-8")
        terminalreporter.write_line(f"\nwritten to {place}")
