"""Puts in doubt what an audit found otherwise than it is known, so that it is looked up first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import structlog

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import Delivery, Ownership, Tracked
from syncd.ports import State

_log = structlog.get_logger()


def doubt(state: State, ids: Collection[ItemId]) -> None:
    """Have the items of these ids looked up before their next write, in one transaction.

    Only what is ours and known to be there can be doubted; the others are looked up anyway. A row
    that waits for its next attempt is looked up then. What shows then is never taken for a write of
    ours: `Delivery.DOUBTED` is not `IN_DOUBT`.
    """
    if not ids:
        return
    with state.transaction() as transaction:
        rows = transaction.tracked(sorted(ids)).values()
        doubtful = [replace(row, delivery=Delivery.DOUBTED) for row in rows if _is_known(row)]
        transaction.put(doubtful)
    _log.info("audit.doubted", skus=len(doubtful))


def _is_known(row: Tracked) -> bool:
    settled = row.delivery is Delivery.SETTLED
    return settled and row.ownership is Ownership.OWNED and row.known is not None
