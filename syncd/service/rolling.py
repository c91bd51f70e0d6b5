"""The rolling audit: some of the known items with every step, and all of them in every round."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from math import ceil
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.audit import Audit
from syncd.domain.tracking import Ownership, SkuState, Tracked
from syncd.ports import State, Transaction
from syncd.service.ask import IDS_A_REQUEST
from syncd.service.audit import Auditing
from syncd.service.notes import note
from syncd.service.terms import CycleRequest, Ports, Terms

STEPS_A_ROUND: Final = 288
"""In a round of a day, a step every five minutes."""
SHORTEST_STEP: Final = timedelta(minutes=1)
_STEPS_MISSED: Final = 3
"""After so many the rolling audit counts as resting, as where no daemon is on duty."""
_ROUND: Final = "audit.rolling"
_ALL: Final = frozenset(SkuState)


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


@dataclass(frozen=True, slots=True)
class Slice:
    """What one step looks at, and where the round is after it."""

    ids: tuple[ItemId, ...]
    then: Round


def step_of(length: timedelta) -> timedelta:
    """How often a step is due, in rounds of this length."""
    return max(length / STEPS_A_ROUND, SHORTEST_STEP)


async def roll(ports: Ports, terms: Terms, request: CycleRequest, auditing: Auditing) -> Audit:
    """Do one step; it looks at more where steps were missed. Raises as `Auditing.whole` does.

    What was looked at counts as such only once it was: a step that fails or is stopped, or cannot
    be remembered since a command is at work, is done again.
    """
    part = await asyncio.to_thread(_next_slice, ports, terms.rolling)
    audit = await auditing.those(part.ids)
    if not audit.guards:
        await note(ports.state, request, partial(_remember, part.then))
    return audit


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


def _next_slice(ports: Ports, length: timedelta) -> Slice:
    """As much of the round as the time since the last step is of its length, in full requests."""
    now, state = ports.clock.now(), ports.state
    at = last_round(state) or Round(began=now, stepped=now - step_of(length))
    share = min(max((now - at.stepped) / length, 0.0), 1.0)
    requests = max(1, ceil(state.census().owned * share / IDS_A_REQUEST))
    count = requests * IDS_A_REQUEST
    known = filter(_is_known, chain.from_iterable(state.in_states(_ALL, at.after)))
    ids = tuple(row.id for row in islice(known, count))
    if len(ids) == count:
        return Slice(ids, replace(at, stepped=now, after=ids[-1]))
    return Slice(ids, Round(began=now, stepped=now, took=now - at.began))


def _is_known(row: Tracked) -> bool:
    return row.ownership is Ownership.OWNED and row.known is not None


def _remember(at: Round, transaction: Transaction) -> None:
    kept = {
        "began": at.began.isoformat(),
        "stepped": at.stepped.isoformat(),
        "after": at.after,
        "took": None if at.took is None else at.took.total_seconds(),
    }
    transaction.remember(_ROUND, json.dumps(kept))
