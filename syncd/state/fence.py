"""The fence: a number that grows with every taking of the lease, in the database itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson
from sqlalchemy import ColumnElement, Connection, case, update

from syncd.domain.tracking import Delivery, Ownership, SkuState
from syncd.ports import DOUBTED
from syncd.state import census, facts
from syncd.state.codec import HAS_REVERTED
from syncd.state.schema import sku

_FENCE: Final = "fence"


@dataclass(frozen=True, slots=True)
class Fence:
    """Who took the lease last, as the `number`-th, and since when; nobody where it is 0."""

    number: int = 0
    holder: str = ""
    since: str = ""

    @property
    def who(self) -> str:
        """Its holder in words."""
        return f"{self.holder} (since {self.since})"


def standing(connection: Connection) -> Fence:
    """The fence as it stands; only a transaction that alone may write can go by it."""
    text = facts.get(connection, _FENCE)
    return Fence() if text is None else Fence(*orjson.loads(text))


def advance(connection: Connection, holder: str, since: str, above: int) -> Fence:
    """Shut out whoever took the lease before, by a number that is `above` this one as well."""
    number = max(standing(connection).number, above) + 1
    facts.put(connection, _FENCE, orjson.dumps([number, holder, since]).decode())
    return Fence(number, holder, since)


def shut_out_older_versions(connection: Connection) -> None:
    """Let no cycle go on that began before the tables were as they are now."""
    last = standing(connection)
    since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    advance(connection, "a newer version of syncd", since, above=last.number)


def is_old_copy(connection: Connection, seen: int) -> bool:
    """Whether a lease with a higher number was `seen` on this state than it knows of.

    Then it is a backup that was restored, and what it says is known may long be otherwise. A state
    without a number is a new one.
    """
    return 0 < standing(connection).number < seen


def doubt_what_is_known(connection: Connection) -> int:
    """Have every owned item looked up before its next write; returns how many.

    The number is kept for the next cycle to tell, whoever takes the lease before it.
    """
    census.outdate(connection)
    doubted = connection.execute(
        update(sku)
        .where(sku.c.ownership == Ownership.OWNED.value)
        .where(sku.c.delivery == Delivery.SETTLED.value, sku.c.known.is_not(None))
        .values(
            delivery=Delivery.IN_DOUBT.value,
            state=_state_in_doubt(),
        )
    )
    untold = facts.number(connection, DOUBTED)
    facts.put(connection, DOUBTED, str(untold + doubted.rowcount))
    return doubted.rowcount


def _state_in_doubt() -> ColumnElement[str]:
    """What `Tracked.state` is once a settled row is in doubt: no revert holds it until it is seen.

    It becomes what is looked up next; a row that is unusable in the catalog stays held.
    """
    in_sync = sku.c.state == SkuState.IN_SYNC.value
    reverted = (sku.c.state == SkuState.HELD.value) & sku.c.held.contains(HAS_REVERTED)
    return case(
        (in_sync, SkuState.PENDING.value),
        (reverted & sku.c.quarantine.is_not(None), SkuState.QUARANTINED.value),
        (reverted, SkuState.PENDING.value),
        else_=sku.c.state,
    )
