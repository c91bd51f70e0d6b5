"""Beats, and the words that the service manager shows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from syncd.daemon.beats import Beats, in_words
from syncd.service.pulse import LONGEST_STANDSTILL, Pulse, Trouble
from tests.fakes.ticks import Ticks

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Heard:
    """Stands in for the service manager, and remembers."""

    def __init__(self) -> None:
        self.beats = 0
        self.words: list[str] = []

    def beat(self) -> None:
        self.beats += 1

    def status(self, words: str) -> None:
        self.words.append(words)


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def pulse(ticks: Ticks) -> Pulse:
    return Pulse(lambda: NOON, ticks)


def test_work_that_stands_still_too_long_gives_no_beats(pulse: Pulse, ticks: Ticks) -> None:
    heard = Heard()
    beats = Beats(pulse, heard)
    pulse.cycle.phase("delivering", 100)
    ticks.now = LONGEST_STANDSTILL + 1
    beats.once()
    assert heard.beats == 0
    pulse.cycle.advance()
    beats.once()
    assert heard.beats == 1
    pulse.cycle.rest()
    ticks.now *= 3
    beats.once()
    assert heard.beats == 2


def test_silence_is_counted_from_the_last_beat(pulse: Pulse, ticks: Ticks) -> None:
    ticks.now = 7.5
    assert pulse.silence() == 7.5
    Beats(pulse, Heard()).once()
    assert pulse.silence() == 0


def test_words_are_told_when_they_change(pulse: Pulse) -> None:
    heard = Heard()
    beats = Beats(pulse, heard)
    beats.once()
    beats.once()
    pulse.cycle.phase("delivering", 1200)
    pulse.cycle.advance(1100)
    beats.once()

    assert heard.words == ["waiting", "delivering, 1,100 of 1,200"]


def test_the_words_tell_what_keeps_it_from_its_work(pulse: Pulse) -> None:
    pulse.next_runs = {"poll": NOON}
    pulse.writes_open_at = NOON.replace(hour=20)
    pulse.trouble(Trouble.CATALOG, "catalog.csv: it is not there. Write it.")

    assert in_words(pulse) == (
        "waiting, next poll at 12:00:00 UTC; writes are allowed again at 20:00:00 UTC; "
        "catalog.csv: it is not there. Write it."
    )


def test_one_that_stands_by_says_for_whom(pulse: Pulse) -> None:
    pulse.stands_by_for = "syncd, process 7 on shop is on duty"

    assert in_words(pulse) == "standing by: syncd, process 7 on shop is on duty"


def test_trouble_is_news_once(pulse: Pulse) -> None:
    assert pulse.trouble(Trouble.KEY, "refused")
    assert not pulse.trouble(Trouble.KEY, "refused")
    assert pulse.trouble(Trouble.KEY, "refused again")
    assert pulse.relief(Trouble.KEY)
    assert not pulse.relief(Trouble.KEY)
