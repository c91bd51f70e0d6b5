"""Refuse the implausible read: after one of these stops nothing that it lacks is deleted."""

from __future__ import annotations

from collections.abc import Iterator

from syncd.domain.change import Action
from syncd.domain.counting import counted
from syncd.domain.cycle import Guard, GuardStop
from syncd.domain.policy import Limits
from syncd.domain.snapshot import NO_PROOF, Certificate, Reading
from syncd.engine.limit import allowed_count, in_unit_of


def reading_stops(reading: Reading, limits: Limits) -> tuple[GuardStop, ...]:
    """Judge a whole read: whatever it says, no id is deleted after one of these."""
    of_the_ids = unproven_stops(reading) or tuple(_shrunk(reading, limits))
    return (*of_the_ids, *_joined_shrunk(reading, limits))


def unproven_stops(reading: Reading) -> tuple[GuardStop, ...]:
    """Judge a read whose loss of rows was accepted: it has to be proven all the same."""
    certificate = reading.certificate
    stops = (_empty(certificate, reading.yardstick), _partial(certificate, reading.absent))
    return tuple(stop for stop in stops if stop is not None)


def partial_read_stop(certificate: Certificate, waiting: int) -> GuardStop:
    """Say that deletes wait for a complete read; `waiting` counts the ids concerned."""
    return GuardStop(
        guard=Guard.PARTIAL_READ,
        limit=0,
        actual=waiting,
        stopped=(Action.DELETE,),
        message=f"the read of {certificate.source} is not proven complete "
        f"({certificate.doubts[0]}), so nothing that it lacks is called missing or deleted",
    )


def _partial(certificate: Certificate, absent: int) -> GuardStop | None:
    if certificate.complete or not absent:
        return None
    return partial_read_stop(certificate, absent)


def _empty(certificate: Certificate, yardstick: int | None) -> GuardStop | None:
    if certificate.rows:
        return None
    return GuardStop(
        guard=Guard.EMPTY_CATALOG,
        limit=0,
        actual=yardstick or 0,
        stopped=(Action.DELETE,),
        message=_told_of_none(certificate, yardstick),
    )


def _told_of_none(certificate: Certificate, yardstick: int | None) -> str:
    """Say that there is no row, and what to do; a read in further doubt tells nobody to delete."""
    had = f"had {counted(yardstick, 'row')} and has none" if yardstick else "has no rows"
    further = [doubt for doubt in certificate.doubts if not doubt.endswith(NO_PROOF)]
    if further and not certificate.records:
        return f"{certificate.source} {had} that can be read ({further[0]}); mend it first"
    now = " now" if yardstick else ""
    return f"{certificate.source} {had}{now}; {_way_out_of_none(certificate, yardstick)}"


def _way_out_of_none(certificate: Certificate, yardstick: int | None) -> str:
    """Its filter may be what leaves none."""
    if certificate.records:
        return (
            f"catalog.filter lets none of its {counted(certificate.records, 'record')} through: "
            "look for a mistake in catalog.filter"
        )
    if not yardstick:
        return "look why the export has written none"
    return "if that is so, delete the items at Digital River, for syncd does not empty an account"


def _shrunk(reading: Reading, limits: Limits) -> Iterator[GuardStop]:
    certificate, yardstick = reading.certificate, reading.yardstick
    lost = _lost(certificate.rows, yardstick, limits)
    if not lost or not yardstick:
        return
    yield GuardStop(
        guard=Guard.MAX_SHRINK,
        limit=limits.max_shrink,
        actual=in_unit_of(limits.max_shrink, lost, yardstick),
        stopped=(Action.DELETE,),
        message=f"{certificate.source} has {counted(certificate.rows, 'row')} after the filter, "
        f"{lost:,} fewer than the {yardstick:,} of the last complete read; "
        "if that is right, approve the cycle, or raise guards.max_shrink for one run",
    )


def _joined_shrunk(reading: Reading, limits: Limits) -> Iterator[GuardStop]:
    """Stop updates, too: what a joined source no longer has would be cleared at Digital River."""
    for name, rows in reading.certificate.joined.items():
        yardstick = reading.joined_yardsticks.get(name)
        lost = _lost(rows, yardstick, limits)
        if not lost or not yardstick:
            continue
        yield GuardStop(
            guard=Guard.MAX_SHRINK,
            limit=limits.max_shrink,
            actual=in_unit_of(limits.max_shrink, lost, yardstick),
            stopped=(Action.UPDATE, Action.DELETE),
            message=f'"{name}", joined to {reading.certificate.source}, has '
            f"{counted(rows, 'row')}, {lost:,} fewer than the {yardstick:,} of the last complete "
            "read; if that is right, approve the cycle, or raise guards.max_shrink for one run",
        )


def _lost(rows: int, yardstick: int | None, limits: Limits) -> int:
    """How many rows are gone, where that is more than the limit allows; else 0."""
    if not yardstick:
        return 0
    lost = yardstick - rows
    allowed = allowed_count(limits.max_shrink, yardstick, limits.min_items_for_share)
    return lost if lost > allowed else 0
