"""What need not be remembered any longer: troubles that are over, and whole rows."""

from __future__ import annotations

from dataclasses import replace

from syncd.domain.tracking import Delivery, Ownership, Tracked


def untroubled(tracked: Tracked) -> Tracked:
    """The row as before its first attempt: no quarantine, no back-off, no error."""
    return replace(
        tracked,
        quarantine=None,
        quarantined_since=None,
        attempts=0,
        next_attempt=None,
        last_error=None,
    )


def unless_spent(tracked: Tracked) -> Tracked | None:
    """The row, or None where it has left the catalog and nothing of it is left to be deleted.

    Only an item that is ours, or may have become ours by a write in doubt, is worth remembering.
    """
    return tracked if tracked.missing is None or _may_be_ours(tracked) else None


def _may_be_ours(tracked: Tracked) -> bool:
    if tracked.delivery is not Delivery.SETTLED:
        return True
    return tracked.ownership is Ownership.OWNED and tracked.known is not None
