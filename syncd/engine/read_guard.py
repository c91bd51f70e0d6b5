"""Refuse the implausible read: after one of these stops nothing that it lacks is deleted."""

from __future__ import annotations

from collections.abc import Iterator

from syncd.domain.change import Action
from syncd.domain.cycle import Guard, GuardStop
from syncd.domain.policy import Limits
from syncd.domain.snapshot import Certificate
from syncd.engine.limit import allowed_count, in_unit_of


def reading_stops(
    certificate: Certificate, yardstick: int | None, absent: int, limits: Limits
) -> tuple[GuardStop, ...]:
    """Judge a read: whatever it says, no id is deleted after one of these.

    `yardstick` is the number of rows of the last complete read that no guard stopped.
    """
    found = unproven_stops(certificate, yardstick, absent)
    return found or tuple(_shrunk(certificate, yardstick, limits))


def unproven_stops(
    certificate: Certificate, yardstick: int | None, absent: int
) -> tuple[GuardStop, ...]:
    """Judge a read whose loss of rows was accepted: it has to be proven all the same."""
    stops = (_empty(certificate, yardstick), _partial(certificate, absent))
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
    if certificate.rows or not yardstick:
        return None
    return GuardStop(
        guard=Guard.EMPTY_CATALOG,
        limit=0,
        actual=yardstick,
        stopped=(Action.DELETE,),
        message=f"{certificate.source} had {yardstick:,} rows and has none now; if that is so, "
        "delete the items at Digital River, for syncd does not empty an account",
    )


def _shrunk(certificate: Certificate, yardstick: int | None, limits: Limits) -> Iterator[GuardStop]:
    if not yardstick:
        return
    lost = yardstick - certificate.rows
    if lost <= allowed_count(limits.max_shrink, yardstick, limits.min_items_for_share):
        return
    yield GuardStop(
        guard=Guard.MAX_SHRINK,
        limit=limits.max_shrink,
        actual=in_unit_of(limits.max_shrink, lost, yardstick),
        stopped=(Action.DELETE,),
        message=f"{certificate.source} has {certificate.rows:,} rows after the filter, "
        f"{lost:,} fewer than the {yardstick:,} of the last complete read; "
        "if that is right, approve the cycle, or raise guards.max_shrink for one run",
    )
