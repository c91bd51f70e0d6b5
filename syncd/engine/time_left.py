"""How long what goes on still takes, by how fast it has really gone so far."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

TOLD_FROM: Final = 0.1
"""The part that must be done before anything is said of the rest."""
_MINUTE: Final = timedelta(minutes=1)
_IN_HOURS: Final = timedelta(hours=2)


def time_left(done: int, total: int | None, first: int, spent: timedelta) -> timedelta | None:
    """Estimate it from the time `spent` since the `first` steps were done; None where none tells.

    That is the rate at which it really goes: a key may be shared, and answers may make it wait. How
    long the first steps took is left out, for no step came while the first answers were awaited.
    """
    if total is None or not TOLD_FROM * total <= done < total or done == first:
        return None
    return spent * ((total - done) / (done - first))


def in_words(left: timedelta) -> str:
    """Say an estimate no more exactly than it is: `about 12 min left`."""
    if left < _MINUTE:
        return "less than a minute left"
    if left < _IN_HOURS:
        return f"about {round(left / _MINUTE)} min left"
    return f"about {round(left / timedelta(hours=1))} h left"
