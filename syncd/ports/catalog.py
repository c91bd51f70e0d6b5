"""What is read of a catalog, and how it is held against the change-tracking table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import Protocol, TypeAlias

from syncd.domain.attributes import ItemId
from syncd.domain.row_block import RowBlock
from syncd.domain.sample import Sample
from syncd.domain.snapshot import CatalogRow, Certificate, Position, Scope
from syncd.ports.fingerprints import Fingerprints

Advance: TypeAlias = Callable[[int], None]
"""Is told, while something goes on, of so many more rows, and of 0 where it moves without any.

It may be called from any thread, from one at a time; what it raises ends what goes on.
"""


def unseen(rows: int) -> None:
    """Nobody watches."""


class Comparison(Protocol):
    """One snapshot, compared as a set with the fingerprints that were known."""

    @property
    def certificate(self) -> Certificate:
        """The evidence of the read, final: the source was looked at again after the last byte."""

    @property
    def duplicates(self) -> int:
        """How many ids stand in the catalog more than once."""

    def knows_rows(self) -> bool:
        """Whether every block has its rows; else the first that is asked for has all looked for."""

    def new(self) -> Iterator[RowBlock]:
        """Whole rows, with ids that were not known and stand in no other row."""

    def changed(self) -> Iterator[RowBlock]:
        """Whole rows, changed or back from missing, with ids that stand in no other row."""

    def unusable(self) -> Iterator[Sequence[CatalogRow]]:
        """What is repeated or broken, in batches: each has a defect."""

    def missing(self) -> Iterator[Sequence[ItemId]]:
        """Known ids, not yet missing, that no record of this read bears, in batches.

        Of changes: the ids that the source calls deleted, known or not.
        """

    def missing_count(self) -> int:
        """How many ids `missing` would give."""


def every_row(comparison: Comparison) -> Iterator[Sequence[CatalogRow]]:
    """All rows that a comparison found, in batches."""
    for block in chain(comparison.new(), comparison.changed()):
        yield block.each()
    yield from comparison.unusable()


class Snapshot(Protocol):
    """One read of the catalog: files in their places, or a copy of what a source gave."""

    @property
    def position(self) -> Position:
        """What the source showed of itself when the read began."""

    @property
    def scope(self) -> Scope:
        """Whether this is all of the catalog, or only what has changed since a watermark."""

    @property
    def watermark(self) -> str | None:
        """Where the next read of changes may begin; None where this read cannot tell."""

    def digest(self) -> str:
        """The digest of the bytes and of whatever puts them into doubt.

        It may be asked for while a comparison goes on, from another thread.
        """

    def is_as_it_was(self) -> bool:
        """Whether the bytes are still those that the read began with, as those of a copy are."""

    def sample(self, limit: int) -> Sample:
        """Some rows with all their columns, whether those that the mapping names are there or not.

        Raises `CatalogError` where nothing can be read.
        """

    def compare(self, fingerprints: Fingerprints | None) -> AbstractContextManager[Comparison]:
        """Compare every record with `fingerprints`, or with nothing: then every row is new.

        One that is null (a 64-bit integer else) makes its row count as changed. Raises
        `CatalogError` where the source cannot be read at all (a mapped column gone, an unreadable
        encoding) and `SuspectCatalogError` where it is empty or has lost its header.
        """


class CatalogSource(Protocol):
    """Where the merchant's catalog lives."""

    @property
    def name(self) -> str:
        """What reports call the source; never with a password in it."""

    def position(self, advance: Advance = unseen) -> Position:
        """Look at the source without reading it; raises `CatalogError` where it is not there."""

    def read(
        self, since: str | None, advance: Advance = unseen
    ) -> AbstractContextManager[Snapshot]:
        """Take a snapshot, there until the block ends: of what has changed since a watermark.

        Without one, or where the source cannot tell what has changed, of everything. Raises
        `CatalogError` where the source is not there. `advance` is told of the comparison as well.
        """

    def read_unless(
        self, last: Position, advance: Advance = unseen
    ) -> AbstractContextManager[Snapshot | None]:
        """Take a snapshot of everything; None where nothing was written since the `last` look.

        Where the source can be asked for both at once, this takes a single request.
        """
