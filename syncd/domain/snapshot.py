"""One read of the catalog: its rows, and the certificate that says how complete it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.tracking import Held

REPEATED: Final = "the id stands in "
"""How the rule begins that holds a SKU with several rows."""
NO_PROOF: Final = "an empty export is no proof that every product is gone"
"""How the doubt ends that any read without rows is in."""


class Scope(StrEnum):
    """How much of the catalog a read is to bring."""

    WHOLE = "whole"
    CHANGES = "changes"
    """Only what has changed since a watermark: what it lacks is not missing."""


@dataclass(frozen=True, slots=True)
class PageRun:
    """Pages of a list that came one after the other, each with so many records.

    They count from 1; `list` is empty where there is but one.
    """

    list: str
    first: int
    last: int
    records: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """The evidence of a read.

    `doubts` are sentences, each naming what keeps the read from being proven complete; `evidence`
    are sentences that speak for it. `rows` counts the records after the filter, `records` those
    before it. A read of changes brings those `since` a watermark. `joined` counts, by their names,
    the rows of the sources that were joined. `parts` names the files that were read in their place.
    `pages` tells what each page had, where there were any. `left_out` repeats of the evidence what
    says which records are no rows, whatever the filter makes of them.
    """

    source: str
    rows: int
    records: int
    doubts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    scope: Scope = Scope.WHOLE
    since: str | None = None
    joined: Mapping[str, int] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    pages: tuple[PageRun, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the read is proven complete: only then may an id be called missing."""
        return self.scope is Scope.WHOLE and not self.doubts


@dataclass(frozen=True, slots=True)
class Defect:
    """What is wrong with a record before its values are even looked at."""

    attribute: str
    value: str
    rule: str


@dataclass(frozen=True, slots=True)
class CatalogRow:
    """One record after mapping, as text: only new, changed, repeated and broken ones get here.

    `values` has every mapped attribute but the id; an empty or absent cell without a default is
    None. A repeated id comes once, with a `defect` and the row number of its first record.
    A record whose id cannot be read has `id` None and a defect.
    """

    id: ItemId | None
    fingerprint: int | None
    values: Mapping[Attribute, str | None]
    row: int | None = None
    file: str | None = None
    defect: Defect | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """What a source shows of itself without being read, for the short cut of an untouched one.

    `identity` changes whenever the source was rewritten (path, size, time, inode of every file); it
    is empty where the source shows nothing of itself. `meaning` is the digest of everything that
    gives the bytes their meaning. `touch` also changes when a write kept size and time as they
    were: then the bytes are looked at, and no more. Where others are joined, `own` is the identity
    of the source that says which ids there are, and `identity` that of all.
    """

    identity: str
    meaning: str
    touch: str = ""
    own: str | None = None

    def is_as(self, other: Position) -> bool:
        """Whether the source is known to be untouched from one look to the other."""
        return bool(self.identity) and self == other

    def is_rewrite_of(self, other: Position) -> bool:
        """Whether the ids' own source was written, or may have been, between the two looks."""
        return not self._whose_ids or self._whose_ids != other._whose_ids

    @property
    def _whose_ids(self) -> str:
        return self.identity if self.own is None else self.own


@dataclass(frozen=True, slots=True)
class HeldSku:
    """A held row as a report shows it; `id` is empty where the row has none."""

    id: str
    held: Held


@dataclass(frozen=True, slots=True)
class Reading:
    """What the state remembers of the last whole read that was recorded, and of changes since.

    `digest` is that of the source's bytes; empty where they are not certain, or where changes that
    were read since are in the table as well. `complete_reads` counts the complete reads so far that
    no guard stopped, this one included where it is one, and `yardstick` is the number of rows of
    the last of them, as `joined_yardsticks` are those of the sources that were joined, by name, and
    `counted` is where the source stood then. The next read of changes begins at `watermark`.
    `absent` counts the known ids that this read did not have and, since it was `stopped` or is not
    complete, did not make missing. `strays` are held rows without an id (the first thousand),
    `stray_count` all of them, for the change-tracking table has no row for them. Until
    `accepted_until` a person has accepted that this read has so many rows fewer.
    """

    position: Position
    digest: str
    certificate: Certificate
    at: datetime
    duplicates: int = 0
    complete_reads: int = 0
    yardstick: int | None = None
    absent: int = 0
    stopped: bool = False
    strays: tuple[HeldSku, ...] = ()
    stray_count: int = 0
    accepted_until: datetime | None = None
    watermark: str | None = None
    joined_yardsticks: Mapping[str, int] = field(default_factory=dict)
    counted: Position | None = None

    @property
    def name(self) -> str:
        """What these bytes with this meaning are called; empty where the bytes are not certain."""
        return f"{self.digest}-{self.position.meaning}" if self.digest else ""

    @property
    def counts(self) -> bool:
        """Whether this was a complete read that no guard stopped."""
        return self.certificate.complete and not self.stopped

    def is_accepted(self, now: datetime) -> bool:
        """Whether the loss of rows need not be judged at this moment."""
        return self.accepted_until is not None and now < self.accepted_until
