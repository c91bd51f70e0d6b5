"""The line that a cycle leaves in the log, which nobody sees where nothing happened."""

from __future__ import annotations

from collections import Counter

import structlog

from syncd.domain.change import ChangeOutcome
from syncd.domain.cycle import CycleResult

_log = structlog.get_logger()


def log_end(result: CycleResult) -> None:
    """Tell what a cycle did, by its report's own words; what stands as before is not told again."""
    outcomes = Counter(one.outcome for one in result.changes)
    done = Counter(one.change.action for one in result.changes if one.outcome is ChangeOutcome.DONE)
    happened = {
        **{action.value: count for action, count in done.items()},
        "failed": outcomes[ChangeOutcome.FAILED],
        "quarantined": outcomes[ChangeOutcome.QUARANTINED],
        "adopted": result.adopted,
        "error": result.error,
    }
    telling = {word: what for word, what in happened.items() if what}
    log = _log.info if telling else _log.debug
    log("cycle.finished", cycle=result.id, took=_seconds(result), **telling)


def _seconds(result: CycleResult) -> float:
    return round((result.finished - result.started).total_seconds(), 3)
