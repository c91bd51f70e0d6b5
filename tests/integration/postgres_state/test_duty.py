"""Being on duty over many machines: relieved at once after an end, after a term without a sign."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest

from syncd.daemon.daemon import STAND_BY
from syncd.errors import LeaseHeldError, LeaseLostError, StateAwayError
from syncd.ports import State
from syncd.state.holding import Timing
from syncd.state.postgres.lease import BEAT, TERM
from syncd.state.postgres.opening import open_for_writing
from syncd.state.postgres.place import Place
from tests.contract.state.examples import put, sku
from tests.integration.postgres_state.conftest import StartProcess
from tests.servers import Server

Aged = Callable[[str, float], None]
_WORKING = """
from datetime import timedelta
with state.duty("the one that dies"), state.lease("the one that dies", timedelta(0)):
    print("ready", flush=True)
    input()
"""
_PROMISED = 15.0
_ROOM = 3.0
"""Seconds for a look at a busy server, and for what happened since the last sign of life."""


def test_who_ends_is_relieved_at_once(process: Callable[[], State]) -> None:
    first, second = process(), process()
    with first.duty("first"), pytest.raises(LeaseHeldError, match=r"first .* is on duty"):
        second.duty("second").__enter__()
    with second.duty("second") as duty:
        duty.show()


def test_who_stands_still_is_relieved_after_a_term_and_told(
    process: Callable[[], State], pass_over: Aged
) -> None:
    first, second = process(), process()
    with first.duty("first") as duty:
        pass_over("duty", TERM - 1)
        duty.show()
        pass_over("duty", TERM - 1)
        with pytest.raises(LeaseHeldError, match="first"):
            second.duty("second").__enter__()
        pass_over("duty", 2)
        with second.duty("second") as heirs:
            with pytest.raises(LeaseLostError, match=r"second \(since .*\) has come on duty"):
                duty.show()
            heirs.show()
    with first.duty("first"):
        pass


def test_a_clock_set_back_keeps_the_duty_of_a_dead_one_for_a_term(
    process: Callable[[], State], pass_over: Aged
) -> None:
    first, second = process(), process()
    with first.duty("first"):
        pass_over("duty", -3600.0)
        for silent in (0.0, TERM - 1):
            pass_over("duty", silent)
            with pytest.raises(LeaseHeldError, match="first"):
                second.duty("second").__enter__()
        pass_over("duty", 2.0)
        with second.duty("second"):
            pass


def test_a_standby_is_at_work_within_15_s_of_a_crash_and_at_its_next_look_after_a_clean_end(
    process: Callable[[], State], pass_over: Aged, start_process: StartProcess
) -> None:
    heir, since_the_crash = process(), 0.0
    with start_process(_WORKING) as crashed:
        assert not _comes_to_work(heir)
        crashed.kill()
        crashed.wait()
    while not _comes_to_work(heir):
        for seat in ("duty", "lease"):
            pass_over(seat, STAND_BY)
        since_the_crash += STAND_BY
    assert TERM - BEAT <= since_the_crash <= _PROMISED - _ROOM

    assert _comes_to_work(process())


def _comes_to_work(state: State) -> bool:
    """Whether a daemon can come on duty and begin a cycle, as it looks every `STAND_BY` seconds."""
    try:
        with state.duty("heir"), state.lease("heir", timedelta(0)):
            return True
    except LeaseHeldError:
        return False


def test_a_long_write_of_a_cycle_keeps_nobody_from_duty(process: Callable[[], State]) -> None:
    state, daemon = process(), process()
    with state.transaction() as transaction, daemon.duty("daemon") as duty:
        transaction.put([sku("a")])
        duty.show()


def test_while_the_server_is_away_nobody_comes_on_duty_and_a_cycle_lasts_for_a_term(
    place: Place, mortal_server: Server
) -> None:
    passed = 0.0
    timing = Timing(seconds=lambda: passed, beat=1000.0, term=TERM)
    there = Place(mortal_server.url, place.schema, place.name)
    with (
        closing(open_for_writing(there, timing)) as first,
        closing(open_for_writing(there, timing)) as second,
        first.duty("first") as duty,
        first.lease("cycle", timing.now() - timing.now()) as lease,
    ):
        mortal_server.kill()
        with pytest.raises(LeaseHeldError, match=r"connection was lost|cannot be reached"):
            second.duty("second").__enter__()
        passed = TERM - 1
        duty.show()
        lease.check()
        passed = TERM + 1
        duty.show()
        with pytest.raises(LeaseLostError, match="stood still"):
            lease.check()
        with pytest.raises(StateAwayError, match=r"cannot be reached|was lost"):
            put(first, [sku("a")])
