"""Somebody on this machine who is told by `json://` URLs, takes messages or not, and may hang."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.shop import wait_until


@dataclass
class Receiver:
    """`messages` are those that came, taken or not; with `status` it answers, unless it `hangs`."""

    url: str = ""
    status: int = 200
    messages: list[dict[str, Any]] = field(default_factory=list)
    hangs: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def titles(self) -> list[str]:
        return [one["title"].removeprefix("syncd: ") for one in self.messages]

    def wait_for(self, count: int) -> None:
        wait_until(lambda: len(self.messages) >= count)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen until the block ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.messages.append(json.loads(body))
            if receiver.hangs.is_set():
                receiver.released.wait(30)
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.url = f"json://127.0.0.1:{server.server_port}/s3cret-hook"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield receiver
        finally:
            receiver.released.set()
            server.shutdown()
