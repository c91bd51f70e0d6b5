"""The daemon tells people, once each, over restarts, reloads and a take-over."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.acceptance.daemon.served import schedule, serving
from tests.receiver import Receiver, receiving
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, row, wait_until

STOP = "A guard has stopped something: max_update, max_same_change"
GUARDS = '[guards]\nmax_update = 1\n[notify]\nurls = ["{url}"]\n'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_people_are_told_once_whatever_becomes_of_the_process(
    shop: Shop, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    told = GUARDS.format(url=receiver.url)
    schedule(shop, poll="300ms", extra=told)
    with serving(shop) as first:
        wait_until(lambda: len(sandbox.items()) == 12)
        shop.stock([row(number, origin="SE") for number in range(12)])
        receiver.wait_for(1)
        right = shop.configuration.read_text()
        shop.configuration.write_text(right.replace("[guards]", "[gards]"))
        first.send(signal.SIGHUP)
        receiver.wait_for(2)
        shop.configuration.write_text(right)
        first.send(signal.SIGHUP)
        receiver.wait_for(3)
        schedule(shop, poll="300ms", extra=told)  # with a port of its own
        with serving(shop) as second:
            second.wait_for_log("daemon.stands_by")
            first.send(signal.SIGKILL)
            receiver.wait_for(4)
            second.wait_for("STATUS=waiting")
            receiver.hangs.set()
            shop.stock([row(number) for number in range(12)])
            receiver.wait_for(5)
            assert second.stop().code == 143  # before its targets have had all of their time

    assert receiver.titles == [
        STOP,
        "The changed configuration was not taken over",
        "The changed configuration is taken over now",
        "A standby has taken over",
        "Nothing is stopped any more by max_same_change, max_update",
    ]


def test_a_daemon_whose_state_is_destroyed_says_so_before_it_ends(
    shop: Shop, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    schedule(shop, extra=GUARDS.format(url=receiver.url))
    with serving(shop) as daemon:
        wait_until(lambda: len(sandbox.items()) == 12)
        daemon.wait_for("STATUS=waiting")
        _destroy(shop)
        daemon.send(signal.SIGUSR1)
        assert daemon.process.wait(30) == 1
    assert receiver.titles == ["The state cannot be used"]
    assert "The service has ended." in receiver.messages[0]["message"]


def _destroy(shop: Shop) -> None:
    """Put something else in the place of the state, as a disk does that fails."""
    (shop.folder / "other").write_bytes(b"this was a state once")
    (shop.folder / "other").replace(shop.state)
    for ending in ("-wal", "-shm"):
        shop.state.with_name(shop.state.name + ending).unlink(missing_ok=True)
