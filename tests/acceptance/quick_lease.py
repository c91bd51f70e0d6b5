"""Runs the command with a lease that lasts only a moment, for tests of a take-over.

Started as `python -m tests.acceptance.quick_lease TERM ARGUMENT…`, with the term in seconds.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

from syncd.cli.app import main
from syncd.state import holding
from syncd.state.sqlite import opening
from tests.environment import clean_environment
from tests.warm import WARM

BEATS_A_TERM = 10


def start(folder: Path, term: float) -> subprocess.Popen[bytes]:
    """Begin a cycle in this folder, whose lease lasts so many seconds."""
    command = [sys.executable, "-m", "tests.acceptance.quick_lease", str(term), "--once"]
    return WARM.popen(command, cwd=folder, env=clean_environment())


if __name__ == "__main__":
    term = float(sys.argv.pop(1))
    quick = partial(holding.Timing, beat=term / BEATS_A_TERM, term=term)
    for module in (holding, opening):
        vars(module).update(Timing=quick)
    main()
