"""The catalog's half of a cycle: how much of it to read, and whether that read counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from syncd.domain.change import Action
from syncd.domain.cycle import Guard, GuardStop
from syncd.domain.snapshot import Certificate, Reading, Scope
from syncd.engine.read_guard import reading_stops, unproven_stops
from syncd.engine.reading import (
    beginning,
    is_the_same,
    judged,
    repeated,
    succeeded,
    with_changes,
)
from syncd.errors import SuspectCatalogError, VanishedColumnError
from syncd.ports import Comparison, Snapshot
from syncd.service.canary import after_change
from syncd.service.recording import Recorder, Watch
from syncd.service.remarks import Remarks
from syncd.service.terms import CycleRequest, Ports, Terms

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CatalogRead:
    """What came of looking at the catalog; `reading` is None where it has never been read.

    `certificate` is that of this look, None where it was not even looked at.
    """

    reading: Reading | None
    certificate: Certificate | None = None
    stops: tuple[GuardStop, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether the cycle goes by a complete read that nothing stopped."""
        return self.reading is not None and self.reading.counts and not self.stops


def read_catalog(ports: Ports, terms: Terms, request: CycleRequest) -> CatalogRead:
    """Bring the change-tracking table up to what the catalog says now.

    An untouched source is not read again; one that was rewritten with the same bytes counts as one
    more complete read. Where the request is content with them, and the source can tell, only
    changes are read. Raises `CatalogError` where the source cannot be read, and `StoppedError`,
    with nothing recorded, where a stop comes in the middle.
    """
    remarks, last = Remarks(), ports.state.reading()
    try:
        look = _Look(ports, terms, Watch(request, remarks)).take()
    except SuspectCatalogError as suspect:
        return _suspect_read(ports, terms, suspect)
    stops = _stops(look.reading, terms, ports.clock.now())
    told = (*_gone_parts(last, look.certificate), *remarks.sentences())
    return CatalogRead(look.reading, look.certificate, stops, told)


def _gone_parts(last: Reading | None, certificate: Certificate) -> Iterator[str]:
    """Name files that a glob has found before and no longer does: all their rows are missing."""
    before = () if last is None else last.certificate.parts
    gone = sorted(set(before) - set(certificate.parts))
    if gone and certificate.parts:
        them = "its rows are" if len(gone) == 1 else "their rows are"
        yield f"Not there any more: {', '.join(gone)}; {them} missing unless other files have them."


def _suspect_read(ports: Ports, terms: Terms, suspect: SuspectCatalogError) -> CatalogRead:
    """Leave everything as the last read had it, stopped or not; this one showed nothing."""
    certificate = Certificate(ports.catalog.name, rows=0, records=0, doubts=(suspect.reason,))
    last = ports.state.reading()
    standing = () if last is None else _stops(last, terms, ports.clock.now())
    others = (_standing(stop) for stop in standing if stop.guard is not Guard.EMPTY_CATALOG)
    return CatalogRead(last, certificate, (_suspect_stop(suspect), *others))


def _standing(stop: GuardStop) -> GuardStop:
    """Say that a stop is about the read before this one, and stands until a better one."""
    return replace(stop, message=f"still from the read before: {stop.message}")


def _suspect_stop(suspect: SuspectCatalogError) -> GuardStop:
    return GuardStop(
        guard=Guard.EMPTY_CATALOG,
        limit=0,
        actual=0,
        stopped=(Action.DELETE,),
        message=f"{suspect.thing}: {suspect.reason}. {suspect.next_step}",
    )


def _stops(reading: Reading, terms: Terms, now: datetime) -> tuple[GuardStop, ...]:
    if reading.is_accepted(now):
        return unproven_stops(reading)
    return reading_stops(reading, terms.limits)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What the state remembers from now on, and the certificate of this very look."""

    reading: Reading
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at the catalog."""

    ports: Ports
    terms: Terms
    watch: Watch

    def take(self) -> _Looked:
        self.watch.request.progress.phase("looking at the catalog", None)
        self.watch.advance(0)
        last = self._last_in_force()
        if last is None or last.watermark is None or not self.watch.request.incremental:
            return self._read(None, last)
        position = self.ports.catalog.position(self.watch.advance)
        if position.is_as(last.position):
            return _Looked(last, last.certificate)
        since = beginning(last, position)
        if since is None:
            return self._read(None, last)
        with suppress(VanishedColumnError):  # a few records may lack what the others have
            return self._read(since, last)
        return self._read(None, last)

    def _last_in_force(self) -> Reading | None:
        """The last read, unless it was stopped by what has been approved, or raised, since."""
        last = self.ports.state.reading()
        if last is None or not last.stopped:
            return last
        return last if _stops(last, self.terms, self.ports.clock.now()) else None

    def _read(self, since: str | None, last: Reading | None) -> _Looked:
        self.watch.request.progress.phase("reading the catalog", None)
        if last is None:
            with self.ports.catalog.read(None, self.watch.advance) as first:
                return self._take_whole(first)
        with self._snapshot(since, last) as snapshot:
            if snapshot is None:
                return _Looked(last, last.certificate)
            if snapshot.scope is Scope.CHANGES:
                return self._take_changes(snapshot, last)
            if is_the_same(last, snapshot.position, snapshot.digest()):
                return self._count_again(snapshot, last)
            return self._take_whole(snapshot)

    def _snapshot(
        self, since: str | None, last: Reading
    ) -> AbstractContextManager[Snapshot | None]:
        """Take what is to be read; None where it is untouched since the last read.

        What came in doubt last time may come whole now, however much the source shows the same.
        """
        if since is None and last.certificate.complete:
            return self.ports.catalog.read_unless(last.position, self.watch.advance)
        return self.ports.catalog.read(since, self.watch.advance)

    def _take_changes(self, snapshot: Snapshot, last: Reading) -> _Looked:
        """Take in what changed; each row goes by its id, so the table's size costs nothing."""
        with snapshot.compare(None) as comparison:
            reading = with_changes(last, self._now(), snapshot.watermark)
            reading = self._recorder().changes(comparison, reading)
            return self._told(_Looked(reading, comparison.certificate))

    def _count_again(self, snapshot: Snapshot, last: Reading) -> _Looked:
        now = self.ports.clock.now()
        reading = repeated(last, snapshot.position, now, snapshot.watermark)
        with self.ports.state.transaction() as transaction:
            transaction.record_reading(reading)
        _log.debug("catalog.same_bytes", source=self.ports.catalog.name)
        return _Looked(reading, reading.certificate)

    def _take_whole(self, snapshot: Snapshot) -> _Looked:
        digest = snapshot.digest()
        with (
            self.ports.state.fingerprints() as fingerprints,
            snapshot.compare(fingerprints) as comparison,
        ):
            if not snapshot.is_as_it_was():
                digest = ""  # of other bytes than were compared, perhaps: it must never match again
            reading = self._recorder().whole(comparison, self._judged(snapshot, digest, comparison))
            return self._told(_Looked(reading, comparison.certificate))

    def _judged(self, snapshot: Snapshot, digest: str, comparison: Comparison) -> Reading:
        """Find out what this read is worth beside the last one, in force or not."""
        last, now = self.ports.state.reading(), self._now()
        looked = Reading(
            snapshot.position,
            digest,
            comparison.certificate,
            now,
            duplicates=comparison.duplicates,
            absent=comparison.missing_count(),
            watermark=snapshot.watermark,
        )
        unjudged = succeeded(looked, last)
        return judged(unjudged, last, stopped=bool(_stops(unjudged, self.terms, now)))

    def _now(self) -> datetime:
        return after_change(self.ports.state, self.ports.clock.now())

    def _recorder(self) -> Recorder:
        return Recorder(self.ports.state, self.terms.rules, self.terms.policy, self.watch)

    def _told(self, looked: _Looked) -> _Looked:
        certificate = looked.certificate
        _log.debug(
            "catalog.read",
            source=certificate.source,
            rows=certificate.rows,
            complete=certificate.complete,
            scope=certificate.scope.value,
        )
        return looked
