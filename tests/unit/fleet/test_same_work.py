"""A fleet and a single daemon do the same work, and each has its own way to be told when."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from syncd import daemon, fleet
from syncd.daemon import tour, worker
from syncd.fleet import runner


def _imported(package: Path) -> set[str]:
    """The libraries that anything in a package imports, wherever it does."""
    found = set()
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found


def test_both_have_the_same_worker_carry_a_job_out() -> None:
    assert vars(runner)["Worker"] is vars(tour)["Worker"] is worker.Worker


@pytest.mark.parametrize(
    ("package", "own", "other"),
    [(daemon, "apscheduler", "procrastinate"), (fleet, "procrastinate", "apscheduler")],
    ids=["the daemon", "a fleet"],
)
def test_each_is_told_when_by_its_own_scheduler(package: object, own: str, other: str) -> None:
    imported = _imported(Path(str(vars(package)["__file__"])).parent)
    assert own in imported
    assert other not in imported
