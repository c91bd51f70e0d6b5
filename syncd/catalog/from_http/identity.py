"""What a document shows of itself without being read: its ETag, or when it was changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.setback import may_pass
from syncd.domain.exchange import moment_in

_TAG: Final = "ETag "
_TIME: Final = "Last-Modified "
_BROKEN: Final = 500
REFUSALS: Final = frozenset(
    status for status in range(400, 600) if status >= _BROKEN or not may_pass(status)
)
"""Statuses that tell nothing of a document where it was only looked at: some servers refuse any
HEAD, others break by it, and the read itself shows whether more is wrong. A server that is but
asked too often is asked again."""
_SETTLED: Final = timedelta(seconds=60)
"""A time of change that is more recent may stand for two contents (RFC 9110, 8.8.2.2)."""


def identity_shown(answer: Answer) -> str:
    """Name this state of the document; empty where nothing that can be relied on shows it."""
    if answer.status != HTTPStatus.OK:
        return ""
    tag = answer.headers.get("etag")
    if tag:
        return f"{_TAG}{tag}"
    changed = moment_in(answer.headers.get("last-modified"))
    if changed is None or answer.date is None or answer.date - changed < _SETTLED:
        return ""
    return f"{_TIME}{changed.isoformat()}"


def conditions(shown: str) -> dict[str, str]:
    """Give the headers by which a document comes only if it shows something else (RFC 9110, 13)."""
    if shown.startswith(_TAG):
        return {"If-None-Match": shown.removeprefix(_TAG)}
    if shown.startswith(_TIME):
        changed = datetime.fromisoformat(shown.removeprefix(_TIME)).astimezone(UTC)
        return {"If-Modified-Since": format_datetime(changed, usegmt=True)}
    return {}
