"""The catalog as the service sees it: looked at from outside, or read, wherever it lives."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event
from typing import Final

from syncd.catalog.database import engine_version, load_engine
from syncd.catalog.fetching import Fetcher
from syncd.catalog.origin import Copies, Files, Look, Origin, Take
from syncd.catalog.room import inner_folder, private_folder
from syncd.catalog.snapshot import Sense, TakenSnapshot, Takes
from syncd.config import Catalog, FileCatalog
from syncd.domain.snapshot import Position
from syncd.ports import Advance, Snapshot, unseen

_LOOK_EVERY: Final = 1.0
"""Seconds between two looks at whether the digest moves."""
_SOON_DIGESTED: Final = 64_000_000
"""How many bytes are digested before the engine is loaded, which it need not be for the same."""
_VERSION: Final = 1
"""Of what cells and fingerprints mean; to be raised with every change of that."""


class Source:
    """A catalog of any origin, and the sources that are joined to it."""

    def __init__(
        self, settings: Catalog, meaning: str, origin: Origin, joined: Sequence[Origin] = ()
    ) -> None:
        """Take as `meaning` a digest of all beside `settings` that gives the rows a meaning.

        `joined` are the origins of `settings.join`, in that order.
        """
        self._sense = Sense(settings, _digest_of_sense(settings, meaning))
        self._origin = origin
        self._joined = tuple(joined)

    @property
    def name(self) -> str:
        return self._origin.name

    def position(self, advance: Advance = unseen) -> Position:
        return self._position([origin.look(advance) for origin in (self._origin, *self._joined)])

    @contextmanager
    def read(self, since: str | None, advance: Advance = unseen) -> Iterator[Snapshot]:
        """With joined sources always the whole: a change in one is not dated by the other."""
        since = None if self._joined else since
        with private_folder() as folder:
            takes = [
                origin.take(inner_folder(folder, str(number)), since, advance)
                for number, origin in enumerate((self._origin, *self._joined))
            ]
            with self._snapshot_of(takes, advance) as snapshot:
                yield snapshot

    @contextmanager
    def read_unless(self, last: Position, advance: Advance = unseen) -> Iterator[Snapshot | None]:
        """Ask for both at once where that can be done; with joined sources each is looked at."""
        asker = self._origin if isinstance(self._origin, Copies) and not self._joined else None
        if asker is not None and asker.conditional is not None:
            with self._asked_unless(asker, last, advance) as snapshot:
                yield snapshot
        elif self.position(advance).is_as(last):
            yield None
        else:
            with self.read(None, advance) as snapshot:
                yield snapshot

    @contextmanager
    def _asked_unless(
        self, origin: Copies, last: Position, advance: Advance
    ) -> Iterator[Snapshot | None]:
        shown = last.identity if self._position([Look(last.identity)]) == last else ""
        with private_folder() as folder:
            take = origin.take_unless(shown, inner_folder(folder, "0"), advance)
            if take is None:
                yield None
                return
            with self._snapshot_of([take], advance) as snapshot:
                yield snapshot

    @contextmanager
    def _snapshot_of(self, takes: Sequence[Take], advance: Advance) -> Iterator[Snapshot]:
        position = self._position([take.look for take in takes])
        taken = Takes(takes[0], tuple(takes[1:]))
        with ThreadPoolExecutor(1, "syncd-digest") as aside:
            digest = _Digest(taken, aside, advance)
            if taken.size > _SOON_DIGESTED:
                load_engine()  # meanwhile, for both take their time
            yield TakenSnapshot(self._sense, position, taken, digest.awaited, advance)

    def _position(self, looks: Sequence[Look]) -> Position:
        origins = [origin.meaning() for origin in (self._origin, *self._joined)]
        meaning = _digest((self._sense.digest, origins))
        if len(looks) == 1:
            return Position(looks[0].identity, meaning, looks[0].touch)
        shown = [look.identity for look in looks]
        identity = _digest(shown) if all(shown) else ""
        touch = _digest([look.touch for look in looks])
        return Position(identity, meaning, touch, own=looks[0].identity)


class FileSource(Source):
    """A catalog in one file, or in several that a glob names."""

    def __init__(self, settings: FileCatalog, meaning: str, joined: Sequence[Origin] = ()) -> None:
        super().__init__(settings, meaning, Files(settings), joined)


class FetchedSource(Source):
    """A catalog that a fetcher copies at every read."""

    def __init__(
        self,
        fetcher: Fetcher,
        settings: Catalog,
        meaning: str,
        joined: Sequence[Origin] = (),
    ) -> None:
        super().__init__(settings, meaning, Copies(fetcher), joined)


class _Digest:
    """The digest of all that was taken, made by another thread."""

    def __init__(self, taken: Takes, aside: ThreadPoolExecutor, advance: Advance) -> None:
        self._advance = advance
        self._moved = Event()
        self._making = aside.submit(taken.digest, lambda _: self._moved.set())

    def awaited(self) -> str:
        """Wait for it, and tell as long as it moves."""
        while wait({self._making}, _LOOK_EVERY).not_done:
            if self._moved.is_set():
                self._moved.clear()
                self._advance(0)
        return self._making.result()


def _digest_of_sense(settings: Catalog, meaning: str) -> str:
    """Digest what a fingerprint depends on beside the bytes; DuckDB's hash differs by version."""
    parts = {
        "version": _VERSION,
        "engine": engine_version(),
        "dialect": settings.dialect(),
        "mapping": settings.as_json(("mapping", "filter")),
        "joins": [[join.name, join.key, join.dialect()] for join in settings.join],
        "beyond": meaning,
    }
    return _digest(parts)


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
