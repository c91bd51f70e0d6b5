"""A look at the state that never hangs whoever asks, however the database does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from syncd.errors import StateError

if TYPE_CHECKING:
    from syncd.ports import Census, State

PATIENCE: Final = 2.0
"""Seconds within which the state answers, or counts as unreadable."""
_SILENT: Final = "The state has given no answer within {seconds:g} s."


class Glimpse:
    """Counts the SKUs in a thread of its own, one look at a time: asking often piles nothing up."""

    def __init__(self, state: Callable[[], AbstractContextManager[State]]) -> None:
        """Take what opens the state only to read."""
        self._state = state
        self._look: Future[Census | str] | None = None

    async def census(self) -> Census | str:
        """How many SKUs there are in each state, or in words why that cannot be told."""
        if self._look is None or self._look.done():
            self._look = Future()
            threading.Thread(
                target=self._take, args=(self._look,), name="syncd-glimpse", daemon=True
            ).start()
        try:
            looking = asyncio.shield(asyncio.wrap_future(self._look))
            return await asyncio.wait_for(looking, PATIENCE)
        except TimeoutError:
            return _SILENT.format(seconds=PATIENCE)

    def _take(self, look: Future[Census | str]) -> None:
        try:
            with self._state() as state:
                census = state.census()
            look.set_result(census)
        except StateError as error:
            look.set_result(str(error))
        except BaseException as bug:  # noqa: BLE001 - whoever asked has to see it
            look.set_exception(bug)
