"""From an answer to what became of the request, by the one transition table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from syncd.digital_river.failures import code_of, failure_of
from syncd.digital_river.messages import Answer
from syncd.digital_river.wire import (
    UnreadableError,
    WireItem,
    WireKeptSku,
    WireObject,
    read_item,
    read_nothing,
    read_sku,
)
from syncd.domain.attributes import ItemId
from syncd.domain.change import Resource
from syncd.domain.delivery import (
    Accepted,
    Exists,
    Failure,
    Forbidden,
    Gone,
    KeyRefused,
    Kind,
    Refused,
    Transient,
    Verb,
    kind_of,
)

Setback: TypeAlias = Gone | Exists | Refused | Transient | KeyRefused | Forbidden
"""Every outcome but the good one."""

_FINAL: Final[Mapping[Kind, Callable[[Failure], Setback]]] = {
    Kind.GONE: Gone,
    Kind.EXISTS: Exists,
    Kind.REFUSED: Refused,
    Kind.KEY_REFUSED: KeyRefused,
    Kind.FORBIDDEN: Forbidden,
}


def judged(verb: Verb, answer: Answer, wait: float | None) -> Answer | Setback:
    """Return an answer of success as it is, or what any other one means."""
    if kind_of(verb, answer.status, code="") is Kind.ACCEPTED:
        return answer
    failure = failure_of(answer)
    kind = kind_of(verb, answer.status, code_of(answer))
    match kind:
        case Kind.UNDONE | Kind.UNKNOWN:
            return Transient(failure, in_doubt=kind is Kind.UNKNOWN, retry_after=wait)
        case _:
            return _FINAL[kind](failure)


def written(
    item: ItemId, answer: Answer, resource: Resource = Resource.INVENTORY_ITEM
) -> WireItem | WireKeptSku | Transient:
    """Read what a create or update answered with; it must be what was sent."""
    try:
        is_sku = resource is Resource.SKU
        found = read_sku(answer.body) if is_sku else read_item(answer.body)
    except UnreadableError as error:
        return unreadable(answer, str(error))
    return found if found.id == item else unreadable(answer, "it is about another item")


def deleted(answer: Answer) -> Accepted | Transient:
    """Take the answer to a delete, which has no body or one that is JSON."""
    try:
        read_nothing(answer.body)
    except UnreadableError as error:
        return unreadable(answer, str(error))
    return Accepted(None, answer.request_id)


def unreadable(answer: Answer, reason: str) -> Transient:
    """Take an answer of success that proves nothing: the request may have been carried out."""
    message = f"the answer could not be used: {reason}"
    failure = Failure(answer.status, "unreadable_answer", message, request_id=answer.request_id)
    return Transient(failure, in_doubt=True)


def mode_mismatch(
    objects: Iterable[WireObject], request_id: str | None, *, live: bool
) -> KeyRefused | None:
    """Tell when an answer shows test data to a live key, or live data to a test key."""
    if all(shown.live_mode is not (not live) for shown in objects):
        return None
    key, data = ("live", "test") if live else ("test", "live")
    message = f"the key is a {key} key, but the answer shows {data} data"
    return KeyRefused(Failure(None, "live_mode_mismatch", message, "liveMode", request_id))
