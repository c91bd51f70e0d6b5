"""Writes of a process that has ended: they may still land, so nobody looks before they cannot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from syncd.domain.tracking import SkuState
from syncd.service.terms import Ports, Terms


def orphaned_until(
    ports: Ports, terms: Terms, sent_until: datetime | None = None
) -> datetime | None:
    """When the last write whose sender is gone can no longer land; None where there is none.

    The remote knows no fencing number: what is looked up before that moment may be an older answer
    than what the catalog wishes by now. A write may have left long after it was begun, for it waits
    its turn: until `sent_until`, where the lease tells when its sender can have sent it last. That
    is a moment of this process's clock; the one by which it was begun may be hours ahead.
    """
    begun = max(_begun(ports), default=None)
    if begun is None:
        return None
    return min(sent_until or begun, ports.clock.now()) + terms.request_timeout


def _begun(ports: Ports) -> Iterator[datetime]:
    for rows in ports.state.in_states(frozenset({SkuState.IN_FLIGHT})):
        for row in rows:
            yield from (entry.begun for entry in ports.state.journal_of(row.id)[-1:])
