"""What the guard has passed of one kind, taken bit by bit by whoever sends it."""

from __future__ import annotations

import asyncio

from syncd.domain.change import Plan
from syncd.errors import KeyRefusedError
from syncd.service.spare import Passed


class Supply:
    """The changes in their order; several may take, one after the other."""

    def __init__(self, passed: Passed, most: int | None = None) -> None:
        """Take what was passed of one kind, and how many of it may be given, None for all.

        `aclose` must be called at the end.
        """
        self._left = most
        self._parts = passed.parts()
        self._part = Plan()
        self._turn = asyncio.Lock()
        self._is_empty = False

    @property
    def is_empty(self) -> bool:
        """Whether no more will be given: all were taken, or a question about them was refused."""
        return self._is_empty

    async def take(self, most: int) -> Plan:
        """The next ones; none at the end.

        Raises `KeyRefusedError`, for deletes are asked about right before they are given.
        """
        async with self._turn:
            if self._left is not None:
                most = min(most, self._left)
            while most and not self._part.changes:
                try:
                    part = await anext(self._parts, None)
                except KeyRefusedError:
                    self._is_empty = True
                    raise
                if part is None:
                    self._is_empty = True
                    return Plan()
                self._part = part
            given = Plan(self._part.changes[:most], self._part.approved)
            self._part = Plan(self._part.changes[most:], self._part.approved)
            if self._left is not None:
                self._left -= len(given.changes)
            return given

    async def aclose(self) -> None:
        """Ask nothing more."""
        await self._parts.aclose()
