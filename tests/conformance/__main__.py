"""Tries the sandbox for as long as it is asked to: `python -m tests.conformance --seconds 300`."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from syncd.sandbox import SandboxSettings, running_sandbox
from tests.conformance.trial import Amount, tried

ALL_PHASES = "examples,coverage,fuzzing,stateful"


def main() -> int:
    """Print what Schemathesis tells; 1 where the sandbox is not as the vendor's document says."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance")
    parser.add_argument("--seconds", type=int, default=120, help="for so long at most")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)  # noqa: T201 - the result
    with tempfile.TemporaryDirectory() as folder, running_sandbox(_unlimited()) as sandbox:
        amount = Amount(ALL_PHASES, examples=200, seconds=asked.seconds)
        verdict = tried(sandbox, amount, asked.seed, Path(folder))
    print(verdict.said)  # noqa: T201 - the result
    return 0 if verdict.passed else 1


def _unlimited() -> SandboxSettings:
    return SandboxSettings(rate_limit=0)


if __name__ == "__main__":
    sys.exit(main())
