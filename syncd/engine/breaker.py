"""When a remote that keeps failing is asked again: one request at a time, at growing distances."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.delivery import Outcome, Transient
from syncd.engine.retry import back_off

FAILURES_TO_OPEN: Final = 20
"""So many failures without a success in between are an outage: where three answers in ten fail, and
the order is a fair one, that hardly ever happens by chance."""
SUCCESSES_TO_TRUST: Final = 20
"""So many successes in a row, and the outages before them are forgotten."""
LONGEST_REST: Final = timedelta(minutes=1)
LONGEST_ASKED_REST: Final = timedelta(hours=1)
"""What the remote itself asks for may be longer, up to this."""
NOT_SENT: Final = "not_sent"
PAUSED: Final = "paused"
RESTING: Final = "resting"
KEPT_BACK: Final = frozenset({NOT_SENT, PAUSED, RESTING})
"""The codes of what the client keeps back by itself: for a stop, a pause, or an outage."""
_TOO_MANY_REQUESTS: Final = 429
_NO_WAIT: Final = timedelta()


@dataclass(frozen=True, slots=True)
class Breaker:
    """What the last answers say about asking again; closed at first.

    While `probe_at` is set it is open: nothing is sent before that moment, and from then on one
    request, whose outcome closes it or puts the next one off. `openings` counts the outages and
    vain probes since the remote was last trusted, and `seed` decides the jitter. Once closed, all
    may go at once, for the pacer sees to their rate; but a remote that soon fails again is left
    alone for longer.
    """

    seed: str
    failures: int = 0
    successes: int = 0
    openings: int = 0
    probe_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.probe_at is not None

    def rest(self, now: datetime) -> timedelta:
        """How long nothing may be sent; a clock that was set back prolongs nothing."""
        if self.probe_at is None:
            return _NO_WAIT
        rest = self.probe_at - now
        return rest if _NO_WAIT < rest <= LONGEST_ASKED_REST else _NO_WAIT

    def succeeded(self) -> Breaker:
        """After an answer that shows the remote at work, be it a refusal."""
        trusted = self.successes + 1 >= SUCCESSES_TO_TRUST
        return Breaker(
            self.seed, successes=self.successes + 1, openings=0 if trusted else self.openings
        )

    def failed(self, now: datetime, wait: float | None = None) -> Breaker:
        """After a transient failure; `wait` in seconds where the remote said how long.

        What fails while nothing may be sent was sent before, and says nothing new.
        """
        if self.rest(now):
            return self
        failures = self.failures + 1
        if not self.is_open and failures < FAILURES_TO_OPEN:
            return replace(self, failures=failures, successes=0)
        openings = self.openings + 1
        pause = min(back_off(ItemId(self.seed), openings), LONGEST_REST)
        asked = min(timedelta(seconds=wait or 0.0), LONGEST_ASKED_REST)
        return Breaker(self.seed, openings=openings, probe_at=now + max(pause, asked))

    def resting(self, now: datetime, seconds: float) -> Breaker:
        """After the client itself kept a request back for so long."""
        until = now + min(timedelta(seconds=seconds), LONGEST_ASKED_REST)
        return replace(self, probe_at=max(until, self.probe_at or until))

    def after(self, outcome: Outcome, now: datetime) -> Breaker:
        """After an outcome, whatever it says of the remote."""
        if not isinstance(outcome, Transient):
            return self.succeeded()
        if outcome.failure.status == _TOO_MANY_REQUESTS:  # the whole key's pause is the pacer's
            return self
        if was_kept_back(outcome):
            return self.resting(now, outcome.retry_after) if outcome.retry_after else self
        return self.failed(now, outcome.retry_after)


def was_kept_back(outcome: Outcome) -> bool:
    """Whether the client did not even send it."""
    return isinstance(outcome, Transient) and outcome.failure.code in KEPT_BACK
