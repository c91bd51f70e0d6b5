"""Taking turns by a lease, whatever it stands on: waiting for it, holding it, shutting out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from syncd.errors import LeaseHeldError
from syncd.state import fence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from syncd.state.holding import Holding, Timing

_STEP: Final = timedelta(milliseconds=100)


class Turns(ABC):
    """The lease of one state, as one process takes it, and what its writes must not outlive."""

    def __init__(self, name: str, timing: Timing) -> None:
        self._name = name
        self._timing = timing
        self._latest: Holding | None = None
        self._is_held = False

    @property
    def timing(self) -> Timing:
        """How its signs of life go."""
        return self._timing

    @contextmanager
    def held(self, holder: str, wait: timedelta) -> Iterator[Holding]:
        """Hold it for the block; raises `LeaseHeldError` after waiting in vain.

        That is so as well while another block of this very process has it, or thinks so still: a
        new turn would let what has lost its own write again.
        """
        holding = self._once_free(holder, wait)
        self._latest, self._is_held = holding, True
        try:
            with holding.shown():
                yield holding
        finally:
            self._is_held = False

    def guard(self, connection: Connection) -> None:
        """Raise `LeaseLostError` where another process has taken the lease since this one last."""
        if self._latest is not None:
            self._latest.compare(fence.standing(connection))

    def _once_free(self, holder: str, wait: timedelta) -> Holding:
        waited = timedelta(0)
        while self._is_held or (holding := self._tried(holder)) is None:
            if waited >= wait:
                raise self._refusal()
            step = min(_STEP, wait - waited)
            self._timing.pause(step.total_seconds())
            waited += step
        return holding

    @abstractmethod
    def _tried(self, holder: str) -> Holding | None:
        """Take it, unless somebody holds it."""

    @abstractmethod
    def _who(self) -> str:
        """Who holds it, in words."""

    def _refusal(self) -> LeaseHeldError:
        return LeaseHeldError(
            self._name,
            f"a cycle is running, held by {self._who()}",
            "Wait for it to end or stop it, then run again; one that was killed holds nothing",
        )


def stopped_while_writing(name: str, who: str) -> LeaseHeldError:
    """Refuse, for whoever holds it has shut everybody out and stands still."""
    return LeaseHeldError(
        name,
        f"{who} shows no sign of life and has stopped in the middle of a write",
        "End that process, then run again; nothing that was recorded is lost",
    )
