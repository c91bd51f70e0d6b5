"""What was told, and what is still on its way to somebody, as the state remembers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog

from syncd.domain.message import Message, Urgency
from syncd.ports import State, Transaction
from syncd.service.announce import Told
from syncd.service.glimpse import Subject
from syncd.service.outbox import Lost, Outbox, Posted

TOLD: Final = "notify.told"
"""The name of the fact that says what people know."""
OUTBOX: Final = "notify.outbox"
"""The name of the fact that holds the messages which somebody has not got yet."""

_T = TypeVar("_T")

_log = structlog.get_logger()


def told(state: State) -> Told:
    """What people know; nothing where nothing was ever told."""
    return _read(state, TOLD, _told_from) or Told()


def outbox(state: State) -> Outbox:
    """The messages on their way; none where none ever was."""
    return _read(state, OUTBOX, _outbox_from) or Outbox()


def remember(transaction: Transaction, told: Told, outbox: Outbox) -> None:
    """Keep both."""
    transaction.remember(TOLD, json.dumps(_told_values(told), sort_keys=True))
    transaction.remember(OUTBOX, json.dumps(_outbox_values(outbox), sort_keys=True))


def _read(state: State, name: str, understand: Callable[[Any], _T]) -> _T | None:
    """None as well where another version has written what cannot be understood."""
    text = state.remembered(name)
    if text is None:
        return None
    try:
        return understand(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("notify.forgotten", fact=name, reason=f"{type(error).__name__}: {error}")
        return None


def _told_values(told: Told) -> dict[str, object]:
    return {
        "wrong": {subject.value: since.isoformat() for subject, since in told.wrong.items()},
        "stops": dict(told.stops),
        "quarantined_upto": _text(told.quarantined_upto),
        "held": told.held,
    }


def _told_from(values: Any) -> Told:  # noqa: ANN401 - the JSON's own
    upto = values["quarantined_upto"]
    return Told(
        wrong={Subject(name): _moment(since) for name, since in values["wrong"].items()},
        stops={str(name): float(size) for name, size in values["stops"].items()},
        quarantined_upto=None if upto is None else _moment(upto),
        held=int(values["held"]),
    )


def _outbox_values(outbox: Outbox) -> dict[str, object]:
    lost = outbox.lost
    return {
        "posted": [_posted_values(one) for one in outbox.posted],
        "lost": None if lost is None else [lost.title, lost.at.isoformat()],
    }


def _outbox_from(values: Any) -> Outbox:  # noqa: ANN401 - the JSON's own
    lost = values["lost"]
    return Outbox(
        tuple(map(_posted_from, values["posted"])),
        None if lost is None else Lost(str(lost[0]), _moment(lost[1])),
    )


def _posted_values(posted: Posted) -> dict[str, object]:
    message = posted.message
    return {
        "key": posted.key,
        "title": message.title,
        "body": message.body,
        "urgency": message.urgency.value,
        "at": posted.at.isoformat(),
        "left": sorted(posted.left),
        "next_try": posted.next_try.isoformat(),
        "tries": posted.tries,
    }


def _posted_from(values: Any) -> Posted:  # noqa: ANN401 - the JSON's own
    return Posted(
        key=str(values["key"]),
        message=Message(str(values["title"]), str(values["body"]), Urgency(values["urgency"])),
        at=_moment(values["at"]),
        left=frozenset(map(str, values["left"])),
        next_try=_moment(values["next_try"]),
        tries=int(values["tries"]),
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
