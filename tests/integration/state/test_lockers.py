"""Whoever finds the state locked is told by which process, and what that one does."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.errors import StateBusyError
from syncd.state.sqlite.lockers import locker
from syncd.state.sqlite.opening import open_for_writing

ANOTHER_PROGRAM = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
input()
"""
ANOTHER_CYCLE = """
import os, sys
from datetime import timedelta
from pathlib import Path
from syncd.state.sqlite.opening import open_for_writing
state = open_for_writing(Path(sys.argv[1]))
with state.lease(f"syncd --once, process {os.getpid()} on host", timedelta()), state.transaction():
    print("locked", flush=True)
    input()
"""


@contextmanager
def locked_by(program: str, file: Path) -> Iterator[int]:
    """Another process has it locked for the block."""
    command = [sys.executable, "-c", program, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        yield process.pid
        process.kill()


@pytest.mark.parametrize(
    ("program", "who"),
    [
        (ANOTHER_PROGRAM, r"process {pid} \(python[^)]*\)"),
        (ANOTHER_CYCLE, r"syncd --once, process {pid} on host \(since [^)]+ UTC\)"),
    ],
    ids=["another program", "another cycle"],
)
def test_a_state_that_is_locked_names_by_whom(tmp_path: Path, program: str, who: str) -> None:
    file = tmp_path / "syncd.db"
    patience = timedelta(milliseconds=20)
    with (
        closing(open_for_writing(file, busy_timeout=patience)) as state,
        locked_by(program, file) as pid,
    ):
        with pytest.raises(StateBusyError) as told, state.transaction():
            pytest.fail("two write at once")

        words = rf"{who.format(pid=pid)} keeps it locked for writing\. Let that process end"
        assert re.search(words, str(told.value)), told.value


def test_nobody_is_named_where_nobody_locks_it(tmp_path: Path) -> None:
    file = tmp_path / "syncd.db"
    open_for_writing(file).close()

    assert locker(file, ()) is None
    assert locker(tmp_path / "another.db", ()) is None
