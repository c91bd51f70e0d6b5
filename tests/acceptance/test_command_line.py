"""The command line itself: version, streams, and what it does in a pipe."""

from __future__ import annotations

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import orjson
import pytest

from syncd import __version__
from tests.environment import clean_environment
from tests.shop import SYNCD, Shop, ended, running
from tests.vendor_watch import WATCH


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """One that is kept by the command as it is installed, from its very start."""
    return replace(shop, is_installed=True)


def test_version(shop: Shop) -> None:
    assert shop.run("--version").stdout == f"syncd {__version__}\n"


def test_without_a_configuration_the_service_says_what_is_wanted(shop: Shop) -> None:
    shop.configuration.unlink()
    run = shop.run()

    assert run.code == 2
    assert run.stdout == ""
    assert "config.toml" in run.stderr


def test_a_shell_can_complete_it(shop: Shop) -> None:
    run = shop.run(_SYNCD_COMPLETE="complete_bash", COMP_WORDS="syncd sta", COMP_CWORD="1")

    assert run.stdout.split() == ["status", "state"]


def test_a_reader_who_goes_away_is_no_error(shop: Shop) -> None:
    with shop.start("--once", "--format", "json") as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, stderr = process.communicate(timeout=60)

    assert process.returncode == 0
    assert b"Traceback" not in stderr
    assert b"BrokenPipe" not in stderr


@pytest.mark.parametrize("command", ["status", "--help", "--version"])
def test_a_full_disk_under_stdout_is_told(shop: Shop, command: str) -> None:
    environment = clean_environment()
    environment.pop("PYTHONUNBUFFERED", None)  # what is not buffered cannot be left over
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [SYNCD, command],
            cwd=shop.folder,
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert process.returncode == 1
    assert process.stderr.startswith(b"The result: stdout cannot be written (No space left on")
    assert b"OSError" not in process.stderr


def test_no_encoding_of_a_terminal_is_a_problem(shop: Shop) -> None:
    run = shop.run("status", PYTHONIOENCODING="ascii")

    assert run.code == 0
    assert run.stdout != ""


def test_the_sandbox_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    environment = {**clean_environment(), "PYTHONUNBUFFERED": "1"}
    with (
        subprocess.Popen(
            [SYNCD, "sandbox", "--port", "0", "--rate", "9", "--fault", "503:0"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process,
        running(process),
    ):
        assert process.stdout is not None
        url = os.fsdecode(process.stdout.readline()).strip()
        answer = httpx.get(
            f"{url}/inventory-items", headers={"Authorization": "Bearer sk_test_any"}
        )
        process.send_signal(signal.SIGTERM)
        run = ended(process)

    assert answer.status_code == 200
    assert run.code == 0
    assert f'base_url = "{url}"' in run.stderr


def test_the_demo_shows_what_there_is_to_see(tmp_path: Path, shop: Shop) -> None:
    folder = tmp_path / "fresh"
    folder.mkdir()
    demo = Shop(folder, shop.url, is_installed=True)
    WATCH.hear()
    before = WATCH.seen

    first = demo.run("demo")

    assert first.code == 0, first.stderr
    WATCH.hear()
    assert WATCH.seen > before, "what a process sends to a sandbox of its own is seen as well"
    assert "33 updated" in first.stdout
    assert "1 SKU is quarantined" in first.stdout
    assert "A second cycle over the same catalog: 0 writes and 0 requests." in first.stdout
    report = (folder / "syncd-demo" / "report.html").read_text()
    assert "NK-CHG-105" in report
    assert "BX-440X" in report

    again = demo.run("demo", "--output", "mine.json")

    assert again.code == 0, again.stderr
    assert (folder / "mine.json").exists()
    configured = ("--config", "syncd-demo/config.toml")
    hint = next(line for line in first.stderr.splitlines() if line.endswith(" status"))
    subprocess.run(hint.split(), cwd=folder, env=clean_environment(), check=True)
    assert "HS code" in demo.run("why", "NK-CAM-107", *configured).stdout


def test_progress_shows_on_a_terminal_and_the_result_stays_clean(shop: Shop) -> None:
    master, terminal = os.openpty()
    with (
        ThreadPoolExecutor() as reader,
        subprocess.Popen(
            [SYNCD, "--once", "--format", "json"],
            cwd=shop.folder,
            env={**clean_environment(), "TERM": "xterm-256color"},
            stdout=subprocess.PIPE,
            stderr=terminal,
        ) as process,
        running(process),
    ):
        os.close(terminal)
        assert process.stdout is not None
        screen = reader.submit(_all_of, master)
        result = orjson.loads(process.stdout.read())
        process.wait(60)
        shown = screen.result()

    assert process.returncode == 0
    assert result["summary"]["create"] == 12
    assert "delivering" in shown
    assert "cycle.finished" in shown


def _all_of(master: int) -> str:
    """Read what a terminal was sent; its end is an error to Linux."""
    parts = []
    with suppress(OSError):
        while part := os.read(master, 65536):
            parts.append(part)
    os.close(master)
    return b"".join(parts).decode()
