"""Runs the command with a lease that lasts only a moment, for tests of a take-over.

Started as `python -m tests.acceptance.quick_lease TERM ARGUMENT…`, with the term in seconds.
"""

from __future__ import annotations

import sys
from functools import partial

import syncd.state.holding
from syncd.cli.app import main
from syncd.state.holding import Timing

BEATS_A_TERM = 10

if __name__ == "__main__":
    term = float(sys.argv.pop(1))
    quick = partial(Timing, beat=term / BEATS_A_TERM, term=term)
    syncd.state.holding.Timing = quick  # type: ignore[misc,assignment]  # `open_state` imports it when it is called
    main()
