"""What every verb is given: the ports, the merchant's terms, and who is watching."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from syncd.domain.attributes import ItemId
from syncd.domain.change import Plan
from syncd.domain.cycle import CycleId, Mode
from syncd.domain.policy import Limits, Policy
from syncd.domain.rules import RuleBook
from syncd.errors import SyncdError
from syncd.ports import CatalogSource, Clock, Remote, State

LEASE_WAIT: Final = timedelta(seconds=60)
"""How long a command that writes waits for a cycle that is running (product.md)."""


class StoppedError(SyncdError):
    """The cycle was asked to stop; what was in flight is settled, and the next one goes on."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The adapters of one account, as wiring built them."""

    catalog: CatalogSource
    remote: Remote
    state: State
    clock: Clock


@dataclass(frozen=True, slots=True)
class Terms:
    """What the configuration says beyond the adapters.

    `account` is the digest of base URL and key; `in_flight` how many requests may be under way at
    once, and `request_timeout` how long one may take. Under `orchestrated` Digital River keeps the
    items, and every write is an error. `meaning` holds the digest of each part of what decides what
    a catalog leads to, such as `mapping`; a plan made under a changed part is the canary's concern.
    """

    policy: Policy
    limits: Limits
    rules: RuleBook
    account: str
    in_flight: int = 128
    request_timeout: timedelta = timedelta(seconds=30)
    orchestrated: bool = False
    meaning: Mapping[str, str] = field(default_factory=dict)


class Progress(Protocol):
    """Who watches a cycle go on, such as a bar on a terminal."""

    def phase(self, name: str, total: int | None) -> None:
        """A part of the work begins, with so many steps where that is known."""

    def advance(self, steps: int = 1) -> None:
        """So many steps of the present phase are done."""


class Unwatched:
    """Nobody watches."""

    def phase(self, name: str, total: int | None) -> None:
        """Go on unseen."""

    def advance(self, steps: int = 1) -> None:
        """Go on unseen."""


@dataclass(frozen=True, slots=True)
class CycleRequest:
    """What a cycle is asked to do.

    `only` restricts what is written to these ids, empty for all. `wait` is how long back-offs may
    be waited out, `lease_wait` how long another cycle. `saved` is the plan that `apply` carries
    out. `stop` is set from outside to end the cycle after the requests in flight were settled.
    """

    id: CycleId
    mode: Mode
    holder: str
    only: frozenset[ItemId] = frozenset()
    wait: timedelta = timedelta(minutes=5)
    lease_wait: timedelta = LEASE_WAIT
    saved: Plan | None = None
    progress: Progress = field(default_factory=Unwatched)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def rehearses(self) -> bool:
        """Whether nothing may be written."""
        return self.mode in {Mode.DRY_RUN, Mode.PLAN}

    def scope(self) -> frozenset[ItemId] | None:
        """The ids whose writes are asked for, None for all."""
        if self.saved is not None:
            return frozenset(change.id for change in self.saved.changes)
        return self.only or None
