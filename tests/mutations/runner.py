"""Plants a mutation, runs the tests that must catch it, and says whether they did."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from tests.mutations.mutation import NAMED_BY, ROOT, SOWN_AT, Mutation, RottenError

_QUICKLY: Final = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""To load every plugin takes longer than most of the tests."""
_PLUGINS: Final = ("pytest_asyncio.plugin", "pytest_timeout")
_IN_CHILDREN: Final = Path(__file__).with_name("in_children")
"""What has any Python below it plant the mutation: the tests' own, and the processes they start."""
_OPTIONS: Final = ("-p", "no:cacheprovider", "--exitfirst", "--quiet", "--no-header")


class Fate(StrEnum):
    """What became of a mutation."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    BROKEN = "broken"
    """Its tests could not be run, or never touched it: that proves nothing."""


_FATES: Final = {0: Fate.SURVIVED, 1: Fate.CAUGHT}
"""By the exit code of pytest."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutation, and what pytest said."""

    fate: Fate
    said: str


def tried(mutation: Mutation) -> Verdict:
    """Run the tests that must catch it, in a process of their own, up to the first that fails."""
    try:
        mutation.applied_to(mutation.path.read_text(encoding="utf-8"))
    except RottenError as error:
        return Verdict(Fate.BROKEN, f"{error}\n")
    with tempfile.TemporaryDirectory() as folder:
        sown = Path(folder, "sown")
        run = subprocess.run(
            _pytest(*mutation.caught_by),
            cwd=ROOT,
            env={**os.environ, **_QUICKLY, **_planting(mutation, sown)},
            capture_output=True,
            text=True,
            check=False,
        )
        fate = _FATES.get(run.returncode, Fate.BROKEN) if sown.exists() else Fate.BROKEN
    return Verdict(fate, run.stdout + run.stderr)


def _pytest(*arguments: str) -> list[str]:
    plugins = (option for plugin in _PLUGINS for option in ("-p", plugin))
    return [sys.executable, "-m", "pytest", *plugins, *_OPTIONS, *arguments]


def _planting(mutation: Mutation, sown: Path) -> dict[str, str]:
    path = os.pathsep.join(map(str, (_IN_CHILDREN, ROOT)))
    return {NAMED_BY: mutation.name, SOWN_AT: str(sown), "PYTHONPATH": path}
