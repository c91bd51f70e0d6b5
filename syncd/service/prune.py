"""Forgets the history that is older than it is kept, a little at a time."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from syncd.errors import LeaseLostError, StateError
from syncd.ports import State
from syncd.service.canary import changed_since
from syncd.service.terms import Ports, Terms

PRUNED: Final = "history.pruned"
"""The name of the fact that says when the history was pruned last."""
PACE: Final = timedelta(days=1)
"""How often that is due."""
REACH: Final = 2 * PACE
"""How much time one pruning may leave behind at most: a clock that jumps must not cost it all."""
PATIENCE: Final = timedelta(seconds=20)
"""How long a cycle may take for it; the next one goes on with the rest."""
SLICE: Final = timedelta(milliseconds=300)
"""How long a daemon takes for it at once: others may want the lease."""

_log = structlog.get_logger()


def prune(ports: Ports, terms: Terms, stop: asyncio.Event) -> None:
    """Remove what is too old, once a day, under the lease of a cycle that has been recorded.

    A state that fails here has lost nothing: the next cycle tries again.
    """
    try:
        prune_for(PATIENCE, ports, terms, stop)
    except LeaseLostError:
        raise
    except StateError as error:
        _log.warning("history.not_pruned", reason=str(error))


def prune_for(patience: timedelta, ports: Ports, terms: Terms, stop: asyncio.Event) -> bool:
    """Remove what is too old, once a day, for so long at most; False where some of it is left."""
    now = ports.clock.now()
    before = _moment(ports.state.remembered(PRUNED))
    if before is None or before > now:  # a new state, or a clock that had jumped ahead
        _remember(ports.state, now)
    elif now >= before + PACE:
        upto = min(now, before + REACH)
        if not _is_done(ports, _kept_from(ports, terms, upto), stop, now + patience):
            return False
        _remember(ports.state, upto)
    return True


def pruned_next(state: State, now: datetime) -> datetime:
    """When it is due: at once where a daemon has missed it, or nobody has ever done it."""
    before = _moment(state.remembered(PRUNED))
    return now if before is None else min(max(before + PACE, now), now + PACE)


def _kept_from(ports: Ports, terms: Terms, now: datetime) -> datetime:
    """The moment since which everything stays: budgets and the canary look back as well."""
    kept_from = now - max(terms.keep_journal, terms.limits.budget_window)
    changed = changed_since(ports.state)
    return kept_from if changed is None else min(kept_from, changed)


def _is_done(ports: Ports, kept_from: datetime, stop: asyncio.Event, end: datetime) -> bool:
    """Remove step by step; False where there was no time for all of it."""
    with ports.state.transaction() as transaction:
        transaction.forget_approvals(ports.clock.now())
    removed = 0
    for rows in ports.state.prune(kept_from):
        removed += rows
        if stop.is_set() or ports.clock.now() > end:
            return False
    _log.info("history.pruned", rows=removed, kept_from=kept_from.isoformat())
    return True


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _remember(state: State, moment: datetime) -> None:
    with state.transaction() as transaction:
        transaction.remember(PRUNED, moment.isoformat())
