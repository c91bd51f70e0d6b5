"""Of several daemons on one state one is on duty: it is relieved when it dies or stands still."""

from __future__ import annotations

import signal
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.errors import LeaseHeldError, LeaseLostError, StateError
from syncd.ports import State
from syncd.state import open_existing_read_only, open_state
from syncd.state.holding import TERM, Timing
from syncd.state.sqlite.opening import open_for_writing
from tests.contract.state.examples import NOON
from tests.integration.state.conftest import StartProcess

_ON_DUTY = """
with state.duty("the first daemon") as duty:
    print("ready", flush=True)
    input()
"""


def test_who_was_killed_is_relieved_at_once(state: State, start_process: StartProcess) -> None:
    with start_process(_ON_DUTY) as process:
        with pytest.raises(LeaseHeldError, match=r"the first daemon \(since 20.*\) is on duty"):
            state.duty("the second").__enter__()
        process.kill()
        process.wait()

        with state.duty("the second") as duty:
            duty.show()


def test_who_was_stopped_is_relieved_after_a_term(file: Path, start_process: StartProcess) -> None:
    passed = 0.0
    timing = Timing(lambda: NOON + timedelta(seconds=passed), lambda: passed)
    with start_process(_ON_DUTY) as process, closing(open_for_writing(file, timing)) as state:
        process.send_signal(signal.SIGSTOP)
        for passed in (0.0, TERM - 1, TERM):  # noqa: B007 - the clock reads it
            with pytest.raises(LeaseHeldError, match="the first daemon"):
                state.duty("the second").__enter__()
        passed = TERM + 1
        with state.duty("the second") as duty:
            process.send_signal(signal.SIGCONT)
            duty.show()


def test_who_shows_signs_of_life_stays_and_who_was_relieved_is_told(file: Path) -> None:
    passed = 0.0
    timing = Timing(lambda: NOON + timedelta(seconds=passed), lambda: passed)
    with (
        closing(open_for_writing(file, timing)) as first,
        closing(open_for_writing(file, timing)) as second,
        first.duty("first") as duty,
    ):
        for _ in range(3):
            passed += TERM
            duty.show()
            with pytest.raises(LeaseHeldError):
                second.duty("second").__enter__()
        passed += TERM + 1
        with second.duty("second") as heirs:
            with pytest.raises(LeaseLostError, match=r"second \(since .*\) has come on duty"):
                duty.show()
            heirs.show()


def test_who_only_looks_is_never_on_duty(url: str) -> None:
    open_state(url).close()
    with (
        closing(open_existing_read_only(url)) as state,
        pytest.raises(StateError, match="it was opened to be read"),
    ):
        state.duty("a looker").__enter__()
