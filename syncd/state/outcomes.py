"""Outcomes as documents, without the values that were answered: those stand in the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson

from syncd.domain.delivery import (
    Accepted,
    Exists,
    Failure,
    Forbidden,
    Gone,
    KeyRefused,
    Kind,
    Outcome,
    Refused,
    Transient,
    failure_of,
    request_id_of,
)

_FAILED: Final[Mapping[Kind, Callable[[Failure], Outcome]]] = {
    Kind.GONE: Gone,
    Kind.EXISTS: Exists,
    Kind.REFUSED: Refused,
    Kind.KEY_REFUSED: KeyRefused,
    Kind.FORBIDDEN: Forbidden,
}


def outcome_text(outcome: Outcome) -> str:
    """Compact JSON."""
    failure = failure_of(outcome)
    document: dict[str, Any] = {
        "kind": outcome.kind.value,
        "failure": None if failure is None else asdict(failure),
        "request_id": request_id_of(outcome),
        "managed": isinstance(outcome, Accepted) and outcome.managed,
        "retry_after": outcome.retry_after if isinstance(outcome, Transient) else None,
    }
    return orjson.dumps(document).decode()


def outcome_from(text: str) -> Outcome:
    """Reverse `outcome_text`; an accepted write has no values."""
    document = orjson.loads(text)
    kind = Kind(document["kind"])
    if kind is Kind.ACCEPTED:
        return Accepted(None, document["request_id"], document["managed"])
    failure = Failure(**document["failure"])
    if kind in _FAILED:
        return _FAILED[kind](failure)
    return Transient(failure, kind is Kind.UNKNOWN, document["retry_after"])
