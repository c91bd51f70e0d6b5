"""The signature of Digital River's webhooks: `TIMESTAMP, SIGNATURE[, SIGNATURE…]`."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

HEADER: Final = "DigitalRiver-Signature"
OLDEST: Final = timedelta(hours=24)
"""A webhook that failed may be sent again with the time of its first try; what was received once is
known by the event's id."""
AHEAD: Final = timedelta(minutes=10)
"""By how much clocks may differ."""
_MOST_SIGNATURES: Final = 8
_FIRST_IN_MILLISECONDS: Final = 100_000_000_000
"""As seconds this is the year 5138, as milliseconds 1973."""


def is_signed(header: str, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    """Whether one of the secrets has signed this body, and not too long ago.

    What form the time has is documented nowhere: one that cannot be read is as good as signed.
    """
    timestamp, *signatures = (part.strip() for part in header.split(","))
    if not timestamp or len(signatures) > _MOST_SIGNATURES or not _is_timely(timestamp, now):
        return False
    message = timestamp.encode("latin-1", "replace") + b"." + body
    expected = [_signature(secret, message) for secret in secrets]
    matches = [
        hmac.compare_digest(given.encode("latin-1", "replace"), one)
        for given in signatures
        for one in expected
    ]
    return any(matches)


def _signature(secret: str, message: bytes) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest())


def _is_timely(timestamp: str, now: datetime) -> bool:
    moment = _moment(timestamp)
    return moment is None or now - OLDEST <= moment <= now + AHEAD


def _moment(timestamp: str) -> datetime | None:
    """Read seconds or milliseconds since 1970, or a time as in ISO 8601; None for all else."""
    with suppress(ValueError, OverflowError, OSError):
        if timestamp.isdecimal():
            number = int(timestamp)
            seconds = number / 1000 if number >= _FIRST_IN_MILLISECONDS else number
            return datetime.fromtimestamp(seconds, UTC)
        moment = datetime.fromisoformat(timestamp)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
