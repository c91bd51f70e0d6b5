"""Writes down notes that no cycle waits for: in a turn of their own, or else the next time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog

from syncd.ports import State, Transaction
from syncd.service.telling import AT_WORK
from syncd.service.terms import CycleRequest

PATIENCE: Final = timedelta(seconds=3)
"""How long a command that is at work is waited for at most: a stop must not wait for longer."""

_log = structlog.get_logger()


async def note(state: State, request: CycleRequest, write: Callable[[Transaction], None]) -> bool:
    """Write under a short lease; False where another process is at work, and nothing is written.

    Without a lease of its own a process could write no more once another one has had its turn. A
    cycle of this very process is waited for, however long it takes.
    """
    async with request.turn:
        return await asyncio.to_thread(_is_noted, state, request, write)


def _is_noted(state: State, request: CycleRequest, write: Callable[[Transaction], None]) -> bool:
    try:
        with (
            state.lease(request.holder, min(request.lease_wait, PATIENCE)),
            state.transaction() as transaction,
        ):
            write(transaction)
    except AT_WORK as error:
        _log.warning("audit.not_recorded", reason=str(error))
        return False
    return True
