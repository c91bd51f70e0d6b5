"""The rolling audit: some of the known items with every step, and all of them in every round."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import islice
from math import ceil

from syncd.domain.attributes import ItemId
from syncd.domain.audit import Audit
from syncd.service.ask import IDS_A_REQUEST
from syncd.service.audit import Auditing
from syncd.service.notes import note
from syncd.service.rounds import Round, last_round, remember, step_of
from syncd.service.table import known
from syncd.service.terms import CycleRequest, Ports, Terms


@dataclass(frozen=True, slots=True)
class Slice:
    """What one step looks at, and where the round is after it."""

    ids: tuple[ItemId, ...]
    then: Round


async def roll(ports: Ports, terms: Terms, request: CycleRequest, auditing: Auditing) -> Audit:
    """Do one step; it looks at more where steps were missed. Raises as `Auditing.whole` does.

    What was looked at counts as such only once it was: a step that fails or is stopped, or cannot
    be remembered since a command is at work, is done again.
    """
    part = await asyncio.to_thread(_next_slice, ports, terms.rolling)
    audit = await auditing.those(part.ids)
    if not audit.guards:
        await note(ports.state, request, partial(remember, part.then))
    return audit


def _next_slice(ports: Ports, length: timedelta) -> Slice:
    """As much of the round as the time since the last step is of its length, in full requests."""
    now, state = ports.clock.now(), ports.state
    at = last_round(state) or Round(began=now, stepped=now - step_of(length))
    share = min(max((now - at.stepped) / length, 0.0), 1.0)
    requests = max(1, ceil(state.census().owned * share / IDS_A_REQUEST))
    count = requests * IDS_A_REQUEST
    ids = tuple(row.id for row in islice(known(state, at.after), count))
    if len(ids) == count:
        return Slice(ids, replace(at, stepped=now, after=ids[-1]))
    return Slice(ids, Round(began=now, stepped=now, took=now - at.began))
