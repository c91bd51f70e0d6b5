"""A process that is forked with all loaded is one like any other, or it would prove nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from tests.environment import clean_environment
from tests.shop import wait_until
from tests.warm import WARM

TELLS: Final = """
import json, os, sys, tempfile
print(json.dumps({
    "parent": os.getppid(), "number": os.getpid(), "folder": os.getcwd(), "words": sys.argv,
    "environment": dict(os.environ), "temporary": tempfile.gettempdir(),
    "open": [os.readlink(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd")[:-1]],
    "syncd": "syncd.service.cycle" in sys.modules,
}))
"""
LIVES: Final = "print('here', flush=True); import time; time.sleep(60)"


def _begin(folder: Path, *words: str, **environment: str) -> subprocess.Popen[bytes]:
    env = {**clean_environment(), **environment}
    return WARM.popen([sys.executable, "-c", *words], cwd=folder, env=env)


def _told(folder: Path, **environment: str) -> dict[str, Any]:
    with _begin(folder, TELLS, "a", "b", **environment) as process:
        stdout, stderr = process.communicate()
    assert (process.returncode, stderr) == (0, b"")
    found: dict[str, Any] = orjson.loads(stdout)
    assert found["number"] == process.pid
    return found


def test_it_is_our_child_in_a_place_and_an_environment_of_its_own(tmp_path: Path) -> None:
    told = _told(tmp_path, SYNCD_LOG__LEVEL="debug")

    assert told["parent"] == os.getpid()
    assert told["folder"] == str(tmp_path)
    assert told["words"] == ["-c", "a", "b"]
    assert told["environment"] == {**clean_environment(), "SYNCD_LOG__LEVEL": "debug"}
    assert told["syncd"]


def test_it_has_nothing_open_but_streams_and_where_it_tells_what_it_sends(
    tmp_path: Path,
) -> None:
    told = _told(tmp_path)
    kinds = {place.partition(":")[0] for place in told["open"]}

    assert told["syncd"]
    assert kinds == {"/dev/null", "pipe", os.environ["TOLD_BY_SYNCD"]}


def test_what_may_decide_how_modules_load_has_it_start_from_nothing(tmp_path: Path) -> None:
    told = _told(tmp_path, TMPDIR=str(tmp_path))

    assert not told["syncd"]
    assert told["temporary"] == str(tmp_path)


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("raise SystemExit(7)", 7),
        ("raise SystemExit", 0),
        ("raise SystemExit('words')", 1),
        ("raise ValueError('words')", 1),
        ("raise KeyboardInterrupt", -signal.SIGINT),
        ("import sys; sys.exit(-1)", 255),
        ("import threading; threading.Thread(target=lambda: print('more')).start()", 0),
        ("import atexit; atexit.register(print, 'more')", 0),
    ],
)
def test_it_ends_as_python_ends(tmp_path: Path, program: str, code: int) -> None:
    words = [sys.executable, "-c", program]
    with _begin(tmp_path, program) as process:
        stdout, stderr = process.communicate()
    other = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False)

    assert process.returncode == other.returncode == code
    assert stdout == other.stdout
    assert stderr.splitlines()[-1:] == other.stderr.splitlines()[-1:]


def test_it_ends_as_python_ends_where_nothing_can_be_printed(tmp_path: Path) -> None:
    program = "import os, sys; sys.stdout = open(os.dup(1), 'w'); print('words')"
    with Path("/dev/full").open("wb") as full:
        words, env = [sys.executable, "-c", program], clean_environment()
        starts = (WARM.popen, subprocess.Popen)
        ended = []
        for start in starts:
            with start(words, cwd=tmp_path, env=env, stdout=full, stderr=subprocess.PIPE) as one:
                ended.append((one.communicate()[1].splitlines()[-1], one.returncode))

    assert ended == [(b"OSError: [Errno 28] No space left on device", 120)] * len(starts)


def test_one_that_cannot_even_begin_ends_badly(tmp_path: Path) -> None:
    with _begin(tmp_path / "nowhere", "pass") as process:
        _, stderr = process.communicate()

    assert process.returncode == 1
    assert b"FileNotFoundError" in stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_signal_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    with _begin(tmp_path, LIVES) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert process.poll() is None
        process.send_signal(number)
        wait_until(lambda: process.poll() is not None)

    assert process.returncode == -number
