"""Signals: a story is asked to end, and everything else ends where it stands."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from syncd.cli.stopping import SIGNALS, leave_on_signals, run_until_stopped
from syncd.errors import ExitCode, StateError
from syncd.report.wording import EXIT_MEANINGS

LOCKED = StateError("state syncd.db", "another process keeps it locked", "Let that process end")


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in SIGNALS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_asks_the_story_to_end(sent: signal.Signals, code: int) -> None:
    async def story(stop: asyncio.Event) -> str:
        os.kill(os.getpid(), sent)
        await stop.wait()
        return "settled"

    answer, ended = run_until_stopped(story)

    assert answer == "settled"
    assert ended.exit_code == code
    assert sent.name in EXIT_MEANINGS[ExitCode(code)]


def test_a_story_that_nobody_stops_has_no_code_of_its_own() -> None:
    async def story(stop: asyncio.Event) -> bool:
        return stop.is_set()

    answer, ended = run_until_stopped(story)

    assert not answer
    assert ended.exit_code is None


def test_a_state_that_a_stop_does_not_wait_for_is_named_and_the_code_is_the_signals(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def story(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.wait()
        raise LOCKED

    with pytest.raises(SystemExit) as left:
        run_until_stopped(story)

    assert left.value.code == 143
    assert str(LOCKED) in capfd.readouterr().err


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_outside_of_a_story_a_signal_ends_the_process(sent: signal.Signals, code: int) -> None:
    leave_on_signals()

    with pytest.raises(SystemExit) as left:
        os.kill(os.getpid(), sent)

    assert left.value.code == code


BLOCKED = """
import asyncio, os, signal, sqlite3, sys, threading
import syncd.cli.stopping as stopping
stopping.LONGEST_STOP = 0.3
async def story(stop):
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
    sqlite3.connect(sys.argv[1], timeout=20).execute("BEGIN IMMEDIATE")
stopping.run_until_stopped(story)
"""


def test_a_story_that_waits_for_a_lock_is_left_in_time(tmp_path: Path) -> None:
    """The loop itself waits, in C, where no handler of Python is called."""
    with closing(sqlite3.connect(tmp_path / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", BLOCKED, tmp_path / "state.db"],
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 143
    assert time.monotonic() - began < 10
    assert "the next run goes on" in done.stderr
