"""What need not be remembered any longer: troubles that are over, and whole rows."""

from __future__ import annotations

from dataclasses import replace

from syncd.domain.policy import Policy
from syncd.domain.tracking import Delivery, Ownership, Tracked


def untroubled(tracked: Tracked) -> Tracked:
    """The row as before its first attempt: no quarantine, no back-off, no error."""
    if not _is_troubled(tracked):
        return tracked
    return replace(
        tracked,
        quarantine=None,
        quarantined_since=None,
        attempts=0,
        next_attempt=None,
        last_error=None,
    )


def _is_troubled(tracked: Tracked) -> bool:
    return bool(
        tracked.quarantine
        or tracked.quarantined_since
        or tracked.attempts
        or tracked.next_attempt
        or tracked.last_error
    )


def unheld_if_alike(tracked: Tracked) -> Tracked:
    """The row without the hold of a revert that keeps nothing back: the catalog wants the same."""
    held = tracked.reverted
    if held is None or held.wish is None or tracked.known is None or not tracked.is_equal:
        return tracked
    freed = replace(tracked, desired=held.wish, reverted=None)
    return tracked if tracked.missing is not None or not freed.is_equal else freed


def unless_spent(tracked: Tracked) -> Tracked | None:
    """The row, or None where it has left the catalog and nothing of it is left to be deleted.

    Only an item that is ours, or may have become ours by a write in doubt, is worth remembering,
    and one that a revert brings back.
    """
    if tracked.missing is None or _may_be_ours(tracked) or _comes_back(tracked):
        return tracked
    return None


def _comes_back(tracked: Tracked) -> bool:
    return tracked.is_reverted and tracked.desired is not None


def _may_be_ours(tracked: Tracked) -> bool:
    if tracked.delivery is not Delivery.SETTLED:
        return True
    if tracked.known_sku is not None:
        return True
    return tracked.ownership is Ownership.OWNED and tracked.known is not None


def is_left_behind(tracked: Tracked, policy: Policy) -> bool:
    """Whether all that is left of a row is a SKU that was to be deleted, and may be no more.

    Nothing is due for it ever; it is looked up once, for it must be sure that there is no item.
    """
    return tracked.is_to_go and without_lasting_sku(tracked, policy) is not tracked


def without_lasting_sku(tracked: Tracked, policy: Policy) -> Tracked:
    """The row without its SKU where that stays when the last of its item is gone.

    While a revert holds the row, the SKU is kept by it and stays ours: the hold is no end of it.
    """
    if tracked.keeps_sku:
        return tracked
    stays = not (policy.skus and policy.delete_skus)
    last = tracked.known is None and tracked.delivery is Delivery.SETTLED
    if tracked.known_sku is None or not (stays and last):
        return tracked
    held = tracked.reverted if tracked.missing is None and tracked.desired is None else None
    if held is not None:
        return replace(tracked, reverted=replace(held, keeps_sku=True))
    return tracked.without_sku()
