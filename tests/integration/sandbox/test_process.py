"""The sandbox as a process of its own."""

from __future__ import annotations

import gc
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from syncd.sandbox import Fault, FaultKind, SandboxError, SandboxSettings, running_sandbox
from tests.sandbox_process import sandbox_process
from tests.shop import wait_until

KEY = {"authorization": "Bearer sk_test_1"}
SERVED = """
import gc, json, os, signal
from syncd.sandbox import SandboxSettings, serve

def tell_and_stop(url):
    print(json.dumps([gc.get_freeze_count(), gc.get_threshold()]))
    os.kill(os.getpid(), signal.SIGTERM)

serve(SandboxSettings(), tell_and_stop)
"""


def test_its_options_reach_it_and_its_control_calls_work() -> None:
    with sandbox_process("--rate", "2", "--forbid", "skus", "--fault", "500:0") as sandbox:
        sandbox.seed_items([{"id": "a", "partNumber": "P"}])
        sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=503, count=1)])
        statuses: list[int] = []

        with httpx.Client(base_url=sandbox.url, headers=KEY) as client:

            def ask(path: str) -> int:
                statuses.append(client.get(path).status_code)
                return statuses[-1]

            assert (ask("/inventory-items"), ask("/skus")) == (503, 403)
            wait_until(lambda: ask("/inventory-items") == 429)  # once three come within a second

        assert list(sandbox.items()) == ["a"]
        assert [entry["status"] for entry in sandbox.requests()] == statuses
        assert sandbox.statistics()["requests"] == len(statuses)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_quietly(tmp_path: Path, stop: signal.Signals) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "syncd.sandbox", "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not ready.exists() and process.poll() is None:
            time.sleep(0.01)
        url = json.loads(ready.read_text())["url"]
        assert httpx.get(f"{url}/skus", headers=KEY).status_code == 200
        process.send_signal(stop)
        output, errors = process.communicate(timeout=60)

    assert (process.returncode, output, errors) == (0, b"", b"")


def test_it_never_stands_still_to_search_all_that_it_has_loaded() -> None:
    """What came meanwhile, at the pace that is allowed, would be refused as a bunch."""
    done = subprocess.run(
        [sys.executable, "-c", SERVED], capture_output=True, text=True, check=True
    )
    frozen, threshold = json.loads(done.stdout)

    assert frozen > 20_000
    assert threshold == [700, 10, 1_000]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--host", "0.0.0.0"], "this machine alone"),  # noqa: S104 - must be refused
        (["--fault", "lost=3"], "lost"),
        (["--forbid", "orders"], "orders"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(arguments: list[str], told: str) -> None:
    command = [sys.executable, "-m", "syncd.sandbox", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(SandboxError, match=str(port)),
            running_sandbox(SandboxSettings(port=port)),
        ):
            pass


def test_a_port_can_be_had_again_at_once() -> None:
    with running_sandbox() as first, httpx.Client(base_url=first.url) as client:
        client.get("/skus")
        port = int(first.url.rpartition(":")[2])
    with running_sandbox(SandboxSettings(port=port)) as second:
        assert httpx.get(f"{second.url}/skus", headers=KEY).status_code == 200


def test_connections_that_arrive_while_it_stops_are_closed_too() -> None:
    for _ in range(20):
        with running_sandbox() as sandbox:
            url = httpx.URL(sandbox.url)
            caller = threading.Thread(target=_call_until_refused, args=(url.host, url.port))
            caller.start()
        caller.join()
        gc.collect()  # what was left open warns here, and warnings fail


def _call_until_refused(host: str, port: int) -> None:
    with ExitStack() as callers, suppress(OSError):
        for _ in range(40):
            callers.enter_context(socket.create_connection((host, port), timeout=1))
