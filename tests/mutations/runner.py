"""Plants a mutation, runs the tests that must catch it, and says whether they did."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tests.mutations.mutation import NAMED_BY, ROOT, Mutation, RottenError

_FAILED: Final = 1
_PASSED: Final = 0
_QUICKLY: Final = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""To load every plugin takes longer than most of the tests."""
_PLUGINS: Final = ("tests.mutations.plant", "pytest_asyncio.plugin", "pytest_timeout")
_OPTIONS: Final = ("-p", "no:cacheprovider", "--exitfirst", "--quiet", "--no-header")


class Fate(StrEnum):
    """What became of a mutation."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    BROKEN = "broken"
    """Its tests could not be run, or never touched it: that proves nothing."""


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
    plugins = (option for plugin in _PLUGINS for option in ("-p", plugin))
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *_OPTIONS, *mutation.caught_by],
        cwd=ROOT,
        env={**os.environ, **_QUICKLY, NAMED_BY: mutation.name},
        capture_output=True,
        text=True,
        check=False,
    )
    fates = {_FAILED: Fate.CAUGHT, _PASSED: Fate.SURVIVED}
    return Verdict(fates.get(run.returncode, Fate.BROKEN), run.stdout + run.stderr)
