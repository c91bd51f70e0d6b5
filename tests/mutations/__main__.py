"""Tries every mutation, or those that are named: `python -m tests.mutations [NAME…]`."""

from __future__ import annotations

import argparse
import sys
import time

from tests.mutations.listed import MUTATIONS
from tests.mutations.runner import Fate, tried


def main() -> int:
    """Say of each whether it was caught; 1 where one was not."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations")
    parser.add_argument("names", nargs="*", help="the mutations to try; all without")
    names = set(parser.parse_args().names)
    unknown = names - {one.name for one in MUTATIONS}
    if unknown:
        parser.error(f"there is no mutation {', '.join(sorted(unknown))}")
    missed = 0
    for mutation in MUTATIONS:
        if names and mutation.name not in names:
            continue
        began = time.monotonic()
        verdict = tried(mutation)
        seconds = time.monotonic() - began
        print(f"{verdict.fate:<9} {seconds:6.1f} s  {mutation.name}", flush=True)  # noqa: T201 - the result
        if verdict.fate is not Fate.CAUGHT:
            missed += 1
            print(verdict.said[-2_000:])  # noqa: T201 - the reason
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
