"""What stands beside the work, and fails, is told and begins anew."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from syncd.daemon.bearing import Bearing, Ends, kept_going
from syncd.domain.change import Action
from syncd.domain.cycle import CycleId, CycleResult, Guard, GuardStop, Mode
from syncd.service.pulse import MOST_REASONS, Pulse, Trouble

AWAY = "Digital River: 503 service_unavailable (request id {}). Nothing is lost; run again later."


@pytest.fixture
def bearing() -> Bearing:
    ends = Ends(asyncio.Event(), asyncio.Event())
    return Bearing(Pulse(lambda: datetime.now(UTC)), ends, lambda *_: None)


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as logged:
        yield logged


def events(logged: list[Any]) -> list[str]:
    return [one["event"] for one in logged]


def test_an_outage_is_told_once_however_many_answers_it_gives(
    bearing: Bearing, logged: list[Any]
) -> None:
    for number in range(100):
        bearing.troubled(Trouble.REMOTE, AWAY.format(f"id-{number}"))
    assert bearing.pulse.troubles == {Trouble.REMOTE: AWAY.format("id-99")}
    bearing.relieved(Trouble.REMOTE)
    bearing.relieved(Trouble.REMOTE)
    bearing.troubled(Trouble.REMOTE, AWAY.format("id-100"))

    assert events(logged) == ["daemon.trouble", "daemon.relieved", "daemon.trouble"]


def test_another_reason_is_told_as_well_but_not_one_at_every_poll(
    bearing: Bearing, logged: list[Any]
) -> None:
    for _ in range(3):
        for reason in ("it is not there", "it has no column mpn"):
            bearing.troubled(Trouble.CATALOG, reason)
    assert len(logged) == 2
    for number in range(100):
        bearing.troubled(Trouble.CATALOG, f"the gateway names this {number}")
    assert len(logged) == MOST_REASONS


def test_a_stop_is_told_once_while_more_and_more_is_stopped(
    bearing: Bearing, logged: list[Any]
) -> None:
    def stopped(*words: str) -> CycleResult:
        guards = tuple(
            GuardStop(Guard.MAX_SAME_CHANGE, 0.3, 0.5, (Action.UPDATE,), one) for one in words
        )
        now = datetime.now(UTC)
        return CycleResult(CycleId("c"), Mode.SCHEDULED, now, now, None, guards=guards)

    for count in ("765", "1,765"):
        bearing.take_in(stopped(f"{count} items would get the same eccn"), is_whole=True)
    assert events(logged) == ["guard.stopped"]
    bearing.take_in(stopped("9 items would get the same eccn", "9 the same hsCode"), is_whole=True)
    assert events(logged) == ["guard.stopped"] * 2
    bearing.take_in(stopped(), is_whole=True)
    bearing.take_in(stopped("9 items would get the same eccn"), is_whole=True)
    assert events(logged) == ["guard.stopped"] * 3

    next_errand = Pulse(lambda: datetime.now(UTC))
    next_errand.follow(bearing.pulse.told)
    following = Bearing(next_errand, bearing.ends, bearing.come_back)
    following.take_in(stopped("10 items would get the same eccn"), is_whole=True)
    assert events(logged) == ["guard.stopped"] * 3


def test_what_was_told_in_an_errand_is_over_in_the_next_and_told_once(
    bearing: Bearing, logged: list[Any]
) -> None:
    bearing.troubled(Trouble.REMOTE, AWAY.format("id-1"))
    for words in (AWAY.format("id-2"), None, None):
        pulse = Pulse(lambda: datetime.now(UTC))
        pulse.follow(bearing.pulse.told)
        bearing = Bearing(pulse, bearing.ends, bearing.come_back)
        assert pulse.troubles == {}
        if words is None:
            bearing.relieved(Trouble.REMOTE)
        else:
            bearing.troubled(Trouble.REMOTE, words)

    assert events(logged) == ["daemon.trouble", "daemon.relieved"]


async def test_a_mistake_beside_the_work_is_told_and_it_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("syncd.daemon.bearing.BREATH", 0.001)
    pulse, tries = Pulse(lambda: datetime.now(UTC)), iter([ValueError("no such key"), None])

    async def go_on() -> None:
        failure = next(tries)
        if failure is not None:
            raise failure

    with structlog.testing.capture_logs() as logged:
        await kept_going("probe", go_on, pulse)

    assert pulse.troubles == {Trouble.UNKNOWN: "ValueError: no such key"}
    told = [(one["event"], one.get("task")) for one in logged]
    assert told == [("daemon.trouble", None), ("daemon.bug", "probe")]
    assert next(tries, "all were made") == "all were made"


async def test_it_can_be_ended() -> None:
    task = asyncio.create_task(
        kept_going("beats", asyncio.Event().wait, Pulse(lambda: datetime.now(UTC)))
    )
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
