"""Runs the command with a lease that lasts as long as a test needs it to.

Started as `python -m tests.acceptance.quick_lease TERM ARGUMENT…`, with the term in seconds.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import syncd.state.holding
from syncd.cli.app import main
from syncd.state.holding import Timing
from tests.environment import importing_environment

BEATS_A_TERM = 10


def start(folder: Path, term: float) -> subprocess.Popen[bytes]:
    """Begin a cycle in this folder, whose lease lasts so many seconds."""
    command = [sys.executable, "-m", "tests.acceptance.quick_lease", str(term), "--once"]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=importing_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


if __name__ == "__main__":
    term = float(sys.argv.pop(1))
    quick = partial(Timing, beat=term / BEATS_A_TERM, term=term)
    syncd.state.holding.Timing = quick  # type: ignore[misc,assignment]  # `open_state` imports it when it is called
    main()
