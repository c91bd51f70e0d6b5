"""What may pass by itself: failures after which the same request is worth another try."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Final

from syncd.catalog.from_http.answer import Answer
from syncd.domain.exchange import seconds_to_wait

TRIES: Final = 6
LONGEST_WAIT: Final = 300.0
"""Seconds; whoever asks for a longer pause is not waited for."""
_FIRST_DELAY: Final = 0.5
_LONGEST_DELAY: Final = 30.0
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524})


class Setback(Exception):  # noqa: N818 - it is no error yet
    """A try that failed; `reason` completes “it failed: …”, `wait` is what the server asked for."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


def may_pass(status: int) -> bool:
    """Whether a status tells of something that may be over at the next try."""
    return status in _PASSING


def is_worth_another(setback: Setback, tries: int) -> bool:
    """Whether to try again after so many tries."""
    return tries < TRIES and (setback.wait or 0.0) <= LONGEST_WAIT


def delay(
    setback: Setback, tries: int, jitter: Callable[[float, float], float] = random.uniform
) -> float:
    """Wait as long as was asked for, or at random up to a bound that doubles; in seconds."""
    if setback.wait is not None:
        return setback.wait
    return jitter(0.0, min(_LONGEST_DELAY, _FIRST_DELAY * 2.0**tries))


def wait_asked_for(answer: Answer, milliseconds: str | None, now: datetime) -> float | None:
    """Give the seconds of `Retry-After`, or of the header in milliseconds; None for neither."""
    found = seconds_to_wait(answer.headers.get("retry-after"), now)
    if found is not None or milliseconds is None:
        return found
    text = answer.headers.get(milliseconds.lower(), "").strip()
    return int(text) / 1000 if text.isascii() and text.isdigit() else None
