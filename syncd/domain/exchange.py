"""What any exchange over HTTP may tell: how long to wait, and why no answer came."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_LONGEST_WAIT: Final = 3600.0


def seconds_to_wait(header: str | None, now: datetime) -> float | None:
    """Read `Retry-After`, whole seconds or an HTTP date; None where it is missing or neither.

    More than an hour is taken for a mistake of whoever sent it.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WAIT)
    moment = moment_in(text)
    return None if moment is None else min(max(0.0, (moment - now).total_seconds()), _LONGEST_WAIT)


def moment_in(header: str | None) -> datetime | None:
    """Read a date as HTTP writes it; None where there is none."""
    try:
        moment = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def words_of(error: BaseException) -> str:
    """Say what lies at the bottom of a broken connection, where the system's own words are."""
    words, cause = str(error), error.__cause__ or error.__context__
    while cause is not None:
        if isinstance(cause, ConnectionError) and cause.errno:
            words = os.strerror(cause.errno)
        elif isinstance(cause, OSError):
            words = str(cause) or words
        cause = cause.__cause__ or cause.__context__
    return words or type(error).__name__
