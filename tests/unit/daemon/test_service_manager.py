"""What the service manager hears, over a real socket."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.daemon.service_manager import ServiceManager, service_manager


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@syncd-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as plug:
        plug.bind(name.replace("@", "\0", 1))
        plug.settimeout(5)
        yield plug, name


def test_it_hears_all_that_happens(listener: tuple[socket.socket, str]) -> None:
    plug, name = listener
    manager = service_manager({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000"})
    manager.ready()
    manager.status("waiting, next poll at 17:45")
    manager.beat()
    manager.reloading()
    manager.stopping()

    heard = [plug.recv(4096).decode() for _ in range(5)]
    assert heard[:3] == ["READY=1", "STATUS=waiting, next poll at 17:45", "WATCHDOG=1"]
    assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d{7,}", heard[3])
    assert heard[4] == "STOPPING=1"
    assert manager.watchdog == timedelta(seconds=30)


def test_nobody_listens_where_the_environment_names_nobody() -> None:
    service_manager({}).ready()

    assert service_manager({"NOTIFY_SOCKET": ""}) == ServiceManager()


def test_one_that_has_gone_away_ends_nothing(tmp_path: Path) -> None:
    service_manager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


@pytest.mark.parametrize(
    "environment",
    [
        {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"},
        {"WATCHDOG_USEC": "soon"},
        {},
    ],
)
def test_no_beats_are_sent_where_none_are_wanted(
    environment: dict[str, str], listener: tuple[socket.socket, str]
) -> None:
    plug, name = listener
    manager = service_manager({"NOTIFY_SOCKET": name, **environment})
    manager.beat()
    manager.ready()

    assert manager.watchdog is None
    assert plug.recv(4096) == b"READY=1"
