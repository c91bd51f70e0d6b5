"""What every verb is given: the ports, the merchant's terms, and who is watching."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from syncd.domain.attributes import ItemId
from syncd.domain.change import Plan
from syncd.domain.cycle import CycleId, Mode
from syncd.domain.policy import Limits, Policy
from syncd.domain.rules import RuleBook
from syncd.domain.window import Windows
from syncd.errors import SyncdError
from syncd.ports import CatalogSource, Clock, Remote, State

LEASE_WAIT: Final = timedelta(seconds=60)
"""How long a command that writes waits for a cycle that is running (product.md)."""
SETTLE_WAIT: Final = timedelta(seconds=6)
"""Long enough for nearly every answer, and a stop is over within ten seconds."""


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

    `account` is the digest of base URL and key, `key_kind` the data that the key acts on;
    `in_flight` how many requests may be under way at
    once, and `request_timeout` how long one may take. Under `orchestrated` Digital River keeps the
    items, and every write is an error. `meaning` holds the digest of each part of what decides what
    a catalog leads to, such as `mapping`; a plan made under a changed part is the canary's concern.
    The history is kept for `keep_journal`, and nothing is written outside of the `windows`.
    `repair` says whether a scheduled audit mends what it finds, and `rolling` how long one round of
    the rolling one takes, zero for none.
    """

    policy: Policy
    limits: Limits
    rules: RuleBook
    account: str
    key_kind: Literal["live", "test"] = "test"
    in_flight: int = 128
    request_timeout: timedelta = timedelta(seconds=30)
    orchestrated: bool = False
    meaning: Mapping[str, str] = field(default_factory=dict)
    keep_journal: timedelta = timedelta(days=90)
    windows: Windows = field(default_factory=Windows)
    repair: bool = True
    rolling: timedelta = timedelta(hours=24)


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
    out. `incremental` is content with what has changed in the catalog since the last read, where
    the source can tell. `stop` is set from outside to end the cycle after the requests in flight
    were settled. `sent_until` is the moment up to which a process before this one may have sent
    requests, None where nobody knows. `settle_wait` is how long after a stop answers to what was
    sent are waited for: what has none by then stays in flight, and the next cycle looks it up.
    `reverts` names the cycle whose writes are undone, in the catalog's place. `doubted` are ids
    that an audit found otherwise than they are known: they are looked up before they are planned.
    Where it `sees_to_orphans`, writes that a process left in flight are waited for in any case,
    until they can no longer land: a cycle that comes soon would always find them still under way.
    `turn` is had by whoever wants the lease: what goes on side by side in one process comes to it
    in the order of asking.
    """

    id: CycleId
    mode: Mode
    holder: str
    only: frozenset[ItemId] = frozenset()
    wait: timedelta = timedelta(minutes=5)
    lease_wait: timedelta = LEASE_WAIT
    saved: Plan | None = None
    incremental: bool = False
    progress: Progress = field(default_factory=Unwatched)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    sent_until: datetime | None = None
    settle_wait: timedelta = SETTLE_WAIT
    reverts: CycleId | None = None
    doubted: frozenset[ItemId] = frozenset()
    sees_to_orphans: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def rehearses(self) -> bool:
        """Whether nothing may be written."""
        return self.mode in {Mode.DRY_RUN, Mode.PLAN}

    def scope(self) -> frozenset[ItemId] | None:
        """The ids whose writes are asked for, None for all."""
        if self.saved is not None:
            return frozenset(change.id for change in self.saved.changes)
        return self.only if self.reverts is not None else self.only or None
