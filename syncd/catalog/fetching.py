"""What a catalog that is no file has to give: spools of its rows, and what speaks for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from syncd.catalog.second_look import SecondLook
from syncd.domain.snapshot import PageRun, Scope
from syncd.ports import Advance, unseen


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one read of a source brought.

    `files` were written into the folder that the read was given: one JSON object a line (.jsonl,
    .ndjson), CSV as RFC 4180 has it with a comma and a header (.csv), or .parquet. `doubts` are
    sentences, each naming what keeps the read from being proven complete, `evidence` sentences that
    speak for it. The next read of changes begins at `watermark`, None where the source has none.
    `removed` goes with `Scope.CHANGES` alone: one JSON string a line, the ids that the source calls
    deleted, as it writes them. `identity` is the source's of what was fetched, such as the ETag
    that came with it; empty where it shows none. `in_pages` tells that it came in several answers,
    one after the other: an id that stands there twice may then have taken the place of another.
    `pages` tells what each of them had.
    Where the last line of each spool counts its rows, `trailer` is the form of it, as
    `FileKeys.trailer` has it. `left_out` are those sentences of the evidence that say what is no
    row.
    Where rows may have slipped by unseen, `second_look` asks for the same once more.
    """

    files: tuple[Path, ...]
    scope: Scope
    doubts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    watermark: str | None = None
    removed: Path | None = None
    identity: str = ""
    in_pages: bool = False
    second_look: SecondLook | None = None
    pages: tuple[PageRun, ...] = ()
    left_out: tuple[str, ...] = ()
    trailer: str | None = None


class Fetcher(Protocol):
    """One kind of source; its calls block, and may come from any thread, one at a time.

    All raise `CatalogError` where the source cannot be reached or does not answer as it should.
    """

    @property
    def name(self) -> str:
        """What reports call the source; never with a password or a token in it."""

    def identity(self, advance: Advance = unseen) -> str:
        """What the source shows of itself without being read, such as an ETag; empty for nothing.

        It must differ whenever a read would bring other rows.
        """

    def meaning(self) -> str:
        """Digest the settings that decide which rows come and what they are.

        Among them are query, URL, paging and what stands for a deleted row, but no password: a
        watermark is good for as long as this stays the same.
        """

    def fetch(self, folder: Path, since: str | None, advance: Advance = unseen) -> Fetched:
        """Write the rows into `folder`, which is private, empty and temporary.

        With `since`, a watermark of an earlier read, only what has changed from there on, where the
        source can tell; it reaches back far enough that no row is lost which changed while that
        read ran. Without it, or where it cannot, the whole of it.
        """


@runtime_checkable
class ConditionalFetcher(Fetcher, Protocol):
    """One that can ask for the rows on the condition that they may be others."""

    @property
    def is_conditional(self) -> bool:
        """Whether this source, as it is configured, can be asked so."""

    def fetch_unless(self, shown: str, folder: Path, advance: Advance = unseen) -> Fetched | None:
        """Fetch the whole of it; None where the source still shows the identity `shown`.

        Where that is empty, everything is fetched.
        """
