"""How far the rolling audit has come, as the state remembers it, and what that promises."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.ports import State, Transaction

STEPS_A_ROUND: Final = 288
"""In a round of a day, a step every five minutes."""
SHORTEST_STEP: Final = timedelta(minutes=1)
_STEPS_MISSED: Final = 3
"""After so many the rolling audit counts as resting, as where no daemon is on duty."""
_ROUND: Final = "audit.rolling"


@dataclass(frozen=True, slots=True)
class Round:
    """How far the present round has come: it goes on behind `after`, None at its beginning.

    `stepped` is when the last step was done, `took` how long the last whole round took, None as
    long as none was finished.
    """

    began: datetime
    stepped: datetime
    after: ItemId | None = None
    took: timedelta | None = None


def step_of(length: timedelta) -> timedelta:
    """How often a step is due, in rounds of this length."""
    return max(length / STEPS_A_ROUND, SHORTEST_STEP)


def last_round(state: State) -> Round | None:
    """How far the rolling audit has come; None where it never began."""
    text = state.remembered(_ROUND)
    if text is None:
        return None
    kept = json.loads(text)
    return Round(
        began=datetime.fromisoformat(kept["began"]),
        stepped=datetime.fromisoformat(kept["stepped"]),
        after=None if kept["after"] is None else ItemId(kept["after"]),
        took=None if kept["took"] is None else timedelta(seconds=kept["took"]),
    )


def rolling_bound(state: State, length: timedelta, now: datetime) -> timedelta | None:
    """Within what time each known item is looked at; None where no steps are being done."""
    at = last_round(state) if length else None
    step = step_of(length)
    if at is None or now - at.stepped > step * _STEPS_MISSED:
        return None
    return length + step


def remember(at: Round, transaction: Transaction) -> None:
    """Keep how far it has come."""
    kept = {
        "began": at.began.isoformat(),
        "stepped": at.stepped.isoformat(),
        "after": at.after,
        "took": None if at.took is None else at.took.total_seconds(),
    }
    transaction.remember(_ROUND, json.dumps(kept))
