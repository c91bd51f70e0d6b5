"""When a SKU whose write failed is tried again."""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b
from typing import Final

from syncd.domain.attributes import ItemId

FIRST_DELAY: Final = timedelta(seconds=1)
LONGEST_DELAY: Final = timedelta(hours=1)
_DOUBLINGS_TO_LONGEST: Final = 12


def back_off(item: ItemId, attempts: int) -> timedelta:
    """How long to wait after this many failed attempts: doubling, at most an hour, with jitter.

    The jitter halves the delay at most and is drawn from id and attempt, so that SKUs which failed
    together do not come back together, and the same history always gives the same delay.
    """
    doublings = min(max(attempts, 1) - 1, _DOUBLINGS_TO_LONGEST)
    delay = min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)
    return delay * (0.5 + _unit_interval(f"{item}:{attempts}") / 2)


def _unit_interval(text: str) -> float:
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
