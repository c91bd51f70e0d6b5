"""All benches by one command: `python -m tests.bench [OPTION…] [NAME…]`.

A name is that of a file without `bench_`, such as `cycle`; `all` are run by that word, and without
a name those whose figures stand in the README: 29 minutes of two quiet processors. The machine
should have nothing else to do: each figure stands beside a limit measured in the same run, so that
ratios hold on any machine, but not beside other work.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
ALL: Final = "all"
USUAL: Final = (
    "audit",
    "cycle",
    "delivery",
    "first_load",
    "fleet",
    "idle",
    "peers",
    "settling",
    "unlimited",
)
"""What the README tells, but for ten million rows and a whole hour: `growth` and `--idle`."""


def main() -> int:
    """Run the benches that are named, and give the exit code."""
    known = sorted(file.stem.removeprefix("bench_") for file in HERE.glob("bench_*.py"))
    parser = argparse.ArgumentParser("python -m tests.bench", description=(__doc__ or ""))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join((*known, ALL))}")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the catalogs")
    parser.add_argument("--figures", type=Path, help="write the figures here, as JSON")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds to watch an idle daemon")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - {*known, ALL}:
        parser.error(f"no bench is called {', '.join(sorted(unknown))}")
    names = known if ALL in wanted.names else wanted.names or USUAL
    files = [str(HERE / f"bench_{name}.py") for name in names]
    options = ["-q", "--benchmark-disable-gc", "--benchmark-quiet", f"--rows={wanted.rows}"]
    options.append(f"--idle={wanted.idle}")
    options += [f"--figures={wanted.figures}"] if wanted.figures else []
    options.append(f"--as-told={_as_told(wanted)}")
    return pytest.main(["-p", "no:cacheprovider", *options, *files])


def _as_told(wanted: argparse.Namespace) -> str:
    """The command as somebody would type it, without where the figures go."""
    idle = ["--idle", f"{wanted.idle:g}"] if "idle" in wanted.names else []
    command = ["python", "-m", "tests.bench", *wanted.names, "--rows", str(wanted.rows), *idle]
    return shlex.join(command)


if __name__ == "__main__":
    sys.exit(main())
