"""Where rows come from: files in their places, or what a fetcher copies out of another source."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from syncd.catalog.fetching import ConditionalFetcher, Fetched, Fetcher
from syncd.catalog.files import (
    CatalogFile,
    copies,
    digest_of,
    identity_of,
    locate,
    touch_of,
)
from syncd.catalog.second_look import SecondLook
from syncd.config import FileKeys
from syncd.domain.snapshot import PageRun, Scope
from syncd.errors import CatalogError, SuspectCatalogError
from syncd.ports import Advance


@dataclass(frozen=True, slots=True)
class Look:
    """What a source shows of itself without being read; see `Position`."""

    identity: str
    touch: str = ""


@dataclass(frozen=True, slots=True)
class Take:
    """What one read of a source has to go by: its files, as they were when the read began.

    `keys` tell how the files are to be read. `doubts` and `evidence` come from whoever copied them.
    `since` is the watermark from which on these are the changes; `removed` are the ids deleted
    since, as a file of one JSON string a line.
    """

    name: str
    files: tuple[CatalogFile, ...]
    keys: FileKeys
    look: Look
    in_place: bool
    scope: Scope = Scope.WHOLE
    doubts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    watermark: str | None = None
    since: str | None = None
    removed: Path | None = None
    in_pages: bool = False
    second_look: SecondLook | None = None
    pages: tuple[PageRun, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def is_whole_in_pages(self) -> bool:
        """Whether all of a list came page by page, so that it may have moved meanwhile."""
        return self.in_pages and self.scope is Scope.WHOLE

    def digest(self, advance: Advance) -> str:
        """Digest the bytes, and the doubts: the same bytes need not be as complete again."""
        text = repr((digest_of(self.files, advance), self.doubts))
        return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()

    def is_as_it_was(self) -> bool:
        """Whether the bytes are still those that were there when the read began."""
        if not self.in_place:
            return self.second_look is None or not self.second_look.has_changed
        return self.has_its_bytes()

    def has_its_bytes(self) -> bool:
        """Whether its files are those that were taken, as copies are however the source goes on."""
        if not self.in_place:
            return True
        try:
            return look_at_files(locate(self.keys.path)) == self.look
        except CatalogError:
            return False


class Origin(Protocol):
    """One source, the catalog's own or one that is joined to it."""

    @property
    def name(self) -> str:
        """What reports call it."""

    def look(self, advance: Advance) -> Look:
        """Look at it without reading it; raises `CatalogError` where it is not there."""

    def meaning(self) -> str:
        """Digest what decides which rows come from there, beside what the columns mean."""

    def take(self, folder: Path, since: str | None, advance: Advance) -> Take:
        """Make ready what is to be read, in a private folder where anything has to be copied."""


class Files:
    """Files that are read where they are."""

    def __init__(self, keys: FileKeys) -> None:
        self._keys = keys

    @property
    def name(self) -> str:
        return self._keys.path

    def look(self, advance: Advance) -> Look:  # noqa: ARG002 - it takes no time
        return look_at_files(locate(self._keys.path))

    def meaning(self) -> str:
        return ""

    def take(self, folder: Path, since: str | None, advance: Advance) -> Take:  # noqa: ARG002 - nothing is copied
        files = locate(self._keys.path)
        return Take(self.name, files, self._keys, look_at_files(files), in_place=True)


class Copies:
    """What a fetcher copies into spools, at every read."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    @property
    def name(self) -> str:
        return self._fetcher.name

    def look(self, advance: Advance) -> Look:
        return Look(self._fetcher.identity(advance))

    def meaning(self) -> str:
        return self._fetcher.meaning()

    @property
    def conditional(self) -> ConditionalFetcher | None:
        """The fetcher, where it can ask for rows on the condition that they may be others."""
        fetcher = self._fetcher
        if isinstance(fetcher, ConditionalFetcher) and fetcher.is_conditional:
            return fetcher
        return None

    def take(self, folder: Path, since: str | None, advance: Advance) -> Take:
        return self._taken(self._fetcher.fetch(folder, since, advance), since)

    def take_unless(self, shown: str, folder: Path, advance: Advance) -> Take | None:
        """Take the whole of it; None where the source still shows this identity."""
        if self.conditional is None:
            return self.take(folder, None, advance)
        fetched = self.conditional.fetch_unless(shown, folder, advance)
        return None if fetched is None else self._taken(fetched, None)

    def _taken(self, fetched: Fetched, since: str | None) -> Take:
        return Take(
            name=self.name,
            files=copies(self._with_rows(fetched), self.name),
            keys=FileKeys(path=self.name, trailer=fetched.trailer),
            look=Look(fetched.identity),
            in_place=False,
            scope=fetched.scope,
            doubts=fetched.doubts,
            evidence=fetched.evidence,
            watermark=None if fetched.doubts else fetched.watermark,
            since=since if fetched.scope is Scope.CHANGES else None,
            removed=fetched.removed,
            in_pages=fetched.in_pages,
            second_look=fetched.second_look,
            pages=fetched.pages,
            left_out=fetched.left_out,
        )

    def _with_rows(self, fetched: Fetched) -> list[Path]:
        """Leave empty spools out; where all of it is empty, something has gone wrong."""
        files = [path for path in fetched.files if path.stat().st_size]
        if files or fetched.scope is Scope.CHANGES:
            return files
        raise SuspectCatalogError(
            self.name,
            "it gave no rows at all",
            "Look whether the source is empty, and which rows the settings in [catalog] ask for",
        )


def look_at_files(files: tuple[CatalogFile, ...]) -> Look:
    """Take what the files show of themselves."""
    return Look(identity_of(files), touch_of(files))
