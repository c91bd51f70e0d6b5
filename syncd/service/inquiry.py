"""How everything stands, told over the ports without changing anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

from syncd.domain.cycle import (
    CycleResult,
    GuardStop,
    QuarantinedSku,
    standing_stops,
)
from syncd.domain.snapshot import HeldSku, Reading
from syncd.domain.tracking import SkuState, Tracked
from syncd.ports import Census, State
from syncd.service import remembered
from syncd.service.outbox import Outbox
from syncd.service.table import held, quarantined, rows_in

LOOKED_BACK: Final = 50
"""How many cycles are gone back to the last one that was about all SKUs."""


@dataclass(frozen=True, slots=True)
class Status:
    """How everything stands; `held` and `quarantined` have the first few of each.

    `to_mend` counts what audits found otherwise than it is known, and nothing has mended.
    """

    at: datetime
    census: Census
    last: CycleResult | None
    reading: Reading | None
    held: tuple[HeldSku, ...]
    quarantined: tuple[QuarantinedSku, ...]
    outbox: Outbox = field(default_factory=Outbox)
    stops: tuple[GuardStop, ...] = ()
    under_way: bool = False
    to_mend: int = 0


def is_under_way(state: State, newest: CycleResult) -> bool:
    """Whether the newest cycle still goes on: whoever began it has the lease, and is alive.

    One that has ended since it was read still went on then.
    """
    if not newest.is_unfinished:
        return False
    since = state.held_since()
    if since is not None and since <= newest.started:
        return True
    again = state.cycle(newest.id)
    return again is not None and not again.is_unfinished


def status(state: State, now: datetime, examples: int) -> Status:
    """Tell how everything stands, with so many examples of what needs somebody."""
    cycles = state.cycles(LOOKED_BACK)
    last = next(iter(cycles), None)
    return Status(
        at=now,
        census=state.census(),
        last=last,
        reading=state.reading(),
        held=tuple(islice(held(state), examples)),
        quarantined=tuple(islice(quarantined(state), examples)),
        outbox=remembered.outbox(state),
        stops=standing_stops(cycles),
        under_way=last is not None and is_under_way(state, last),
        to_mend=state.left_to_mend(),
    )


def tracked_quarantined(state: State) -> Iterator[Tracked]:
    """The rows of every quarantined SKU, ordered by id."""
    return rows_in(state, SkuState.QUARANTINED)
