"""A daemon that runs as a process, and all that it tells its service manager."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.environment import measured_environment
from tests.shop import Run, Shop, ended, row, running, wait_until

ROWS = [row(number) for number in range(12)]
SCHEDULE = """
[schedule]
poll = "{poll}"
jitter = "0"
[service]
listen = "127.0.0.1:{port}"
probe = "{probe}"
[log]
format = "json"
{extra}
"""


@dataclass
class Served:
    """The process, and what has been heard of it so far."""

    process: subprocess.Popen[bytes]
    heard: list[str] = field(default_factory=list)
    logged: list[dict[str, Any]] = field(default_factory=list)

    def told(self, message: str) -> bool:
        return any(message in one for one in self.heard)

    def logs(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.logged if one["event"] == event]

    def wait_for(self, message: str) -> None:
        wait_until(lambda: self.told(message))

    def wait_for_log(self, event: str, times: int = 1) -> None:
        wait_until(lambda: len(self.logs(event)) >= times)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self) -> Run:
        """End it as systemd does."""
        self.send(signal.SIGTERM)
        return ended(self.process)


def schedule(shop: Shop, poll: str = "1h", probe: str = "0", extra: str = "") -> None:
    """Configure a shop for a daemon; by itself it polls at its start, and no more."""
    shop.configure(SCHEDULE.format(poll=poll, probe=probe, port=free_port(), extra=extra))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as plug:
        port: int = plug.getsockname()[1]
        return port


@contextmanager
def serving(shop: Shop, *arguments: str) -> Iterator[Served]:
    """Start a daemon and listen to it, until the block ends."""
    told = {"WATCHDOG_USEC": "3000000", **measured_environment()}

    def start(place: str) -> subprocess.Popen[bytes]:
        return shop.start(*arguments, NOTIFY_SOCKET=place, **told)

    with listened_to(shop.folder, start) as served:
        yield served


@contextmanager
def listened_to(folder: Path, start: Callable[[str], subprocess.Popen[bytes]]) -> Iterator[Served]:
    """Listen to what a process tells its service manager, at the address it is started with."""
    place = _short(folder)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(place)
        process = start(place)
        served = Served(process)
        for listen in (_hear, _read):
            threading.Thread(target=listen, args=(served, line), daemon=True).start()
        try:
            with running(process):
                yield served
        finally:
            Path(place).unlink()


def _short(folder: Path) -> str:
    """The path of a socket may have 107 characters, and that of a test's folder has more."""
    return f"/tmp/syncd-{abs(hash(folder)):x}-{free_port()}.notify"  # noqa: S108


def _hear(served: Served, line: socket.socket) -> None:
    while True:
        try:
            served.heard.append(line.recv(4096).decode())
        except OSError:
            return


def _read(served: Served, _: socket.socket) -> None:
    stream = served.process.stderr
    assert stream is not None
    for text in stream:
        if text.startswith(b"{"):
            served.logged.append(json.loads(text))
