"""Whether the daemon lives and does its work, and each reason why it does not; nothing is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from syncd.config import ScheduleSettings
from syncd.config.pace import second_due
from syncd.service.pulse import LONGEST_STANDSTILL, Pulse, Trouble

LONGEST_SILENCE: Final = 5.0
"""Seconds without a beat, of which there is one a second, after which the loop counts as stuck."""


class Cause(StrEnum):
    """What keeps the daemon from its work."""

    LOOP = "loop"
    STANDSTILL = "standstill"
    STANDBY = "standby"
    STARTING = "starting"
    LATE = "late"
    GUARD = "guard"
    CATALOG = "catalog"
    REMOTE = "remote"
    KEY = "key"
    STATE = "state"
    LEASE = "lease"
    UNKNOWN = "unknown"


_OF_TROUBLE: Final = {
    Trouble.CATALOG: Cause.CATALOG,
    Trouble.REMOTE: Cause.REMOTE,
    Trouble.KEY: Cause.KEY,
    Trouble.STATE: Cause.STATE,
    Trouble.LEASE: Cause.LEASE,
    Trouble.UNKNOWN: Cause.UNKNOWN,
}
"""A configuration that was not taken keeps nobody from working by the former one."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason, in words for people."""

    cause: Cause
    words: str


def ailments(pulse: Pulse) -> tuple[Obstacle, ...]:
    """Why the process should be started anew; none where it lives."""
    return tuple(_ailments(pulse))


def obstacles(
    pulse: Pulse, schedule: ScheduleSettings, state: str | None = None
) -> tuple[Obstacle, ...]:
    """Why nobody may count on what the daemon keeps in line; `state` is what is wrong with that."""
    return tuple(_obstacles(pulse, schedule, state))


def longest_wait(pulse: Pulse, schedule: ScheduleSettings) -> timedelta:
    """How old the last success may be: two intervals, and by how much a cron expression's shift."""
    since = pulse.last_success or pulse.started
    shift = timedelta() if isinstance(schedule.poll, timedelta) else schedule.jitter
    return second_due(schedule.poll, since) - since + shift


def _ailments(pulse: Pulse) -> Iterator[Obstacle]:
    silence, standstill = pulse.silence(), pulse.standstill()
    if silence > LONGEST_SILENCE:
        yield Obstacle(Cause.LOOP, f"The loop that works has been stuck for {silence:.0f} s.")
    if standstill > LONGEST_STANDSTILL:
        words = f"Nothing has moved for {standstill:.0f} s in this: {pulse.stillest}."
        yield Obstacle(Cause.STANDSTILL, words)


def _obstacles(pulse: Pulse, schedule: ScheduleSettings, state: str | None) -> Iterator[Obstacle]:
    yield from _ailments(pulse)
    if pulse.stands_by_for is not None:
        yield Obstacle(Cause.STANDBY, f"It stands by: {pulse.stands_by_for}.")
        return
    yield from _lateness(pulse, schedule)
    if state is not None and Trouble.STATE not in pulse.troubles:
        yield Obstacle(Cause.STATE, state)
    for trouble, words in pulse.troubles.items():
        if trouble in _OF_TROUBLE:
            yield Obstacle(_OF_TROUBLE[trouble], words)
    for stop in pulse.stops:
        yield Obstacle(Cause.GUARD, stop.message)


def _lateness(pulse: Pulse, schedule: ScheduleSettings) -> Iterator[Obstacle]:
    """A cycle that goes on is no success: one that hangs has to show, and a long one may."""
    age, bound = pulse.since_success(), longest_wait(pulse, schedule).total_seconds()
    if pulse.last_success is None:
        words = f"No cycle has come through since the start, {age:.0f} s ago."
        yield Obstacle(Cause.LATE if age > bound else Cause.STARTING, words)
    elif age > bound:
        words = (
            f"No cycle has come through for {age:.0f} s, which is more than two intervals"
            f" ({bound:.0f} s); at present: {pulse.doing}."
        )
        yield Obstacle(Cause.LATE, words)
