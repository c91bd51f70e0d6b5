"""What a document shows of itself without being read: its ETag, or when it was changed."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Final

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.setback import may_pass
from syncd.domain.exchange import moment_in

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
        return f"ETag {tag}"
    changed = moment_in(answer.headers.get("last-modified"))
    if changed is None or answer.date is None or answer.date - changed < _SETTLED:
        return ""
    return f"Last-Modified {changed.isoformat()}"
