"""Boards and watches as plain values, for what pages make of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from syncd.domain.cycle import Counts, CycleId, CycleResult, Mode
from syncd.domain.snapshot import Certificate
from syncd.domain.tracking import SkuState
from syncd.ports import Census
from syncd.service.board import HOURS, Board, Hour
from syncd.service.outbox import Outbox
from syncd.service.pulse import IDLE, Doing
from syncd.web.pages.watch import Watch

NOW: Final = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
SECOND: Final = timedelta(seconds=1)


def cycle(number: int = 1, ago: timedelta = 2 * MINUTE, **told: Any) -> CycleResult:  # noqa: ANN401 - CycleResult's own
    """One that ended well."""
    usual: dict[str, Any] = {
        "id": CycleId(f"cycle-{number}"),
        "mode": Mode.SCHEDULED,
        "started": NOW - ago - SECOND,
        "finished": NOW - ago,
        "certificate": Certificate("catalog.csv", 1_200, 1_300),
        "counts": Counts(create=1, update=2),
        "states": {SkuState.IN_SYNC: 12},
    }
    return CycleResult(**(usual | told))


def board(states: Mapping[SkuState, int] | None = None, **told: Any) -> Board:  # noqa: ANN401 - Board's own
    """How it stands where all is well, but for what is told."""
    usual: dict[str, Any] = {
        "at": NOW,
        "census": Census({SkuState.IN_SYNC: 12} if states is None else states, 12),
        "cycles": (cycle(),),
        "unfinished": None,
        "reading": None,
        "hours": tuple(Hour(NOW - timedelta(hours=HOURS - n), {}) for n in range(HOURS)),
        "held": (),
        "quarantined": (),
        "audit": None,
        "rolling": None,
        "outbox": Outbox(),
    }
    return Board(**(usual | told))


def watch(**told: Any) -> Watch:  # noqa: ANN401 - Watch's own
    """A daemon that waits for its next poll, but for what is told."""
    usual: dict[str, Any] = {
        "at": NOW,
        "doing": Doing(IDLE, NOW, 0.0),
        "busy_since": None,
        "stands_by_for": None,
        "writes_open_at": None,
        "next_runs": {"poll": NOW + 3 * MINUTE},
        "troubles": (),
        "former_goes_on": None,
        "pending_since": None,
        "audit_gap": timedelta(days=7),
        "rate": 0,
        "limit": 25.0,
    }
    return Watch(**(usual | told))
