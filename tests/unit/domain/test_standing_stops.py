"""What guards keep back, by the history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from syncd.domain.change import Action
from syncd.domain.cycle import (
    CycleId,
    CycleResult,
    Guard,
    GuardStop,
    Mode,
    last_judged,
    standing_stops,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DELETES = GuardStop(Guard.MAX_DELETE, 0.1, 0.4, (Action.DELETE,), "12 deletes are stopped.")
UPDATES = GuardStop(Guard.MAX_UPDATE, 0.5, 0.6, (Action.UPDATE,), "60 updates are stopped.")
QUIET = CycleResult(CycleId("quiet"), Mode.SCHEDULED, NOON, NOON, None)
FAILED = replace(QUIET, id=CycleId("failed"), error="The catalog is gone.")
HOOK = replace(QUIET, id=CycleId("hook"), partial=True)
STOPPED = replace(QUIET, id=CycleId("stopped"), guards=(DELETES,))
STOPPED_HOOK = replace(HOOK, id=CycleId("stopped hook"), guards=(UPDATES,))


@pytest.mark.parametrize(
    ("newest_first", "stops", "judged"),
    [
        ([], (), None),
        ([STOPPED], (DELETES,), STOPPED),
        ([QUIET, STOPPED], (), QUIET),
        ([HOOK, HOOK, STOPPED], (DELETES,), STOPPED),
        ([FAILED, STOPPED], (DELETES,), STOPPED),
        ([STOPPED_HOOK, HOOK, STOPPED, QUIET], (UPDATES, DELETES), STOPPED_HOOK),
        ([STOPPED, STOPPED], (DELETES,), STOPPED),
        ([HOOK], (), None),
    ],
)
def test_only_a_cycle_over_all_skus_says_that_nothing_is_stopped_any_more(
    newest_first: list[CycleResult], stops: tuple[GuardStop, ...], judged: CycleResult | None
) -> None:
    assert standing_stops(newest_first) == stops
    assert last_judged(newest_first) == judged
