"""Moments that a clock which had jumped ahead has left behind, brought back to what can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from syncd.domain.policy import Policy
from syncd.domain.tracking import Tracked
from syncd.engine.retry import LONGEST_DELAY
from syncd.engine.settle import LONGEST_WAIT


def in_time(tracked: Tracked, policy: Policy, now: datetime) -> Tracked:
    """The row without a moment that lies farther ahead than syncd would ever put it.

    What waits until then is due now; what is missing from then on has been missing from now on, so
    that it is deleted neither early nor never.
    """
    longest = max(LONGEST_DELAY, LONGEST_WAIT, policy.retry_quarantined)
    if tracked.next_attempt is not None and tracked.next_attempt > now + longest:
        tracked = replace(tracked, next_attempt=now)
    if tracked.missing is not None and tracked.missing.since > now:
        tracked = replace(tracked, missing=replace(tracked.missing, since=now))
    return tracked
