"""What whoever works on a state holds, that nobody else may work on it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol


class Lease(Protocol):
    """What the one cycle that runs holds."""

    @property
    def sent_until(self) -> datetime | None:
        """Until when a process before this one may have sent requests; None where nobody knows."""

    def check(self) -> None:
        """Raise `LeaseLostError` from the moment on when another process may have taken over."""


class Duty(Protocol):
    """What the one daemon that works holds."""

    def show(self) -> None:
        """Show that it lives; raises `LeaseLostError` where another has come on duty."""


class Turns(Protocol):
    """Who works on a state, and who waits."""

    def lease(self, holder: str, wait: timedelta) -> AbstractContextManager[Lease]:
        """Be the only cycle over all processes; raises `LeaseHeldError`, naming who is.

        The lease is freed when its holder dies, however it dies; from one that shows no sign of
        life for a while it is taken. Whoever has held it writes only until somebody else takes it:
        then every transaction of this object raises `LeaseLostError`.
        """

    def alongside(self, holder: str, wait: timedelta) -> AbstractContextManager[None]:
        """Write beside a cycle of this very object, or else under a lease of its own.

        Raises `LeaseHeldError` where another process has the lease. What is read in a transaction
        within the block stays so until its end.
        """

    def duty(self, holder: str) -> AbstractContextManager[Duty]:
        """Be the one daemon that works; raises `LeaseHeldError`, at once, where another is.

        It is free when whoever has it dies, and taken from one that shows no sign of life. It is no
        lease: cycles take turns by theirs.
        """

    def held_since(self) -> datetime | None:
        """Since when whoever has the lease now has had it; None where nobody alive has it."""

    def sent_until(self) -> datetime | None:
        """What the lease would say of that to whoever took it now; None where nobody knows.

        It may be later than now, where a clock was set back since.
        """
