"""Runs the command with a key that, once refused, is asked for again after a moment.

Started as `python -m tests.acceptance.quick_key REST ARGUMENT…`, with the rest in seconds.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from syncd.cli.app import main
from syncd.digital_river import refusals

if __name__ == "__main__":
    vars(refusals)["REST"] = timedelta(seconds=float(sys.argv.pop(1)))
    main()
