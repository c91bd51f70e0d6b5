"""How one account of a fleet stands: told by whichever process has worked for it last."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import orjson

from syncd.config.pace import second_due

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.config import ScheduleSettings
    from syncd.service.pulse import Pulse


_TAKEN_OVER: Final = 30.0
"""Seconds within which another process does what a dead one was at: nobody has to look before."""


@dataclass(frozen=True, slots=True)
class FleetStanding:
    """What the last job came to, in the words of the report; `late_after` is in seconds.

    `states` counts SKUs by state, as the last whole cycle found them; empty where none has ended.
    """

    job: str
    by: str
    late_after: float
    cycle: str | None = None
    states: Mapping[str, int] = field(default_factory=dict)
    stops: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Write it as JSON."""
        return orjson.dumps(asdict(self)).decode()

    def after(self, former: FleetStanding) -> FleetStanding:
        """Keep what the last cycle found, where there was none this time, as in an audit."""
        if self.cycle is not None:
            return self
        return replace(self, cycle=former.cycle, states=former.states, stops=former.stops)

    @classmethod
    def from_text(cls, text: str) -> FleetStanding:
        """Read what `to_text` wrote."""
        told = orjson.loads(text)
        told |= {name: tuple(told[name]) for name in ("stops", "troubles")}
        return cls(**told)


@dataclass(frozen=True, slots=True)
class Posted:
    """A standing, when it was posted, and when a cycle of the account came through last."""

    standing: FleetStanding
    at: datetime
    success: datetime | None

    def is_late(self, now: datetime) -> bool:
        """Whether no cycle has come through for two intervals, and half a minute at least."""
        bound = timedelta(seconds=self.standing.late_after)
        return now - (self.success or self.at) > bound


def standing_of(job: str, by: str, pulse: Pulse, schedule: ScheduleSettings) -> FleetStanding:
    """Sum up what a pulse has seen of one job."""
    now, last = pulse.started, pulse.last
    return FleetStanding(
        job=job,
        by=by,
        late_after=max((second_due(schedule.poll, now) - now).total_seconds(), _TAKEN_OVER),
        cycle=None if last is None else last.id,
        states={} if last is None else {state.value: n for state, n in last.states.items() if n},
        stops=tuple(stop.message for stop in pulse.stops),
        troubles=tuple(pulse.troubles.values()),
    )
