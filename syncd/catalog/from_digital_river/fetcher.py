"""The SKUs of an account as a catalog: all of them, or those changed and deleted since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import orjson

from syncd.catalog.fetching import Fetched
from syncd.catalog.from_digital_river.skus import COLUMNS, Shelf, Sku
from syncd.catalog.spool import write, written_to
from syncd.config import DigitalRiverKeys
from syncd.domain.attributes import ItemId
from syncd.domain.counting import counted
from syncd.domain.listing import CountedSpan
from syncd.domain.snapshot import PageRun, Scope
from syncd.errors import (
    CatalogError,
    KeyRefusedError,
    RemoteError,
    ResourceForbiddenError,
    SuspectCatalogError,
)
from syncd.ports import Advance, SkuListing, unseen

REMEMBERED: Final = timedelta(days=29)
"""How far back the events of deleted SKUs are relied on: a day less than Digital River says."""
_MOST_COUNTS: Final = 8
_WINDOWS: Final = "windows of creation time"
_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"


class SkuFetcher:
    """Physical SKUs that the merchant keeps items for; see `Fetcher` for what its calls promise."""

    def __init__(
        self,
        keys: DigitalRiverKeys,
        listing: SkuListing,
        account: str,
        now: Callable[[], datetime],
        most: int | None = None,
    ) -> None:
        """Take a digest of the account: under another one a watermark is good for nothing.

        `most` is for who only wants to look at some rows: what is read then is never complete.
        """
        self._keys = keys
        self._listing = listing
        self._account = account
        self._now = now
        self._most = most

    @property
    def name(self) -> str:
        return self._keys.label

    def identity(self, advance: Advance = unseen) -> str:  # noqa: ARG002 - it takes no time
        """A list of SKUs shows nothing of itself."""
        return ""

    def meaning(self) -> str:
        text = json.dumps([self._account, *COLUMNS])
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def fetch(self, folder: Path, since: str | None, advance: Advance = unseen) -> Fetched:
        began = self._now()
        start = None if since is None else _moment(since)
        room = _Room(folder, self._listing, advance)
        with self._told():
            if self._most is not None:
                return self._glance(folder, self._most)
            if start is None or start < began - REMEMBERED:
                return self._whole(room, began)
            return self._changes(room, start, began)

    def _glance(self, folder: Path, most: int) -> Fetched:
        spool, shelf = folder / "skus.jsonl", Shelf()
        write(spool, _lines(self._listing.latest(most), shelf))
        return Fetched((spool,), Scope.WHOLE, (f"only {most:,} SKUs were looked at",))

    def _whole(self, room: _Room, began: datetime) -> Fetched:
        """Read all, then what was changed meanwhile, which goes before what came first."""
        first = room.read("first.jsonl", None)
        since = began - self._keys.overlap
        later = room.read("later.jsonl", since)
        spool, shelf = room.folder / "skus.jsonl", Shelf()
        write(spool, _merged(first.file, later.file, shelf))
        if not shelf.rows:
            raise self._nothing(shelf)
        evidence = (
            f"{counted(first.count, 'SKU')} came in {_windows(first.spans)}, each read to its end",
            f"after that, those changed since {_written(since)} were read again: {later.count:,}",
            *shelf.told(),
        )
        fetched = self._fetched(spool, Scope.WHOLE, began, evidence)
        return replace(fetched, pages=tuple(first.runs()), left_out=tuple(shelf.told()))

    def _changes(self, room: _Room, start: datetime, began: datetime) -> Fetched:
        """Ask for what was deleted first: what is there again by then, the list shows."""
        deleted, words = self._deleted(start)
        changed = room.read("changed.jsonl", start)
        spool, gone, shelf = room.folder / "skus.jsonl", set(deleted), Shelf()
        write(spool, _rows(_read_lines(changed.file), shelf, gone))
        removed = room.folder / "removed.jsonl"
        write(removed, (_line(item) for item in sorted(gone)))
        evidence = (
            f"{counted(changed.count, 'SKU')} changed since {_written(start)}",
            words,
            *shelf.told(),
        )
        fetched = self._fetched(spool, Scope.CHANGES, began, evidence, removed)
        return replace(fetched, left_out=tuple(shelf.told()))

    def _deleted(self, start: datetime) -> tuple[frozenset[ItemId], str]:
        try:
            deleted = self._listing.deleted(start)
        except ResourceForbiddenError:
            return frozenset(), (
                "which SKUs were deleted is not known, for the key may not read events;"
                " the next full read finds them"
            )
        return deleted, f"events tell of {counted(len(deleted), 'SKU')} deleted since"

    def _fetched(
        self,
        spool: Path,
        scope: Scope,
        began: datetime,
        evidence: Sequence[str],
        removed: Path | None = None,
    ) -> Fetched:
        watermark = _written(began - self._keys.overlap)
        return Fetched(
            (spool,),
            scope,
            evidence=tuple(evidence),
            watermark=watermark,
            removed=removed,
            in_pages=True,
        )

    def _nothing(self, shelf: Shelf) -> SuspectCatalogError:
        left = f" but {shelf.left_out:,} that are left out" if shelf.left_out else ""
        return SuspectCatalogError(
            self.name,
            f"the account has no SKUs{left}, and that is no proof that every product is gone",
            "Look whether the key is that of the account with your products",
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what keeps the account from being read, and which key it is about."""
        try:
            yield
        except RemoteError as error:
            own = isinstance(error, KeyRefusedError) and self._keys.api_key is not None
            next_step = "Check catalog.api_key and catalog.base_url" if own else error.next_step
            raise CatalogError(f"{self.name}, {error.thing}", error.reason, next_step) from error


@dataclass(frozen=True, slots=True)
class _Room:
    """Where one read keeps what it lists, and who watches it."""

    folder: Path
    listing: SkuListing
    advance: Advance

    def read(self, name: str, since: datetime | None) -> _Listed:
        """List all SKUs, or those changed since then, into a file of this name."""
        file = self.folder / name
        with written_to(file) as put:

            def take(skus: Sequence[Sku]) -> None:
                put(b"".join(map(_line, skus)))
                self.advance(len(skus))

            spans = self.listing.read(since, take)
        return _Listed(file, tuple(spans))


@dataclass(frozen=True, slots=True)
class _Listed:
    """SKUs as they came, one a line, and how they were counted."""

    file: Path
    spans: tuple[CountedSpan, ...]

    @property
    def count(self) -> int:
        return sum(span.count for span in self.spans)

    def runs(self) -> Iterator[PageRun]:
        """Tell of every window how many SKUs it had."""
        for number, span in enumerate(self.spans, start=1):
            yield PageRun(_WINDOWS, number, number, span.count)


def _merged(first: Path, later: Path, shelf: Shelf) -> Iterator[bytes]:
    newer = {sku["id"] for sku in _read_lines(later)}
    yield from _lines(_read_lines(later), shelf)
    yield from _lines((sku for sku in _read_lines(first) if sku["id"] not in newer), shelf)


def _rows(skus: Iterator[Sku], shelf: Shelf, gone: set[ItemId]) -> Iterator[bytes]:
    """Write the rows; a SKU that is no row any more is gone, and one that is there is not."""
    for sku in skus:
        row = shelf.row(sku)
        item = ItemId(str(sku["id"]))
        if row is None:
            gone.add(item)
        else:
            gone.discard(item)
            yield _line(row)


def _lines(skus: Iterator[Sku] | Sequence[Sku], shelf: Shelf) -> Iterator[bytes]:
    for sku in skus:
        row = shelf.row(sku)
        if row is not None:
            yield _line(row)


def _line(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _read_lines(file: Path) -> Iterator[Sku]:
    with file.open("rb") as lines:
        for line in lines:
            yield orjson.loads(line)


def _windows(spans: Sequence[CountedSpan]) -> str:
    """Say how many windows of creation time there were, and what came in each of a few."""
    if len(spans) == 1:
        return "one list"
    counts = ", ".join(f"{span.count:,}" for span in spans)
    told = f" ({counts})" if len(spans) <= _MOST_COUNTS else ""
    return f"{len(spans):,} {_WINDOWS}{told}"


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_FORM)


def _moment(text: str) -> datetime | None:
    """Read a watermark; None for the word of another kind of source, or version."""
    try:
        return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
