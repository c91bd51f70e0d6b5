"""Reads that take a while and write nothing: a stop ends them at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from syncd.errors import RemoteError
from syncd.ports import Remote
from syncd.service.side_by_side import given_up_after, held_by
from syncd.service.terms import CycleRequest, StoppedError

PATIENCE: Final = timedelta(seconds=1)
"""How long a stop leaves to answers that are under way: to ask again costs nothing but time."""


@asynccontextmanager
async def unless_stopped(what: str, remote: Remote, request: CycleRequest) -> AsyncIterator[None]:
    """Let a stop end the block, answers under way or not; then `StoppedError` is raised."""
    stop, patience = request.stop, min(request.settle_wait, PATIENCE)
    try:
        async with held_by(stop, remote), given_up_after(stop, patience):
            yield
    except RemoteError:
        if not stop.is_set():
            raise
    if stop.is_set():
        raise StoppedError(what, "it was asked to stop", "Run it again")
