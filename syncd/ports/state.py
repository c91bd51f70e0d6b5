"""All that the service asks of a state; each part stands in a module of its own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final, Protocol

from syncd.domain.event import Event
from syncd.ports.history import History
from syncd.ports.journal import Journal
from syncd.ports.lease import Turns
from syncd.ports.observations import Observations
from syncd.ports.sharing import Shelf
from syncd.ports.table import Table
from syncd.ports.transaction import Transaction

DOUBTED: Final = "restored.doubted"
"""The fact that says how many owned SKUs are in doubt since the state is an older copy of itself,
until a cycle has told it."""


class State(Table, Observations, Journal, History, Turns, Protocol):
    """The change-tracking table, the journal, the cycles and the lease; a transaction a call."""

    def now(self) -> datetime:
        """The present moment in UTC, by the one clock that all processes on this state go by.

        By it is dated what one of them writes and another judges. It may ask, the first time.
        """

    def overlay(self) -> AbstractContextManager[State]:
        """A private copy that can be written and is thrown away; this state is left untouched."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a write; commits at the end of the block, rolls back where it raises."""

    def remembered(self, key: str) -> str | None:
        """The small fact kept under this name."""

    def waiting_events(self) -> Sequence[Event]:
        """Those that were received and not seen to, the oldest first."""

    def shelf(self) -> Shelf | None:
        """Where deliveries are shared with other processes; None where they cannot be."""

    def hurry(self) -> None:
        """Wait a few seconds more for whoever keeps it locked or does not answer, then give up.

        Any thread may say so, from the moment on when this process was asked to stop.
        """

    def close(self) -> None:
        """Give the files and connections back."""
