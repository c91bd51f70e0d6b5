"""Lives as many lives as fit into the time: `python -m tests.property.simulate --seconds N`."""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.property.simulate.life import PromiseBroken, live
from tests.property.simulate.occurrences import MANY, unseen


def main() -> int:
    """Live one life by its seed, or many; 1 where a promise was broken."""
    asked = _arguments()
    began, lives, cycles, requests, digest = time.monotonic(), 0, 0, 0, ""
    noted: Counter[str] = Counter()
    for seed in _seeds(asked):
        if asked.seed is None and time.monotonic() - began > asked.seconds:
            break
        try:
            lived = live(seed, asked.state, asked.chapters)
        except PromiseBroken as broken:
            print(broken)  # noqa: T201 - the story is what was asked for
            return 1
        lives, cycles, requests = lives + 1, cycles + lived.cycles, requests + lived.requests
        noted += lived.noted
        digest = lived.digest
    seconds = time.monotonic() - began
    print(  # noqa: T201 - the result
        f"{lives} lives, {cycles} cycles and {requests} requests in {seconds:.1f} s "
        f"on {asked.state}: every promise was kept (last trace {digest})"
    )
    missing = unseen(noted, lives=lives) if lives >= MANY else []
    if missing:
        print(f"but it has proven nothing about: {', '.join(missing)}")  # noqa: T201 - the same
    return 1 if missing else 0


def _seeds(asked: argparse.Namespace) -> Iterator[str]:
    if asked.seed is not None:
        yield asked.seed
        return
    first = asked.first or secrets.token_hex(4)
    number = 0
    while True:
        yield f"{first}-{number}"
        number += 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.property.simulate")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to go on")
    parser.add_argument("--seed", help="live this one life again")
    parser.add_argument("--first", help="where the seeds of many lives begin")
    parser.add_argument("--state", choices=("memory", "sqlite"), default="memory")
    parser.add_argument("--chapters", type=int, default=4, help="how much of a story to tell")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
