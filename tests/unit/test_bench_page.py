"""What was measured on the page: every figure once, what was missed with its reason, the growth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bench.figure import Beside, Figure, at_most
from tests.bench.page import told_by, write
from tests.bench.run import Run
from tests.bench.table import as_json, table

HELP = Figure("syncd --help", 0.1, "s", at_most(0.25))
SLOW = Figure("syncd --help", 0.3, "s", at_most(0.25))
PEER = Figure("1,000,000 rows, none changed: reladiff", 37.0, "s", None, Beside("syncd", 0.4))
TOLD = Figure("state: a copy", 1.0, "s", at_most(2.0))
MARKED = "before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n"


def of_growth(rows: int, seconds: float) -> list[Figure]:
    name = f"growth: {rows:,} rows"
    scan = Beside("scan and hash", seconds / 2)
    return [
        Figure(f"{name}, none changed, rewritten", seconds, "s", at_most(2.5), scan),
        Figure(f"{name}, none changed, rewritten: peak", 200, "MB", at_most(406)),
        Figure(f"{name}, first load", 9 * seconds, "s"),
        Figure(f"{name}, first load: peak", 300, "MB", at_most(406)),
    ]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(MARKED)
    growth = "<!-- growth -->\n<!-- end of growth -->\n"
    (tmp_path / "docs" / "speed.md").write_text(MARKED + growth)
    return tmp_path


def file_of(place: Path, command: str, figures: Sequence[Figure]) -> Path:
    run = Run(command, 1_000_000, 0.25, 1.5, 2, "Linux", "3.11.7", bytecode=True)
    place.write_text(as_json(figures, run))
    return place


def test_each_run_is_told_with_the_load_of_the_machine(root: Path) -> None:
    files = [file_of(root / f"{n}.json", f"bench {n}", [HELP]) for n in (1, 2)]

    write(told_by(files), root)

    for page in ("README.md", "docs/speed.md"):
        text = (root / page).read_text()
        for n in (1, 2):
            assert f"`bench {n}`, 2 processors, Linux, Python 3.11.7, at a load of 0.2" in text
        assert text.startswith("before\n<!-- figures -->\n")
        assert "\nafter\n" in text
        assert "old" not in text


def test_a_figure_of_several_runs_is_told_once_and_the_last_one_counts(root: Path) -> None:
    files = [file_of(root / "1.json", "1", [SLOW]), file_of(root / "2.json", "2", [HELP])]

    write(told_by(files), root)

    rows = [line for line in (root / "README.md").read_text().splitlines() if "--help" in line]
    assert rows == ["| syncd --help | 0.1 s |  |  | ≤ 0.25 | yes |"]


def test_what_misses_its_goal_says_what_limit_was_hit() -> None:
    unheard_of = Figure("something new", 2, "s", at_most(1))

    missed, new = table([SLOW, unheard_of]).splitlines()[2:]

    assert missed.endswith("| no: other processes: importing is the processor's work alone |")
    assert "| no: nothing is known that explains it" in new


def test_the_growth_of_several_runs_is_one_table_and_one_drawing(root: Path) -> None:
    small = [*of_growth(10_000, 0.1), *of_growth(100_000, 0.7), HELP, TOLD, PEER]
    files = [
        file_of(root / "small.json", "small", small),
        file_of(root / "large.json", "large", of_growth(10_000_000, 60.0)),
    ]

    write(told_by(files), root)

    page, drawing = ((root / "docs" / name).read_text() for name in ("speed.md", "growth.svg"))
    assert "| 10,000 | 0.1 s | 0.05 s | 2.00 | 200 MB | 0.9 s | 300 MB |" in page
    assert "| 10,000,000 | 60 s | 30 s | 2.00 | 200 MB | 540 s | 300 MB |" in page
    assert drawing.count("<polyline") == 5
    assert drawing.count("<circle") == 5 * 3
    readme = (root / "README.md").read_text()
    assert "growth: 10,000,000 rows, none changed, rewritten |" in readme
    assert "growth: 100,000 rows" not in readme, "the README tells of the largest one alone"
    assert TOLD.name not in readme
    assert TOLD.name in page
    assert PEER.name in readme, "though it has no goal"
