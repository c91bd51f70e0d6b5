"""Writes down anew since when an id is missing, where a clock that had jumped ahead wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from syncd.domain.tracking import SkuState, Tracked
from syncd.engine.times import in_time
from syncd.service.canary import after_change
from syncd.service.terms import Ports, Terms

_MISSING: Final = frozenset({SkuState.MISSING})

_log = structlog.get_logger()


def set_right(ports: Ports, terms: Terms) -> None:
    """Let no id be missing from a moment on that is yet to come; its time begins now.

    The other moments are only read in time: they are written anew with every attempt.
    """
    for rows in ports.state.in_states(_MISSING):
        _put_in_time(ports, terms, rows)


def _put_in_time(ports: Ports, terms: Terms, rows: Sequence[Tracked]) -> None:
    now = after_change(ports.state, ports.clock.now())
    ahead = [row.id for row in rows if in_time(row, terms.policy, now) is not row]
    if not ahead:
        return
    with ports.state.transaction() as transaction:
        found = transaction.tracked(ahead)
        transaction.put([in_time(row, terms.policy, now) for row in found.values()])
    _log.warning("clock.was_ahead", skus=len(ahead))
