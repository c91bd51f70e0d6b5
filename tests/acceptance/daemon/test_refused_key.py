"""A daemon whose key is refused stops at once, asks now and then, and goes on by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.acceptance.daemon.served import ROWS, Served, listened_to, schedule
from tests.environment import clean_environment
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, row, wait_until, writes
from tests.warm import WARM

REST: Final = 0.4
"""Seconds instead of 45 after which a refused key is asked for again."""


@pytest.fixture
def daemon(shop: Shop) -> Iterator[Served]:
    schedule(shop, poll="200ms")

    def start(place: str) -> subprocess.Popen[bytes]:
        return WARM.popen(
            [sys.executable, "-m", "tests.acceptance.quick_key", str(REST)],
            cwd=shop.folder,
            env={**clean_environment(), "NOTIFY_SOCKET": place, "WATCHDOG_USEC": "3000000"},
        )

    with listened_to(shop.folder, start) as served:
        yield served


def test_a_key_that_is_taken_again_is_found_without_a_hand(
    shop: Shop, sandbox: SandboxProcess, daemon: Served
) -> None:
    wait_until(lambda: len(sandbox.items()) == len(ROWS))
    sandbox.clear_requests()
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=401)])
    shop.stock([*ROWS, row(61)])
    daemon.wait_for_log("remote.key_refused")
    daemon.wait_for_log("daemon.trouble", kind="key")
    wait_until(lambda: len(sandbox.requests()) > 2)

    assert writes(sandbox) == []
    first, second, *_ = _distances(sandbox.requests())
    assert first >= REST
    assert second >= 2 * REST, "not asked more seldom"
    sandbox.set_faults([])
    wait_until(lambda: "SKU-0061" in sandbox.items())
    daemon.wait_for_log("remote.granted", right="the key")
    daemon.wait_for_log("daemon.relieved", kind="key")
    assert len(daemon.logs("remote.key_refused")) == 1
    assert daemon.stop().code == 143


def _distances(requests: list[dict[str, Any]]) -> list[float]:
    moments = [one["arrived"] for one in requests]
    return [later - earlier for earlier, later in pairwise(moments)]
