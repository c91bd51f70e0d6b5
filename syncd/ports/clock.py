"""The time that the service goes by."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time, passed in so that tests need not wait."""

    def now(self) -> datetime:
        """The present moment in UTC, with its time zone."""

    async def sleep(self, seconds: float) -> None:
        """Wait; zero or less returns at once."""
