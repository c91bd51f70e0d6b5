"""Lets quarantined SKUs go, so that they are due again at the next cycle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import structlog

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import Tracked
from syncd.errors import UsageError
from syncd.ports import State
from syncd.service.inquiry import tracked_quarantined
from syncd.service.terms import LEASE_WAIT

_SHOWN: Final = 5

_log = structlog.get_logger()


def retry(state: State, ids: Sequence[ItemId], holder: str) -> tuple[ItemId, ...]:
    """Clear the quarantine of these ids, all or none.

    Waits up to a minute for a cycle that is running, then raises `LeaseHeldError`; raises
    `UsageError` where one of the ids is not in quarantine.
    """
    with state.lease(holder, LEASE_WAIT):
        rows = state.tracked(ids)
        _refuse_others(ids, rows)
        return _release(state, rows.values())


def retry_all(state: State, holder: str) -> tuple[ItemId, ...]:
    """Clear every quarantine; waits for a cycle as `retry` does."""
    with state.lease(holder, LEASE_WAIT):
        return _release(state, list(tracked_quarantined(state)))


def _release(state: State, rows: Iterable[Tracked]) -> tuple[ItemId, ...]:
    released = [_released(row) for row in rows]
    with state.transaction() as transaction:
        transaction.put(released)
    _log.info("quarantine.released", count=len(released))
    return tuple(row.id for row in released)


def _released(row: Tracked) -> Tracked:
    return replace(row, quarantine=None, quarantined_since=None, attempts=0, next_attempt=None)


def _refuse_others(ids: Sequence[ItemId], rows: dict[ItemId, Tracked]) -> None:
    others = [f"{item} ({_standing(rows.get(item))})" for item in ids if not _is_in(rows.get(item))]
    if others:
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        raise UsageError(
            "Quarantine",
            f"it does not hold {', '.join(others[:_SHOWN])}{more}, so nothing was changed",
            "See who is in it with: syncd quarantine list",
        )


def _is_in(row: Tracked | None) -> bool:
    return row is not None and row.quarantine is not None


def _standing(row: Tracked | None) -> str:
    return "unknown" if row is None else row.state.value.replace("_", " ")
