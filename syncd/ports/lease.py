"""What whoever works on a state holds, that nobody else may work on it."""

from __future__ import annotations

from datetime import datetime
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
