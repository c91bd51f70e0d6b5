"""Beats from the loop that works, and what the service manager is told of it in words."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from syncd.service.pulse import LONGEST_STANDSTILL, Job, Pulse

EVERY: Final = 1.0
"""Seconds between two beats."""


class Listener(Protocol):
    """Who is told, such as the service manager."""

    def beat(self) -> None:
        """The work goes on."""

    def status(self, words: str) -> None:
        """What goes on, in a line."""


@dataclass(slots=True)
class Beats:
    """Beats as long as the loop goes round, and tells of it as long as the work goes on."""

    pulse: Pulse
    manager: Listener
    _told: str = ""

    async def go_on(self) -> None:
        """Beat until cancelled."""
        while True:
            self.once()
            await asyncio.sleep(EVERY)

    def once(self) -> None:
        """Beat, unless the work is stuck: then the service manager has to find out."""
        self.pulse.beat()
        if self.pulse.standstill() < LONGEST_STANDSTILL:
            self.manager.beat()
        words = in_words(self.pulse)
        if words != self._told:
            self.manager.status(words)
            self._told = words


def in_words(pulse: Pulse) -> str:
    """Say what the daemon is about, in a line."""
    trouble = "; ".join(pulse.troubles.values())
    if pulse.stands_by_for is not None:
        return f"standing by: {pulse.stands_by_for}"
    if not pulse.doing.is_idle:
        return str(pulse.doing)
    words = [f"waiting{_next_poll(pulse)}"]
    if pulse.writes_open_at is not None:
        words.append(f"writes are allowed again at {_hour(pulse.writes_open_at)}")
    return "; ".join([*words, trouble] if trouble else words)


def _next_poll(pulse: Pulse) -> str:
    moment = pulse.next_runs.get(Job.POLL.value)
    return "" if moment is None else f", next poll at {_hour(moment)}"


def _hour(moment: datetime) -> str:
    return f"{moment:%H:%M:%S} UTC"
