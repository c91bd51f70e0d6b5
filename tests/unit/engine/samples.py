"""Rows, changes and moments that the tables of cases are made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from syncd.domain.attributes import Attribute, Attributes, ItemId
from syncd.domain.change import Action, Change
from syncd.domain.delivery import (
    Accepted,
    Exists,
    Failure,
    Forbidden,
    Gone,
    KeyRefused,
    Outcome,
    Refused,
    Transient,
)
from syncd.domain.policy import Policy, PolicyMode
from syncd.domain.tracking import Delivery, Held, Missing, Ownership, Tracked
from syncd.engine.plan import change_for
from syncd.engine.settle import claim, settle

PART = Attribute.PART_NUMBER
ORIGIN = Attribute.COUNTRY_OF_ORIGIN
ECCN = Attribute.ECCN
HS_CODE = Attribute.HS_CODE
MAKER = Attribute.MANUFACTURER_ID
OVERSELL = Attribute.ALLOW_OVERSELL

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
LATER = NOW + HOUR
EARLIER = NOW - HOUR

POLICY = Policy()
NO_ADOPTION = Policy(adopt=False)
ITEM = ItemId("shoe-1")

WISH: Attributes = {PART: "A", ORIGIN: "DK"}
OTHER: Attributes = {PART: "A", ORIGIN: "CA"}
THIRD: Attributes = {PART: "A", ORIGIN: "IT"}

REFUSAL = Failure(409, "invalid_parameter", "no such part", "manufacturerId", "req-1")
OUTAGE = Failure(503, "service_unavailable", "later", request_id="req-2")
ABSENCE = Failure(404, "not_found", "no such item", request_id="req-3")
PRESENCE = Failure(409, "already_exists", "it is there", request_id="req-4")
BAD_KEY = Failure(401, "unauthorized", "who are you", request_id="req-5")
CLOSED = Failure(403, "forbidden", "not yours", request_id="req-6")
UNHEARD = Failure(None, "different_values", "the answer has other values", "countryOfOrigin")

BROKEN_ROW = Held("hsCode", "1234.56.YW", "six to ten digits", row=7)
LEFT = Missing(NOW - 2 * DAY, read=3)
"""An absence that is old enough for a delete by read 4."""

NEW = Tracked(ITEM)
IN_SYNC = Tracked(ITEM, 11, WISH, WISH, sent=frozenset(WISH), ownership=Ownership.OWNED, revision=3)
UPDATE_DUE = replace(IN_SYNC, known=OTHER)
CREATE_DUE = replace(NEW, fingerprint=11, desired=WISH, revision=1)
LOST = replace(IN_SYNC, known=None, sent=frozenset())
"""Ours, and no longer there."""
MISSING = replace(IN_SYNC, fingerprint=None, missing=LEFT)
FOREIGN = replace(
    CREATE_DUE,
    ownership=Ownership.FOREIGN,
    foreign_reason="it existed already",
    next_attempt=LATER,
)
REFUSED = replace(
    UPDATE_DUE,
    quarantine=REFUSAL,
    quarantined_since=EARLIER,
    attempts=1,
    next_attempt=LATER,
    last_error=REFUSAL,
)
NOT_HEARD = replace(UPDATE_DUE, quarantine=UNHEARD, quarantined_since=EARLIER, last_error=UNHEARD)
"""Quarantined for an answer with other values, so until its wish changes."""
HELD = replace(UPDATE_DUE, held=BROKEN_ROW)


def in_flight(row: Tracked) -> Tracked:
    return replace(row, delivery=Delivery.IN_FLIGHT)


def in_doubt(row: Tracked) -> Tracked:
    return replace(row, delivery=Delivery.IN_DOUBT, attempts=1, last_error=OUTAGE)


def doubted(row: Tracked) -> Tracked:
    return replace(row, delivery=Delivery.DOUBTED)


def due(row: Tracked, now: datetime = NOW, read: int = 4) -> Change:
    """The change that a row leads to, which these tests expect it to."""
    change = change_for(row, Policy(mode=PolicyMode.MIRROR), now, read)
    assert change is not None
    return change


def the(row: Tracked | None) -> Tracked:
    """A row that must not have been forgotten."""
    assert row is not None
    return row


CREATE = due(CREATE_DUE)
UPDATE = due(UPDATE_DUE)
DELETE = due(MISSING)


def older(change: Change) -> Change:
    """A change that carries out a wish before the present one."""
    return replace(change, revision=change.revision - 1)


def changes(action: Action, count: int, start: int = 0) -> tuple[Change, ...]:
    return tuple(
        Change(ItemId(f"{number:04}"), action, 1) for number in range(start, start + count)
    )


LOST_ANSWER = Transient(OUTAGE, in_doubt=True)
TURNED_AWAY = Transient(OUTAGE, in_doubt=False)
ACCEPTED = Accepted(WISH, "req-9")
SETBACKS: list[Outcome] = [
    Gone(ABSENCE),
    Exists(PRESENCE),
    Refused(REFUSAL),
    LOST_ANSWER,
    TURNED_AWAY,
    Transient(OUTAGE, in_doubt=False, retry_after=60),
]
OF_EVERY_KIND: list[Outcome] = [*SETBACKS, ACCEPTED, KeyRefused(BAD_KEY), Forbidden(CLOSED)]
WRITES = [(CREATE_DUE, CREATE), (UPDATE_DUE, UPDATE), (MISSING, DELETE)]


def settled(
    row: Tracked, outcome: Outcome, change: Change | None = None, policy: Policy = POLICY
) -> Tracked:
    """The row after a write that was begun, which must not have been forgotten."""
    change = change or due(row)
    return the(settle(claim(row, change), change, outcome, policy, NOW))
