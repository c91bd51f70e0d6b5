"""Runs the sandbox as a process of its own, the way syncd meets Digital River."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

from syncd.sandbox import Fault
from tests.environment import clean_environment
from tests.vendor_watch import WATCH
from tests.warm import WARM

STOP_SECONDS = 60


@dataclass(frozen=True)
class SandboxProcess:
    """Its URL, its process and its control calls; what they return is the JSON's own."""

    url: str
    process: subprocess.Popen[bytes]

    def items(self) -> dict[str, dict[str, Any]]:
        return dict(self._control("GET", "items").json())

    def skus(self) -> dict[str, dict[str, Any]]:
        return dict(self._control("GET", "skus").json())

    def requests(self) -> list[dict[str, Any]]:
        return list(self._control("GET", "requests").json())

    def statistics(self) -> dict[str, Any]:
        return dict(self._control("GET", "statistics").json())

    def clear_requests(self) -> None:
        self.look_through()
        self._control("DELETE", "requests")

    def seed_items(self, items: Iterable[Mapping[str, Any]]) -> None:
        self._control("PUT", "items", list(items))

    def seed_skus(self, skus: Iterable[Mapping[str, Any]]) -> None:
        self._control("PUT", "skus", list(skus))

    def seed_levels(self, levels: Iterable[Mapping[str, Any]]) -> None:
        self._control("PUT", "levels", list(levels))

    def set_faults(self, faults: Iterable[Fault]) -> None:
        self._control("PUT", "faults", list(faults))

    def reset(self) -> None:
        self.look_through()
        self._control("POST", "reset")

    def look_through(self) -> None:
        """Hold what syncd has asked since the last time against the vendor's document."""
        WATCH.see_told(self.requests())

    def _control(self, method: str, what: str, body: object = None) -> httpx.Response:
        content = None if body is None else orjson.dumps(body)
        answer = httpx.request(method, f"{self.url}/_sandbox/{what}", content=content, timeout=30)
        return answer.raise_for_status()


@contextmanager
def sandbox_process(*arguments: str) -> Iterator[SandboxProcess]:
    """Start `python -m syncd.sandbox` with these options on a free port, and stop it at the end."""
    command = [sys.executable, "-m", "syncd.sandbox", *arguments]
    here = Path.cwd()
    with WARM.popen(command, cwd=here, env=clean_environment(), stderr=None) as process:
        try:
            assert process.stdout is not None
            sandbox = SandboxProcess(json.loads(process.stdout.readline())["url"], process)
            yield sandbox
            if process.poll() is None:
                sandbox.look_through()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)
