"""One read, broken or sound, and what syncd makes of it: the only wrong answer is a delete."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeAlias
from zlib import crc32

import httpx
import pytest
import structlog

from syncd.catalog import FetchedSource, Source
from syncd.catalog.fetching import Fetched, Fetcher
from syncd.errors import CatalogError
from syncd.ports import Advance, Fingerprints, unseen
from tests.contract.catalog.reads import file_catalog, write_fingerprints
from tests.property.broken_reads.memory import answer_in_memory
from tests.stubs.raw import RawServer, raw_server

IDS = tuple(f"SKU-{number:02}" for number in range(12))
"""All that is known; what a source does not have of them is gone."""
SOUND = 0.005
"""The share of reads that are left unbroken."""
SHARE = 10
Filter: TypeAlias = Mapping[str, Sequence[str]]
COLUMNS = {"id": "id", "part_number": "mpn", "country_of_origin": "origin"}


class Outcome(StrEnum):
    """What became of a read."""

    REFUSED = "refused"
    DOUBTED = "doubted"
    WHOLE = "whole"


class WronglyMissingError(AssertionError):
    """A read was taken for a whole one that was none: what it lacks would be deleted."""


class TakenForBrokenError(AssertionError):
    """A sound read proved nothing; then no broken one would prove anything either."""


@dataclass(frozen=True)
class Case:
    """One read: where it comes from, what is truly there, and how it was broken, if at all.

    A sound one must be proven complete, and show what is gone. `must_doubt` is for one that lacks
    something beside ids. `meanwhile` happens between the read's begin and its comparison,
    and `gone` tells in the end what was really taken out while it was read.
    """

    words: str
    source: Fetcher | Source
    present: frozenset[str]
    sound: bool = False
    must_doubt: bool = False
    meanwhile: Callable[[], None] = lambda: None
    columns: Mapping[str, str] = field(default_factory=COLUMNS.copy)
    filter: Filter = field(default_factory=dict)
    gone: Callable[[], set[str]] = set


@dataclass(frozen=True)
class Rig:
    """What all stands share: a folder, two servers, and the fingerprints of everything known."""

    folder: Path
    server: RawServer
    store: RawServer
    known: Fingerprints


def stays_sound(chance: Random) -> bool:
    """Whether a read is left unbroken."""
    return chance.random() < SOUND


@contextmanager
def rigged(over: str) -> Iterator[Rig]:
    """Set it up for as long as the block lasts; nothing is tried twice or waited for.

    `over` is how HTTP comes: by real `sockets`, or in `memory`, which is quicker.
    """
    with (
        TemporaryDirectory() as name,
        raw_server() as server,
        raw_server() as store,
        pytest.MonkeyPatch.context() as patch,
        _silence(),
    ):
        patch.setattr("syncd.catalog.from_http.setback.TRIES", 1)
        patch.setattr("syncd.digital_river.reader._TRIES", 1)
        patch.setattr("syncd.digital_river.windows.MOST_IDS", 3)
        trust = httpx.create_ssl_context()
        patch.setattr("httpx._transports.default.create_ssl_context", lambda **_: trust)
        if over == "memory":
            answer_in_memory(patch, (server, store))
        folder = Path(name)
        known = write_fingerprints(folder / "known.parquet", ((item, None, False) for item in IDS))
        yield Rig(folder, server, store, known)


@contextmanager
def _silence() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.reset_defaults()


def tried(case: Case, rig: Rig) -> Outcome:
    """Read it; raises where that would delete what is there, or where a sound read is doubted."""
    try:
        outcome, missing = _read(case, rig)
    except CatalogError as error:
        if case.sound:
            raise TakenForBrokenError(f"{case.words}: {error}") from error
        return Outcome.REFUSED
    if case.sound and (outcome, missing) != (Outcome.WHOLE, set(IDS) - case.present):
        raise TakenForBrokenError(f"{case.words}: {outcome}, missing {sorted(missing)}")
    if outcome is Outcome.WHOLE and (
        wrongly := (missing & case.present) - case.gone() or case.must_doubt
    ):
        raise WronglyMissingError(f"{case.words}: taken for whole, and missing {wrongly}")
    return outcome


def _read(case: Case, rig: Rig) -> tuple[Outcome, set[str]]:
    if isinstance(case.source, Source):
        return _compared(case, case.source, rig)
    return _fetched(case, case.source, rig)


def _fetched(case: Case, fetcher: Fetcher, rig: Rig) -> tuple[Outcome, set[str]]:
    """Compare what was fetched, unless it is in doubt, or all is there: then nothing is missing.

    Of second looks a share alone goes the whole way: it takes a hundred times as long.
    """
    with TemporaryDirectory(dir=rig.folder) as folder:
        fetched = fetcher.fetch(Path(folder), None)
        if fetched.doubts and not case.sound:
            return Outcome.DOUBTED, set()
        if not case.sound and _ids_in(fetched, case.filter) >= case.present:
            return Outcome.WHOLE, set()
        look = (
            None if case.sound or crc32(case.words.encode()) % SHARE == 0 else fetched.second_look
        )
        if look is not None and look.doubts(unseen):
            return Outcome.DOUBTED, set()
        catalog = file_catalog("nowhere", mapping=case.columns, filter=case.filter, threads=1)
        return _compared(case, FetchedSource(_Given(fetched), catalog, "meaning"), rig)


def _compared(case: Case, source: Source, rig: Rig) -> tuple[Outcome, set[str]]:
    with source.read(None) as snapshot:
        case.meanwhile()
        with snapshot.compare(rig.known) as found:
            missing = {str(item) for batch in found.missing() for item in batch}
            whole = found.certificate.complete
            return (Outcome.WHOLE, missing) if whole else (Outcome.DOUBTED, set())


def _ids_in(fetched: Fetched, taking_part: Filter) -> set[str]:
    """Find the ids that surely take part; those of broken lines are left to the comparison."""
    lines = (line for file in fetched.files for line in file.read_bytes().splitlines())
    rows = (row for line in lines if isinstance(row := _row(line), dict))
    return {
        row["id"]
        for row in rows
        if isinstance(row.get("id"), str)
        and all(row.get(name) in wanted for name, wanted in taking_part.items())
    }


def _row(line: bytes) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


@dataclass(frozen=True)
class _Given:
    """Gives once more what was fetched already."""

    fetched: Fetched
    name: str = "the source"

    def identity(self, advance: Advance = unseen) -> str:
        advance(0)
        return ""

    def meaning(self) -> str:
        return ""

    def fetch(self, folder: Path, since: str | None, advance: Advance = unseen) -> Fetched:
        advance(0)
        assert (folder.is_dir(), since) == (True, None)
        return self.fetched
