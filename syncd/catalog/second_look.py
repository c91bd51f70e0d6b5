"""A source that is asked once more for what it gave, before anything counts as missing for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from syncd.errors import CatalogError
from syncd.ports import Advance

AskAgain: TypeAlias = Callable[[Advance], Iterator[str]]
"""Asks for the same once more, and gives in sentences what came differently."""


@dataclass(slots=True)
class SecondLook:
    """Where rows can slip past a reader while they move, one look proves little."""

    ask: AskAgain
    has_changed: bool = False

    def doubts(self, advance: Advance) -> tuple[str, ...]:
        """Look, and give what keeps the first look from being the whole; nothing if it stands."""
        try:
            found = tuple(self.ask(advance))
        except CatalogError as error:
            found = (f"it could not be read a second time ({error.thing}: {error.reason})",)
        self.has_changed = bool(found)
        return found
