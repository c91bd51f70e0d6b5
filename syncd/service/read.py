"""The catalog's half of a cycle: read, compare, translate, record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.canonical import warnings
from syncd.domain.change import Action
from syncd.domain.cycle import Guard, GuardStop
from syncd.domain.rules import RuleBook
from syncd.domain.snapshot import CatalogRow, Certificate, HeldSku, Position, Reading
from syncd.domain.tracking import Held, Tracked
from syncd.engine.absorb import absorb, gone
from syncd.engine.read_guard import reading_stops, unproven_stops
from syncd.engine.translate import Translator
from syncd.errors import SuspectCatalogError
from syncd.ports import Comparison, Transaction
from syncd.service.remarks import Remarks
from syncd.service.terms import CycleRequest, Ports, StoppedError, Terms
from syncd.service.write_back import write_back

STRAYS_KEPT: Final = 1_000
"""Held rows without an id that are remembered one by one; beyond, they are only counted."""

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
    more complete read. Raises `CatalogError` where the source cannot be read, and `StoppedError`,
    with nothing recorded, where a stop comes in the middle.
    """
    remarks = Remarks()
    try:
        reading = _read(ports, terms, _Watch(request, remarks))
    except SuspectCatalogError as suspect:
        return _suspect_read(ports, suspect)
    stops = _stops(reading, terms, ports.clock.now())
    return CatalogRead(reading, reading.certificate, stops, remarks.sentences())


def _read(ports: Ports, terms: Terms, watch: _Watch) -> Reading:
    position = ports.catalog.position()
    last = ports.state.reading()
    if last is None or _was_wrongly_stopped(last, terms, ports.clock.now()):
        return _compare(ports, terms, watch, last)
    if last.position == position:
        return last
    if last.position.meaning == position.meaning and last.digest == ports.catalog.digest():
        return _count_again(ports, last, position)
    return _compare(ports, terms, watch, last)


def _stops(reading: Reading, terms: Terms, now: datetime) -> tuple[GuardStop, ...]:
    certificate, yardstick, absent = reading.certificate, reading.yardstick, reading.absent
    if reading.is_accepted(now):
        return unproven_stops(certificate, yardstick, absent)
    return reading_stops(certificate, yardstick, absent, terms.limits)


def _was_wrongly_stopped(reading: Reading, terms: Terms, now: datetime) -> bool:
    """Whether a read that a guard stopped was approved, or the limits raised: read it again."""
    return reading.stopped and not _stops(reading, terms, now)


def _suspect_read(ports: Ports, suspect: SuspectCatalogError) -> CatalogRead:
    """Leave everything as the last read had it, and say that this one showed nothing."""
    certificate = Certificate(ports.catalog.name, rows=0, records=0, doubts=(suspect.reason,))
    return CatalogRead(ports.state.reading(), certificate, (_suspect_stop(suspect),))


def _suspect_stop(suspect: SuspectCatalogError) -> GuardStop:
    return GuardStop(
        guard=Guard.EMPTY_CATALOG,
        limit=0,
        actual=0,
        stopped=(Action.DELETE,),
        message=f"{suspect.thing}: {suspect.reason}. {suspect.next_step}",
    )


def _count_again(ports: Ports, last: Reading, position: Position) -> Reading:
    reading = replace(
        last,
        position=position,
        at=ports.clock.now(),
        complete_reads=last.complete_reads + _counted(last, position),
    )
    with ports.state.transaction() as transaction:
        transaction.record_reading(reading)
    _log.info("catalog.same_bytes", source=ports.catalog.name)
    return reading


def _counted(last: Reading, position: Position) -> int:
    return 1 if last.counts and not _has_counted(last, position) else 0


def _compare(ports: Ports, terms: Terms, watch: _Watch, last: Reading | None) -> Reading:
    watch.request.progress.phase("reading the catalog", None)
    position, digest = ports.catalog.position(), ports.catalog.digest()
    with (
        ports.state.fingerprints() as fingerprints,
        ports.catalog.compare(fingerprints) as comparison,
    ):
        if ports.catalog.position() != position:
            digest = ""  # of other bytes than were compared, perhaps: it must never match again
        looked = Reading(position, digest, comparison.certificate, ports.clock.now())
        reading = _judged(looked, comparison, last, terms)
        return _record(ports, terms, _Found(comparison, reading, watch))


def _judged(looked: Reading, comparison: Comparison, last: Reading | None, terms: Terms) -> Reading:
    """Decide whether this read counts: only a complete one that no guard stopped does.

    A source that was counted and has not been touched since is not counted again, whatever it has
    come to mean.
    """
    unjudged = replace(
        looked,
        duplicates=comparison.duplicates,
        yardstick=last.yardstick if last else None,
        absent=comparison.missing_count(),
        accepted_until=_acceptance(last, looked),
    )
    judged = replace(unjudged, stopped=bool(_stops(unjudged, terms, looked.at)))
    reads = last.complete_reads if last else 0
    if not judged.counts:
        return replace(judged, complete_reads=reads)
    return replace(
        judged,
        complete_reads=reads if _has_counted(last, looked.position) else reads + 1,
        yardstick=looked.certificate.rows,
        absent=0,
    )


def _acceptance(last: Reading | None, looked: Reading) -> datetime | None:
    """Until when the loss of rows is accepted: of the very read that was approved, no other."""
    if last is None or not looked.name or last.name != looked.name:
        return None
    return last.accepted_until


def _has_counted(last: Reading | None, position: Position) -> bool:
    return last is not None and last.counts and last.position.identity == position.identity


@dataclass(frozen=True, slots=True)
class _Watch:
    request: CycleRequest
    remarks: Remarks

    def advance(self, rows: int) -> None:
        """Go on, unless a stop was asked for: nothing of this read is recorded yet."""
        if self.request.stop.is_set():
            raise StoppedError("the cycle", "it was asked to stop", "Run it again")
        self.request.progress.advance(rows)


@dataclass(frozen=True, slots=True)
class _Found:
    comparison: Comparison
    reading: Reading
    watch: _Watch


def _record(ports: Ports, terms: Terms, found: _Found) -> Reading:
    """Write down, in one transaction, what the comparison found, and the reading itself."""
    strays, watch, translator = _Strays(), found.watch, Translator(terms.rules)
    watch.request.progress.phase("recording what changed", None)
    with ports.state.transaction() as transaction:
        for rows in found.comparison.changed():
            wishes = strays.without_strays(rows, translator)
            _record_rows(transaction, wishes)
            _remark(wishes, terms.rules, watch.remarks)
            watch.advance(len(rows))
        if found.reading.counts:
            for ids in found.comparison.missing():
                _record_missing(transaction, ids, found.reading)
        reading = replace(found.reading, strays=tuple(strays.kept), stray_count=strays.count)
        transaction.record_reading(reading)
    _log.info(
        "catalog.read",
        source=reading.certificate.source,
        rows=reading.certificate.rows,
        complete=reading.certificate.complete,
    )
    return reading


def _record_rows(transaction: Transaction, wishes: Sequence[_Wish]) -> None:
    tracked = transaction.tracked([one.id for one in wishes])
    transaction.put(
        [
            absorb(tracked.get(one.id) or Tracked(one.id), one.fingerprint, one.wish)
            for one in wishes
        ]
    )


def _remark(wishes: Sequence[_Wish], rules: RuleBook, remarks: Remarks) -> None:
    for one in wishes:
        if not isinstance(one.wish, Held):
            for warning in warnings(one.wish, rules):
                remarks.add(warning, one.id)


def _record_missing(transaction: Transaction, ids: Sequence[ItemId], reading: Reading) -> None:
    tracked = transaction.tracked(ids)
    write_back(
        transaction,
        {item: gone(row, reading.at, reading.complete_reads) for item, row in tracked.items()},
    )


@dataclass(frozen=True, slots=True)
class _Wish:
    id: ItemId
    fingerprint: int | None
    wish: Attributes | Held


class _Strays:
    """Collects the held rows that have no id, and so no row in the change-tracking table."""

    def __init__(self) -> None:
        self.kept: list[HeldSku] = []
        self.count = 0

    def without_strays(self, rows: Sequence[CatalogRow], translator: Translator) -> list[_Wish]:
        wishes = []
        for row in rows:
            wish = translator.translate(row)
            if row.id is None:
                self._keep(wish)
            else:
                wishes.append(_Wish(row.id, row.fingerprint, wish))
        return wishes

    def _keep(self, wish: Attributes | Held) -> None:
        self.count += 1
        if isinstance(wish, Held) and len(self.kept) < STRAYS_KEPT:
            self.kept.append(HeldSku("", wish))
