"""What the status page shows: how everything stands, read by small questions to the state alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from syncd.domain.audit import PastAudit
from syncd.domain.change import Action, ChangeOutcome
from syncd.domain.cycle import CycleResult, GuardStop, QuarantinedSku, last_judged, standing_stops
from syncd.domain.journal import WritesOfAnHour, outcome_of
from syncd.domain.snapshot import HeldSku, Reading
from syncd.domain.stock import StockShot
from syncd.domain.tracking import SkuState
from syncd.ports import Census, Journal, State
from syncd.service import remembered
from syncd.service.outbox import Outbox
from syncd.service.past_audits import last_audit
from syncd.service.rounds import rolling_bound
from syncd.service.stock import last_shot
from syncd.service.table import held, quarantined

CYCLES: Final = 60
"""How many cycles are looked at."""
LOOKED_AT: Final = 300
"""How many held and quarantined SKUs are looked at, to tell by what reason they are so."""
HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Hour:
    """The writes that began in the hour from `start` on, and whose outcome is recorded."""

    start: datetime
    done: Mapping[Action, int]
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """How everything stood at one moment.

    `cycles` are those that have ended, newest first, and `unfinished` is the newest of all where it
    has not ended. `hours` come oldest first; the last one is not over. `held` and `quarantined` are
    the first `LOOKED_AT` of each. `audit` is the last one of everything, `rolling` the
    time within which each known item is looked at besides, and `outbox` has the messages that
    somebody has not got yet. `stock` is the last snapshot of stock, and `to_mend` counts what
    audits found otherwise than it is known, and nothing has mended.
    """

    at: datetime
    census: Census
    cycles: tuple[CycleResult, ...]
    unfinished: CycleResult | None
    reading: Reading | None
    hours: tuple[Hour, ...]
    held: tuple[HeldSku, ...]
    quarantined: tuple[QuarantinedSku, ...]
    audit: PastAudit | None
    rolling: timedelta | None
    outbox: Outbox
    stock: StockShot | None = None
    to_mend: int = 0

    @property
    def last(self) -> CycleResult | None:
        """The cycle that ended last."""
        return next(iter(self.cycles), None)

    @property
    def judged(self) -> CycleResult | None:
        """The last cycle that came as far as its guards: what they stopped has stayed so."""
        return last_judged(self.cycles)

    @property
    def stops(self) -> tuple[GuardStop, ...]:
        """What guards keep back."""
        return standing_stops(self.cycles)

    @property
    def held_count(self) -> int:
        """How many catalog rows are held, those without an id as well."""
        return self.count(SkuState.HELD) + (self.reading.stray_count if self.reading else 0)

    def count(self, *states: SkuState) -> int:
        """How many SKUs are in any of these states."""
        return sum(self.census.states.get(state, 0) for state in states)


def read_board(state: State, now: datetime, rolling: timedelta) -> Board:
    """Look how everything stands; takes a moment, however many SKUs there are.

    `rolling` is the time within which the configuration wants each known item looked at.
    """
    cycles = state.cycles(CYCLES)
    unfinished = next((cycle for cycle in cycles[:1] if not _has_ended(cycle)), None)
    ended = tuple(cycles[1:] if unfinished else cycles)
    return Board(
        at=now,
        census=state.census(),
        cycles=ended,
        unfinished=unfinished,
        reading=state.reading(),
        hours=_hours(state, now),
        held=tuple(islice(held(state), LOOKED_AT)),
        quarantined=tuple(islice(quarantined(state), LOOKED_AT)),
        audit=last_audit(state),
        rolling=rolling_bound(state, rolling, now),
        outbox=remembered.outbox(state),
        stock=last_shot(state),
        to_mend=state.left_to_mend(),
    )


def _has_ended(cycle: CycleResult) -> bool:
    return not cycle.is_unfinished


# ------------------------------------------------------------------------------------- by hour


def _hours(journal: Journal, now: datetime) -> tuple[Hour, ...]:
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    counted = journal.writes_by_hour(first, HOURS)
    starts = [first + timedelta(hours=hour) for hour in range(HOURS)]
    return tuple(_hour(start, [one for one in counted if one.hour == start]) for start in starts)


def _hour(start: datetime, counted: Sequence[WritesOfAnHour]) -> Hour:
    done, failed = Counter[Action](), 0
    for one in counted:
        if one.kind is None:
            continue
        if outcome_of(one.action, one.kind) is ChangeOutcome.DONE:
            done[one.action] += one.count
        else:
            failed += one.count
    return Hour(start, done, failed)
