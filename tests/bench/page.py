"""Puts figures into the README and docs/speed.md: `python -m tests.bench.page FIGURES…`.

The files come from `python -m tests.bench --figures`; of a figure in several, the last one counts.
The README takes peers and what has a goal, the page takes all, and the growth drawn out of them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.bench.figure import Beside, Figure, Goal, Way
from tests.bench.goals import MANY
from tests.bench.growing import grown, growth_drawn, growth_table
from tests.bench.run import Run
from tests.bench.table import table

ROOT: Final = Path(__file__).resolve().parents[2]
FIGURES: Final = "figures"
GROWTH: Final = "growth"
_LEFT_OUT: Final = ("growth", "page ", "PostgreSQL", "state", "history")
"""What the page tells and the README does not."""
_PEERS: Final = ("plain script", "reladiff")
"""What the README tells without a goal."""
_OF_MANY: Final = re.compile(r"growth: ([\d,]+) rows, (?!.*first load)")


@dataclass(frozen=True, slots=True)
class Told:
    """What some runs have measured, each figure once."""

    runs: Sequence[Run]
    figures: Sequence[Figure]


def told_by(files: Iterable[Path]) -> Told:
    """Read what these files tell."""
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    found = [_figure(one) for document in documents for one in document["figures"]]
    runs = [Run(**document["run"]) for document in documents]
    return Told(runs, list({one.name: one for one in found}.values()))


def put(page: Path, mark: str, text: str) -> None:
    """Replace what stands between the marks of this name."""
    begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    if not found:
        raise SystemExit(f"{page.name} has no {begin}")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def write(told: Told, root: Path) -> None:
    """Write both pages and draw the growth, where there are figures of it."""
    runs = "\n".join(f"- {one}" for one in told.runs)
    docs = root / "docs"
    put(docs / "speed.md", FIGURES, f"Measured by\n\n{runs}\n\n{table(told.figures)}")
    chosen = [one for one in told.figures if _is_for_all(one)]
    put(root / "README.md", FIGURES, f"Measured by\n\n{runs}\n\n{table(chosen)}")
    if found := grown(told.figures):
        put(docs / "speed.md", GROWTH, growth_table(found))
        (docs / "growth.svg").write_text(growth_drawn(found), encoding="utf-8")


def _is_for_all(figure: Figure) -> bool:
    """Whether the README takes it: of the growth what is about more than a million rows."""
    if figure.goal is None:
        return any(peer in figure.name for peer in _PEERS)
    of_many = _OF_MANY.match(figure.name)
    if of_many is not None:
        return int(of_many[1].replace(",", "")) > MANY
    return not figure.name.startswith(_LEFT_OUT)


def _figure(one: Mapping[str, Any]) -> Figure:
    goal, beside = one["goal"], one["beside"]
    return Figure(
        name=one["name"],
        value=one["value"],
        unit=one["unit"],
        goal=None if goal is None else Goal(Way(goal["way"]), goal["bound"]),
        beside=None if beside is None else Beside(**beside),
    )


if __name__ == "__main__":
    write(told_by(map(Path, sys.argv[1:])), ROOT)
