"""What a limit lets through: a share of the owned items, or a count."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from syncd.domain.policy import Limit


def allowed_count(limit: Limit, items: int, min_items_for_share: int) -> int:
    """How many of `items` a limit lets through: a share when a float, else a count.

    Of few items one may always change, or the guards would stop a small shop for ever.
    """
    if isinstance(limit, int):
        return limit
    share = floor(Fraction(str(limit)) * items)
    return max(1, share) if items < min_items_for_share else share


def in_unit_of(limit: Limit, count: int, items: int) -> Limit:
    """The count beside its limit: a share of `items` where the limit is one."""
    return count if isinstance(limit, int) else round(count / max(items, 1), 4)
