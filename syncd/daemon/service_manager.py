"""What systemd is told, by the protocol of sd_notify(3); nothing where it does not listen."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

_MICROSECONDS: Final = 1_000_000
_ABSTRACT: Final = "@"


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """Whoever listens at `address`; `watchdog` is how long it bears hearing no beat."""

    address: str | None = None
    watchdog: timedelta | None = None

    def ready(self) -> None:
        """Starting, or reloading, is done."""
        self._tell("READY=1")

    def reloading(self) -> None:
        """A reload begins; `Type=notify-reload` wants to know when, by the monotonic clock."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The end begins."""
        self._tell("STOPPING=1")

    def status(self, words: str) -> None:
        """Say what is going on, in a line that `systemctl status` shows."""
        self._tell(f"STATUS={words}")

    def beat(self) -> None:
        """Say that the work goes on."""
        if self.watchdog is not None:
            self._tell("WATCHDOG=1")

    def _tell(self, message: str) -> None:
        """A service manager that has gone away must not end the daemon."""
        if self.address is None:
            return
        address = self.address
        if address.startswith(_ABSTRACT):
            address = "\0" + address[1:]
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(message.encode(), address)


def service_manager(environment: Mapping[str, str] = os.environ) -> ServiceManager:
    """Find it by what it has put into the environment."""
    address = environment.get("NOTIFY_SOCKET") or None
    return ServiceManager(address, _watchdog(environment))


def _watchdog(environment: Mapping[str, str]) -> timedelta | None:
    """None where no beats are wanted, or those of another process."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    with suppress(ValueError):
        bound = int(environment.get("WATCHDOG_USEC", ""))
        return timedelta(seconds=bound / _MICROSECONDS)
    return None
