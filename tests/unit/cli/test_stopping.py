"""Signals: a story is asked to end, and everything else ends where it stands."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from syncd.cli.stopping import SIGNALS, leave_on_signals, run_until_stopped
from syncd.errors import ExitCode
from syncd.report.wording import EXIT_MEANINGS


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in SIGNALS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_asks_the_story_to_end(sent: signal.Signals, code: int) -> None:
    async def story(stop: asyncio.Event) -> str:
        os.kill(os.getpid(), sent)
        await stop.wait()
        return "settled"

    answer, ended = run_until_stopped(story)

    assert answer == "settled"
    assert ended.exit_code == code
    assert sent.name in EXIT_MEANINGS[ExitCode(code)]


def test_a_story_that_nobody_stops_has_no_code_of_its_own() -> None:
    async def story(stop: asyncio.Event) -> bool:
        return stop.is_set()

    answer, ended = run_until_stopped(story)

    assert not answer
    assert ended.exit_code is None


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_outside_of_a_story_a_signal_ends_the_process(sent: signal.Signals, code: int) -> None:
    leave_on_signals()

    with pytest.raises(SystemExit) as left:
        os.kill(os.getpid(), sent)

    assert left.value.code == code
