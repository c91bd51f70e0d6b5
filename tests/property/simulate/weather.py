"""What becomes of requests on their way: drawn for each, from the weather that prevails."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from syncd.digital_river.messages import Request
from syncd.domain.attributes import ItemId
from syncd.domain.change import Resource
from tests.property.simulate.account import ids_of

TIMEOUT: Final = 30.0
"""Seconds after which a client gives up; what has not landed by then never does."""
NEVER: Final = 2 * TIMEOUT
_SOON: Final = (0.005, 0.3)
_LATE: Final = (5.0, TIMEOUT - 1.0)
_WAITS: Final = (0, 1, 3, 20, 90)


class Mishap(StrEnum):
    """What can happen to one request."""

    UNREACHED = "connection refused"
    LOST = "lost before it lands"
    BROKEN = "connection broken before it lands"
    UNHEARD = "answer lost"
    BROKEN_OFF = "connection broken after it landed"
    CUT = "answer cut in half"
    LATE = "lands late"
    SLOW = "answered late"
    TOO_SLOW = "lands late, answered too late"
    TWICE = "lands twice"
    ERROR = "500, not carried out"
    DONE_BUT_ERROR = "503, but carried out"
    PAGE = "502, a gateway's page"
    IMPATIENT = "408"
    THROTTLED = "429 with Retry-After"
    THROTTLED_SILENTLY = "429 without Retry-After"
    TWISTED = "other values are stored"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one request; times in seconds.

    It is carried out so often as it `lands`; `status`, if any, is answered instead of the truth.
    """

    outbound: float
    inbound: float
    reaches: bool = True
    lands: int = 1
    breaks: bool = False
    whole: bool = True
    status: int | None = None
    html: bool = False
    retry_after: int | None = None
    twisted: bool = False
    words: str = ""


_EFFECTS: Final[Mapping[Mishap, Mapping[str, Any]]] = {
    Mishap.UNREACHED: {"reaches": False},
    Mishap.LOST: {"lands": 0, "inbound": NEVER},
    Mishap.BROKEN: {"lands": 0, "breaks": True},
    Mishap.UNHEARD: {"inbound": NEVER},
    Mishap.BROKEN_OFF: {"breaks": True},
    Mishap.CUT: {"whole": False},
    Mishap.LATE: {},
    Mishap.SLOW: {},
    Mishap.TOO_SLOW: {"inbound": NEVER},
    Mishap.TWICE: {"lands": 2},
    Mishap.ERROR: {"lands": 0, "status": 500},
    Mishap.DONE_BUT_ERROR: {"status": 503},
    Mishap.PAGE: {"lands": 0, "status": 502, "html": True},
    Mishap.IMPATIENT: {"lands": 0, "status": 408},
    Mishap.THROTTLED: {"lands": 0, "status": 429},
    Mishap.THROTTLED_SILENTLY: {"lands": 0, "status": 429},
    Mishap.TWISTED: {"twisted": True},
}
_TO_DRAW: Final[Mapping[Mishap, str]] = {
    Mishap.LATE: "outbound",
    Mishap.TOO_SLOW: "outbound",
    Mishap.SLOW: "inbound",
}


@dataclass(slots=True)
class Weather:
    """What prevails: so many of all requests (`share`) meet one of the mishaps.

    Until `out_until` nothing is answered but 503, until `storm_until` nothing but 429. Whatever
    names an id in `poison` is answered 500. What is `forbidden` is so until a moment as well.
    """

    share: float = 0.0
    mishaps: tuple[Mishap, ...] = ()
    spares_reads: bool = False
    out_until: float = 0.0
    storm_until: float = 0.0
    poison: set[ItemId] = field(default_factory=set)
    key_refused_until: float = 0.0
    forbidden: dict[Resource, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """Name what prevails."""
        mishaps = ", ".join(self.mishaps) if self.share else "none"
        barred = [*sorted(self.poison), *sorted(self.forbidden)]
        return f"mishaps: {mishaps} ({self.share}), not {barred}"

    def clear_up(self) -> None:
        """From now on everything comes through."""
        self.share, self.mishaps, self.spares_reads = 0.0, (), False
        self.out_until = self.storm_until = 0.0
        self.poison.clear()
        self.key_refused_until = 0.0
        self.forbidden.clear()

    def is_fair(self, now: float) -> bool:
        """Whether every request comes through."""
        ends = (self.out_until, self.storm_until, self.key_refused_until, *self.forbidden.values())
        return not (now < max(ends) or self.share or self.poison)

    def fate(self, request: Request, now: float, chance: random.Random) -> Fate:
        """Draw what becomes of this request."""
        usual = Fate(chance.uniform(*_SOON), chance.uniform(*_SOON))
        if now < self.out_until and chance.random() < 0.5:
            return replace(usual, reaches=False, words="nobody answers")
        status = self._prevailing_status(request, now)
        if status is not None:
            wait = int(self.storm_until - now) + 1 if status == 429 else None
            return replace(usual, lands=0, status=status, retry_after=wait, words=str(status))
        spared = self.spares_reads and request.method == "GET"
        if spared or not self.mishaps or chance.random() >= self.share:
            return usual
        return _struck(chance.choice(self.mishaps), usual, chance)

    def _prevailing_status(self, request: Request, now: float) -> int | None:
        if now < self.out_until:
            return 503
        if now < self.storm_until:
            return 429
        if now < self.key_refused_until:
            return 401
        if now < self.forbidden.get(request.resource, 0.0):
            return 403
        return None if self.poison.isdisjoint(ids_of(request)) else 500


def _struck(mishap: Mishap, usual: Fate, chance: random.Random) -> Fate:
    drawn: dict[str, Any] = dict(_EFFECTS[mishap])
    if mishap in _TO_DRAW:
        drawn[_TO_DRAW[mishap]] = chance.uniform(*_LATE)
    if mishap is Mishap.THROTTLED:
        drawn["retry_after"] = chance.choice(_WAITS)
    return replace(usual, words=mishap.value, **drawn)
