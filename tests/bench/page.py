"""Puts figures into the README and docs/speed.md: `python -m tests.bench.page FIGURES…`.

The files come from `python -m tests.bench --figures`; of a figure in several, the last one counts.
The README takes those that have a goal, the page takes all.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.bench.figure import Beside, Figure, Goal, Way
from tests.bench.table import table

ROOT: Final = Path(__file__).resolve().parents[2]
_BEGIN: Final = "<!-- figures -->"
_END: Final = "<!-- end of figures -->"
_OLD: Final = re.compile(f"{_BEGIN}.*?{_END}", re.DOTALL)
_LEFT_OUT: Final = ("growth", "page ", "PostgreSQL", "state", "history")
"""What the page tells and the README does not."""


def figures_of(files: Iterable[Path]) -> list[Figure]:
    """All figures of these files, each once."""
    found = [one for file in files for one in json.loads(file.read_text())["figures"]]
    return list({one["name"]: _figure(one) for one in found}.values())


def put(page: Path, figures: Sequence[Figure]) -> None:
    """Replace what stands between the marks."""
    text = page.read_text(encoding="utf-8")
    told = f"{_BEGIN}\n{table(figures)}\n{_END}"
    if _BEGIN not in text:
        raise SystemExit(f"{page.name} has no {_BEGIN}")
    page.write_text(_OLD.sub(lambda _: told, text), encoding="utf-8")


def _figure(one: Mapping[str, Any]) -> Figure:
    goal, beside = one["goal"], one["beside"]
    return Figure(
        name=one["name"],
        value=one["value"],
        unit=one["unit"],
        goal=None if goal is None else Goal(Way(goal["way"]), goal["bound"]),
        beside=None if beside is None else Beside(**beside),
        why=one["why"],
    )


def main() -> None:
    """Write both pages."""
    figures = figures_of(map(Path, sys.argv[1:]))
    with_goals = [one for one in figures if one.goal is not None]
    put(ROOT / "docs" / "speed.md", figures)
    put(ROOT / "README.md", [one for one in with_goals if not one.name.startswith(_LEFT_OUT)])


if __name__ == "__main__":
    main()
