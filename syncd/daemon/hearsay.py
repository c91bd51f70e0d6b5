"""Events that others told of: each waits in the state until a cycle has looked at what it is about.

So one that was answered is looked at, whatever happens to the process that has answered it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from syncd.errors import StateError

if TYPE_CHECKING:
    from syncd.domain.attributes import ItemId
    from syncd.domain.event import Event
    from syncd.ports import State


async def told_before(state: State) -> list[ItemId]:
    """The SKUs that somebody told of and no cycle has looked at, such as one that was killed."""
    with suppress(StateError):  # which the first cycle tells of
        return [event.about for event in await asyncio.to_thread(state.waiting_events)]
    return []


async def events_about(ids: Collection[ItemId], state: State) -> list[Event]:
    """The waiting events about these SKUs; what is told from now on waits for another look."""
    if not ids:
        return []
    waiting = await asyncio.to_thread(state.waiting_events)
    return [event for event in waiting if event.about in ids]


async def see_to(events: Sequence[Event], state: State) -> None:
    """Let them wait no more; where that fails they are looked at once more, which does no harm."""
    if events:
        with suppress(StateError):
            await asyncio.to_thread(_see_to, [event.id for event in events], state)


def _see_to(ids: Sequence[str], state: State) -> None:
    with state.transaction() as transaction:
        transaction.see_to_events(ids)
