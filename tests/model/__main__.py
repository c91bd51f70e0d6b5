"""A day of a large fleet in seconds: `python -m tests.model`, with its size, see `--help`."""

from __future__ import annotations

import argparse
import sys

from tests.model.costs import Costs
from tests.model.fleet import Fleet, Shape


def main() -> None:
    """Tell how busy a fleet of this shape is, and how long its errands wait."""
    usual, parser = Shape(), argparse.ArgumentParser(prog="python -m tests.model")
    parser.add_argument("--accounts", type=int, default=usual.accounts)
    parser.add_argument("--skus", type=int, default=usual.skus, help="of each account")
    parser.add_argument("--poll", type=float, default=usual.poll, help="seconds between two")
    parser.add_argument("--changed", type=float, default=usual.changed, help="of all SKUs a day")
    parser.add_argument("--processes", type=int, default=usual.processes)
    parser.add_argument("--server-cores", type=int, default=usual.server_cores)
    parser.add_argument("--hours", type=float, default=usual.hours)
    shape = Shape(**vars(parser.parse_args()))
    seen = Fleet(shape, Costs()).run()
    sys.stdout.write(
        f"{shape.accounts:,} accounts, {shape.accounts * shape.skus:,} SKUs,"
        f" {shape.processes} processes, {shape.server_cores} cores of PostgreSQL:"
        f" {len(seen.waits):,} polls and {seen.writes:,} writes in {shape.hours:g} h\n"
        f"processes busy {seen.processes:.0%}, PostgreSQL {seen.server:.0%}:"
        f" {seen.bottleneck} would be used up first\n"
        f"errands wait {seen.wait(0.5):.3f} s, 99 in 100 at most {seen.wait(0.99):.2f} s,"
        f" the longest {seen.waits[-1]:.1f} s\n"
    )


if __name__ == "__main__":
    main()
