"""Every durable step and request boundary of this process, numbered; at one of them it dies.

The steps are seen from outside, by wrapping SQLite, the system's calls and the HTTP transport, so
that syncd has no line in it for the sake of this test.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final

import httpx

from tests.acceptance.kills.database import watch_database, watch_server
from tests.acceptance.kills.files import Files, watch_files
from tests.acceptance.kills.job import Job

Reached = Callable[[str], None]
Trace = Callable[[str, Any], Awaitable[None]]

PACED: Final = "state.db.pacer is written to"
STAGES: Final = {
    "send_request_headers.started": "leaves",
    "send_request_body.complete": "is sent",
    "receive_response_headers.complete": "is answered",
    "receive_response_body.complete": "is read",
}
"""What httpcore tells of a request: before the first byte, after the last one, the answer's head,
and its body."""
OF_READS: Final = frozenset({"leaves", "is read"})
"""One that only reads leaves nothing anywhere in between: who dies there has died before it."""

_PATIENCE: Final = 30.0
_MOMENT: Final = 0.01

_write = os.write


class Boundaries:
    """Counts boundaries as they are reached, from any thread, and tells them to a file."""

    def __init__(self, told: int, job: Job) -> None:
        """Take an open file, and the job that says at which of them to end."""
        self.is_signalled = False
        self._told = told
        self._job = job
        self._count = 0
        self._is_paced = False
        self._lock = threading.Lock()

    def reached(self, name: str) -> None:
        """Tell a boundary, or end everything there."""
        with self._lock:
            if name == PACED:
                if self._is_paced:
                    return
                self._is_paced = True
            _write(self._told, f"{name}\n".encode())
            if not is_among(self._job.among, name):
                return
            self._count += 1
            if self._count == self._job.kill_at:
                _wait_for(self._job.gate)
                self.signal(self._job.by)

    def signal(self, number: int) -> None:
        """Send this process a signal; asked to stop for a second time it would not end in order."""
        if number == signal.SIGKILL or not self.is_signalled:
            self.is_signalled = True
            os.kill(os.getpid(), number)


def is_among(among: Iterable[tuple[str, str]], name: str) -> bool:
    """Whether a boundary's name begins and ends as one of these do."""
    return any(name.startswith(head) and name.endswith(tail) for head, tail in among)


def _wait_for(gate: str | None) -> None:
    end = time.monotonic() + _PATIENCE
    while gate is not None and not os.path.exists(gate) and time.monotonic() < end:  # noqa: PTH110 - nothing of what is watched
        time.sleep(_MOMENT)


def watch(folder: Path, reached: Reached) -> None:
    """Have every durable step in this folder and every request told, for the rest of this process.

    A step is told before it is taken; a commit, and a file that is put in the place of another,
    after it as well. Between two of what is told nothing lasting happens: a transaction that has
    not committed leaves nothing, and the pacer's few numbers, which are no state, are told once:
    the departures that follow, each of which is told, come right after theirs.
    """
    watch_database(folder, reached)
    watch_server(reached)
    watch_files(Files(folder, reached))
    _watch_requests(reached)


def _watch_requests(reached: Reached) -> None:
    handle = httpx.AsyncHTTPTransport.handle_async_request

    async def watched(
        transport: httpx.AsyncHTTPTransport, request: httpx.Request
    ) -> httpx.Response:
        request.extensions["trace"] = _traced(request, reached)
        return await handle(transport, request)

    httpx.AsyncHTTPTransport.handle_async_request = watched  # type: ignore[method-assign, assignment]  # around it


def _traced(request: httpx.Request, reached: Reached) -> Trace:
    name, told = _called(request), request.extensions.get("trace")
    stages = OF_READS if request.method == "GET" else frozenset(STAGES.values())

    async def trace(event: str, detail: Any) -> None:  # noqa: ANN401 - httpcore's own
        if told is not None:
            await told(event, detail)
        stage = STAGES.get(event.partition(".")[2])
        if stage in stages:
            reached(f"{name} {stage}")

    return trace


def _called(request: httpx.Request) -> str:
    """Such as `POST /inventory-items SKU-0001`."""
    body = request.content.decode()
    item = body.partition('"id":"')[2].partition('"')[0]
    return f"{request.method} {request.url.path} {item}".rstrip()
