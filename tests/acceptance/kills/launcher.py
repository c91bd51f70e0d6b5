"""Starts runs of syncd in the process that forks them, and reads what they left behind."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from tests.acceptance.kills.job import Job
from tests.environment import clean_environment
from tests.warm import WARM


@dataclass(frozen=True)
class Ended:
    """How a run ended, the boundaries that it reached, and what it said."""

    code: int
    boundaries: tuple[str, ...]
    stdout: str
    stderr: str

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL

    def json(self) -> Any:  # noqa: ANN401 - the JSON's own
        return orjson.loads(self.stdout)


def each_killed(killed: Callable[[int], Ended]) -> Iterator[Ended]:
    """Kill at the first boundary, the second, and so on; the last run comes to its end."""
    for at in itertools.count(1):
        ended = killed(at)
        yield ended
        if not ended.was_killed:
            return


@dataclass
class Launcher:
    """One process that forks; `told` is a folder for what the runs say."""

    process: subprocess.Popen[bytes]
    told: Path
    jobs: int = 0

    def run(self, job: Job) -> Ended:
        assert self.process.stdin is not None
        self.jobs += 1
        self.process.stdin.write(orjson.dumps({**asdict(job), "number": self.jobs}) + b"\n")
        self.process.stdin.flush()
        code = self._code_of(self.jobs)
        boundaries, stdout, stderr = (
            (self.told / name).read_text() for name in ("boundaries", "stdout", "stderr")
        )
        assert "Traceback" not in stderr, stderr
        return Ended(code, tuple(boundaries.splitlines()), stdout, stderr)

    def _code_of(self, job: int) -> int:
        """Wait for this job's answer; an older one is of a test that was cut off in the middle."""
        assert self.process.stdout is not None
        while answer := self.process.stdout.readline():
            number, code = map(int, answer.split())
            if number == job:
                return code
        raise AssertionError("the process that forks is gone")


@contextmanager
def launching(told: Path) -> Iterator[Launcher]:
    """Start the process that forks; it ends with the block."""
    command = [sys.executable, "-m", "tests.acceptance.kills.killed"]
    with WARM.popen(
        command, cwd=told, env=clean_environment(), stdin=subprocess.PIPE, stderr=None
    ) as process:
        yield Launcher(process, told)
