"""A daemon that runs as a process, and all that it tells its service manager."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.environment import measured_environment
from tests.ports import free_port
from tests.shop import KEY, LONGEST, Run, Shop, row, wait_until

ROWS = [row(number) for number in range(12)]
_NO_MORE = b"no more"
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
    """The process, and what has been heard of it so far: all that it said is `said`."""

    process: subprocess.Popen[bytes]
    heard: list[str] = field(default_factory=list)
    logged: list[dict[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    _reading: threading.Thread | None = None

    def listen(self) -> None:
        """Take down what it says, from now on and until it ends."""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def told(self, message: str) -> bool:
        return any(message in one for one in self.heard)

    def count(self, message: str) -> int:
        """How often its service manager was told this."""
        return sum(message in one for one in self.heard)

    def logs(self, event: str, **having: object) -> list[dict[str, Any]]:
        """The lines of this event, of those that say this."""
        return [
            one for one in self.logged if one["event"] == event and having.items() <= one.items()
        ]

    def wait_for(self, message: str, times: int = 1) -> None:
        wait_until(lambda: self.count(message) >= times)

    def wait_for_log(self, event: str, times: int = 1, **having: object) -> None:
        wait_until(lambda: len(self.logs(event, **having)) >= times)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self) -> Run:
        """End it as systemd does: by itself; nobody has seen its key, or a traceback."""
        self.send(signal.SIGTERM)
        code, stdout = self.process.wait(LONGEST), self.process.stdout
        assert stdout is not None
        self.hear_out()
        run = Run(code, stdout.read().decode(), "".join(self.said))
        assert KEY not in run.stdout + run.stderr
        assert "Traceback" not in run.stderr, run.stderr
        assert "has not ended within" not in run.stderr, run.stderr
        return run

    def hear_out(self) -> None:
        """Wait until all that a process has said is taken down, once it has ended."""
        assert self._reading is not None
        self._reading.join(LONGEST)

    def _read(self) -> None:
        stream = self.process.stderr
        assert stream is not None
        for line in stream:
            text = line.decode()
            self.said.append(text)
            if text.startswith("{"):
                self.logged.append(json.loads(text))


def schedule(shop: Shop, poll: str = "1h", probe: str = "0", extra: str = "") -> None:
    """Configure a shop for a daemon; by itself it polls at its start, and no more."""
    shop.configure(SCHEDULE.format(poll=poll, probe=probe, port=free_port(), extra=extra))


def address_of(shop: Shop) -> str:
    """Where its daemon serves."""
    listen = tomllib.loads(shop.configuration.read_text())["service"]["listen"]
    return f"http://{listen}"


@contextmanager
def serving(shop: Shop, *arguments: str, **environment: str) -> Iterator[Served]:
    """Start a daemon and listen to it, until the block ends."""
    told = {"WATCHDOG_USEC": "3000000", **measured_environment(), **environment}

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
        served.listen()
        hearing = threading.Thread(target=_hear, args=(served, line), daemon=True)
        hearing.start()
        try:
            with process:
                try:
                    yield served
                finally:
                    process.kill()
                    served.hear_out()
        finally:
            line.sendto(_NO_MORE, place)
            hearing.join(LONGEST)
            Path(place).unlink()


def _short(folder: Path) -> str:
    """The path of a socket may have 107 characters, and that of a test's folder has more."""
    return f"/tmp/syncd-{abs(hash(folder)):x}-{free_port()}.notify"  # noqa: S108


def _hear(served: Served, line: socket.socket) -> None:
    while (message := line.recv(4096)) != _NO_MORE:
        served.heard.append(message.decode())
