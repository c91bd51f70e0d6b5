"""What the daemon has seen since the herald looked last, in its order."""

from __future__ import annotations

import asyncio

from syncd.domain.cycle import CycleResult
from syncd.service.glimpse import SUBJECTS, Glimpse, condensed, glimpse_of
from syncd.service.pulse import Trouble


class News:
    """Listens to the pulse; to be used in one loop."""

    def __init__(self) -> None:
        self._seen: list[Glimpse] = []
        self._some = asyncio.Event()

    def wrong(self, kind: Trouble, words: str) -> None:
        if kind in SUBJECTS:
            self._add(Glimpse({SUBJECTS[kind]: words}))

    def well(self, kind: Trouble) -> None:
        if kind in SUBJECTS:
            self._add(Glimpse({SUBJECTS[kind]: None}))

    def ended(self, result: CycleResult, *, is_whole: bool) -> None:
        self._add(glimpse_of(result, is_whole=is_whole))

    def took_over(self, gone: str) -> None:
        """Another daemon was on duty before, and is no more."""
        self._add(Glimpse(gone=gone))

    async def come(self) -> None:
        """Wait until there is something."""
        await self._some.wait()

    def take(self) -> list[Glimpse]:
        """Hand over what there is."""
        seen, self._seen = self._seen, []
        self._some.clear()
        return seen

    def _add(self, seen: Glimpse) -> None:
        self._seen = condensed([*self._seen, seen])
        self._some.set()
