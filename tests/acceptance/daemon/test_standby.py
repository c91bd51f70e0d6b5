"""Several daemons on one state: one works, and the others stand by."""

from __future__ import annotations

import signal

from tests.acceptance.daemon.served import ROWS, schedule, serving
from tests.processors import over_within
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, row, wait_until, writes


def test_another_takes_over_when_the_one_on_duty_is_killed(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    schedule(shop, poll="300ms")
    with serving(shop) as first:
        wait_until(lambda: len(sandbox.items()) == 12)
        with serving(shop) as second:
            second.wait_for_log("daemon.stands_by")
            second.wait_for("STATUS=standing by")
            shop.stock([*ROWS, row(70)])
            wait_until(lambda: "SKU-0070" in sandbox.items())
            with over_within(5, second.process.pid):
                first.send(signal.SIGKILL)
                second.wait_for_log("daemon.came_on_duty")
            shop.stock([*ROWS, row(70), row(71)])
            wait_until(lambda: "SKU-0071" in sandbox.items())
            assert second.stop().code == 143

    assert len(writes(sandbox)) == 14


def test_another_takes_over_at_once_when_the_one_on_duty_ends(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    schedule(shop, poll="300ms")
    with serving(shop) as first:
        wait_until(lambda: len(sandbox.items()) == 12)
        with serving(shop) as second:
            second.wait_for_log("daemon.stands_by")
            assert first.stop().code == 143
            second.wait_for_log("daemon.came_on_duty")
            second.stop()


def test_one_that_stands_by_can_be_stopped(shop: Shop) -> None:
    schedule(shop)
    with serving(shop) as first:
        first.wait_for_log("cycle.finished")
        with serving(shop) as second:
            second.wait_for_log("daemon.stands_by")
            with over_within(5, second.process.pid):
                assert second.stop().code == 143
        first.stop()
