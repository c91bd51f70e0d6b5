"""Starts processes that are forked by one that has all of syncd loaded, and not by the system.

They are processes like any other: children of this one, with a number, streams, a folder and an
environment of their own, that end by themselves or by a signal. To load syncd takes each of them
half a second of processor, and would prove the same every time.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

import orjson

from tests.environment import clean_environment

Stream: TypeAlias = int | IO[bytes] | None

LONGEST: Final = 1_000_000
"""Bytes of an order; each comes whole or not at all."""
_READ_LATE: Final = ("SYNCD_", "CACHE_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_USEC", "PYTEST_")
"""How names begin in an environment that decide nothing while modules are loaded."""
_ANSWERS_WITHIN: Final = 60.0
_ENDS_WITHIN: Final = 60.0
_ADOPT: Final = 36
"""What Linux calls it to become the parent of descendants that have lost theirs."""


@dataclass(frozen=True)
class Order:
    """One process: its command, its folder and its environment."""

    command: Sequence[str]
    folder: str
    environment: Mapping[str, str]


class Warm:
    """The process that forks; there is one from its first use on."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._environment = clean_environment()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def know_usual_environment(self) -> None:
        """Take the one of now for what most processes are started with, whoever is the first."""
        self._environment = clean_environment()

    def popen(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: Stream = subprocess.DEVNULL,
        stdout: Stream = subprocess.PIPE,
        stderr: Stream = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """What `subprocess.Popen` gives, for the installed syncd, or for Python with -m or -c.

        The system itself starts it where the environment may decide how modules load.
        """
        starts = self._forked if self._leaves_modules_alone(env) else subprocess.Popen
        return starts(command, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr)

    def _begin(self) -> None:
        with self._one_at_a_time:
            if self._process is not None:
                return
            path = os.pathsep.join([self._environment.get("PYTHONPATH", ""), *sys.path])
            self._line, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._line.settimeout(_ANSWERS_WITHIN)
            with there:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "tests.warmed", str(there.fileno())],
                    env={**self._environment, "PYTHONPATH": path},
                    pass_fds=[there.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                )
            atexit.register(self._end, self._line, self._process)

    @staticmethod
    def _end(line: socket.socket, process: subprocess.Popen[bytes]) -> None:
        """End it with us; whom it has forked goes on."""
        line.close()
        try:
            process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _leaves_modules_alone(self, environment: Mapping[str, str]) -> bool:
        differing = dict(self._environment.items() ^ environment.items())
        return all(name.startswith(_READ_LATE) for name in differing)

    def _forked(self, command: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - Popen's own
        self._begin()
        return _Forked(self._fork, [os.fspath(word) for word in command], **options)

    def _fork(self, order: Order, streams: Sequence[int]) -> int:
        """Have it fork; the child is ours, for its parent has ended."""
        assert self._line is not None
        with self._one_at_a_time:
            _adopt(is_wanted=True)
            try:
                socket.send_fds(self._line, [orjson.dumps(asdict(order))], streams)
                pid = int(self._line.recv(LONGEST))
            except TimeoutError:
                self._line.close()  # what comes late would be taken for the next one's number
                raise
            finally:
                _adopt(is_wanted=False)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)  # raises if it is not
        return pid


class _Forked(subprocess.Popen[bytes]):
    """One that is forked; in all else it is what Python makes of a child's number."""

    def __init__(
        self,
        fork: Callable[[Order, Sequence[int]], int],
        command: Sequence[str],
        **options: Any,  # noqa: ANN401 - Popen's own
    ) -> None:
        self._fork = fork
        super().__init__(command, **options)

    def _execute_child(self, *given: Any) -> None:  # noqa: ANN401 - Popen's own
        command, folder, environment = given[0], given[5], given[6]
        ends = given[10:16]
        theirs = (ends[0], ends[3], ends[5])
        streams = [number if end < 0 else end for number, end in enumerate(theirs)]
        self.pid = self._fork(Order(command, os.fspath(folder), environment), streams)
        self._child_created = True
        self._close_pipe_fds(*ends)  # type: ignore[attr-defined]  # Popen's own


def _adopt(*, is_wanted: bool) -> None:
    """Become the parent of whom our descendants leave behind, or no more.

    It is for moments: what others leave is not ours to wait for.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_ADOPT, int(is_wanted), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this system lets nobody adopt processes")


WARM: Final = Warm()
"""The one of this test run."""
