#!/usr/bin/env python3
"""Runs pip-audit over the lock files and tells apart what is clean, vulnerable and not audited.

By itself pip-audit passes over a package that its list does not know, and ends well: then a list
that is out of reach looks like one that knows of nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOCKS: Final = ("requirements.lock", "tests/requirements.lock")
CLEAN: Final = 0
VULNERABLE: Final = 1
NOT_AUDITED: Final = 2
_EXAMPLES: Final = 3
_OPTIONS: Final = ("--require-hashes", "--disable-pip", "--progress-spinner=off", "--format=json")
_WAY_OUT: Final = (
    "This is no pass. Run it again where the network reaches a list of vulnerabilities, or name "
    "one that it does reach: .ci/audit --vulnerability-service osv --osv-url URL"
)


@dataclass(frozen=True)
class Verdict:
    """What the exit code says, and the same in words."""

    code: int
    words: str


def main() -> int:
    """Audit both locks."""
    verdict = audited(LOCKS, sys.argv[1:])
    print(verdict.words, file=sys.stdout if verdict.code == CLEAN else sys.stderr)
    return verdict.code


def audited(locks: Sequence[str], options: Sequence[str]) -> Verdict:
    """Ask about everything in these locks."""
    program = str(Path(sys.executable).with_name("pip-audit"))
    named = [f"--requirement={lock}" for lock in locks]
    run = subprocess.run(  # noqa: S603 - with the arguments of whoever calls this
        [program, *_OPTIONS, *named, *options], capture_output=True, text=True, check=False
    )
    return verdict(run.stdout, run.stderr)


def verdict(report: str, complaint: str) -> Verdict:
    """Judge what pip-audit has reported, and complained of where there is no report."""
    try:
        asked = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        reason = (complaint.strip().splitlines() or ["pip-audit said nothing"])[-1]
        return Verdict(NOT_AUDITED, f"Nothing was audited: {reason}\n{_WAY_OUT}")
    known = [
        f"{one['name']} {one['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for one in asked
        for vulnerability in one.get("vulns", ())
    ]
    if known:
        return Verdict(VULNERABLE, "\n".join(known))
    skipped = [one["name"] for one in asked if "skip_reason" in one]
    if skipped or not asked:
        such_as = f", such as {', '.join(skipped[:_EXAMPLES])}" if skipped else ""
        words = f"Not audited: {len(skipped)} of {len(asked)} packages{such_as}.\n{_WAY_OUT}"
        return Verdict(NOT_AUDITED, words)
    return Verdict(CLEAN, f"No vulnerability is known of any package ({len(asked)} audited).")


if __name__ == "__main__":
    sys.exit(main())
