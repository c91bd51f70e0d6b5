"""All benches by one command: `python -m tests.bench [OPTION…] [NAME…]`.

A name is that of a file without `bench_`, such as `cycle`; without one all are run. The machine
should have nothing else to do: each figure stands beside a limit measured in the same run, so that
ratios hold on any machine, but not beside other work.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def main() -> int:
    """Run the benches that are named, and give the exit code."""
    known = sorted(file.stem.removeprefix("bench_") for file in HERE.glob("bench_*.py"))
    parser = argparse.ArgumentParser("python -m tests.bench", description=(__doc__ or ""))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(known)}")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the catalogs")
    parser.add_argument("--figures", type=Path, help="write the figures here, as JSON")
    parser.add_argument("--plot", type=Path, help="draw the growth with the rows here, as SVG")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds to watch an idle daemon")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(known):
        parser.error(f"no bench is called {', '.join(sorted(unknown))}")
    files = [str(HERE / f"bench_{name}.py") for name in wanted.names or known]
    options = ["-q", "--benchmark-disable-gc", "--benchmark-quiet", f"--rows={wanted.rows}"]
    options.append(f"--idle={wanted.idle}")
    options += [f"--figures={wanted.figures}"] if wanted.figures else []
    options += [f"--plot={wanted.plot}"] if wanted.plot else []
    return pytest.main(["-p", "no:cacheprovider", *options, *files])


if __name__ == "__main__":
    sys.exit(main())
