"""Breaks as many reads as asked for: `python -m tests.property.broken_reads --reads N`.

With `--over memory --first NAME`, a hundred thousand take some ten minutes of one processor, and
are the same at every run.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Final

from tests.property.broken_reads.run import STANDS, Broken, run

_STEP: Final = 5000


def main() -> int:
    """Try one read by its seed, or many; 1 where one was taken for what it is not."""
    asked = _arguments()
    first = asked.first or secrets.token_hex(4)
    one_only = asked.seed is not None
    seeds = [asked.seed] if one_only else (f"{first}-{number}" for number in range(asked.reads))
    began = time.monotonic()
    try:
        found = run(_told(seeds), asked.only, asked.over)
    except Broken as broken:
        print(broken)  # noqa: T201 - the story is what was asked for
        return 1
    for (stand, outcome), count in sorted(found.items()):
        print(f"{stand:10} {outcome:8} {count:8,}")  # noqa: T201 - the result
    total, seconds = sum(found.values()), time.monotonic() - began
    print(  # noqa: T201 - the result
        f"{total:,} reads in {seconds:.0f} s (seeds {first}-…): none led to a delete, and every"
        " sound one was proven complete"
    )
    return 0


def _told(seeds: Iterable[str]) -> Iterator[str]:
    """Tell now and then how far it is, for many take a while."""
    for number, seed in enumerate(seeds):
        if number and number % _STEP == 0:
            print(f"{number:,} reads, and none led to a delete", file=sys.stderr)  # noqa: T201
        yield seed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.property.broken_reads")
    parser.add_argument("--reads", type=int, default=1000, help="how many to break")
    parser.add_argument("--first", help="where their seeds begin")
    parser.add_argument("--seed", help="break this one again")
    parser.add_argument("--only", choices=STANDS, help="of one kind of source alone")
    parser.add_argument("--over", choices=("sockets", "memory"), default="sockets")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
