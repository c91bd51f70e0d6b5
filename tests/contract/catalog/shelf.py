"""What a test may do with a catalog, wherever it lives."""

from __future__ import annotations

from typing import Protocol

from syncd.ports import CatalogSource


class Shelf(Protocol):
    """A catalog whose content a test sets; nothing is seen of it before `rewrite`.

    `shows_itself` tells whether a rewrite shows without a read, `counts_rows` whether whoever
    watches a read is told of rows, and `id_column` is where an id stands in it.
    """

    rows: dict[str, str | None]
    repeated: set[str]
    stray: bool
    cut: bool
    meaning: str
    shows_itself: bool
    counts_rows: bool
    id_column: str

    @property
    def source(self) -> CatalogSource: ...

    def rewrite(self) -> None: ...


class Content:
    """The beginnings of each shelf, and what it holds once it is rewritten."""

    shows_itself = True
    counts_rows = True
    id_column = "sku"

    def __init__(self) -> None:
        self.rows: dict[str, str | None] = {}
        self.repeated: set[str] = set()
        self.stray = self.cut = False
        self.meaning = "meaning-1"

    def entries(self, stray: str | None = None) -> list[tuple[str | None, str, str | None]]:
        """List id, part number and country of each record; `stray` is what stands for no id."""
        ids = [*self.rows, *sorted(self.repeated)]
        found: list[tuple[str | None, str, str | None]] = [
            (item, f"P-{item}", self.rows[item]) for item in ids
        ]
        return [*found, (stray, "P-stray", "DK")] if self.stray else found
