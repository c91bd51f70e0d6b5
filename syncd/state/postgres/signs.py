"""Signs of life in rows of their own, dated by the one clock that all processes share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson
from sqlalchemy import Connection, TextClause, text

from syncd.errors import StateError
from syncd.state.facts import DUTY, LEASE
from syncd.state.lock_file import Holder
from syncd.state.postgres.clock import NOW
from syncd.state.postgres.room import PostgresRoom

__all__ = [
    "DUTY",
    "LEASE",
    "LOOK",
    "Sight",
    "SignedSeat",
    "look",
    "look_and_lock",
    "look_anew",
    "put",
]

_SECOND: Final = 1_000_000
_MOMENT: Final = "(extract(epoch FROM {}) * 1000000)::bigint"
_VALUE: Final = f":number || ' ' || {NOW} || ' ' || :document"
LOOK: Final = (
    f"SELECT value, {NOW} AS now, {_MOMENT.format('pg_postmaster_start_time()')} AS began"
    " FROM (SELECT 1) AS one LEFT JOIN fact ON key = :key"
)
_LOCK: Final = text("SELECT value FROM fact WHERE key = :key FOR UPDATE")
_PUT: Final = text(
    f"INSERT INTO fact (key, value) VALUES (:key, {_VALUE})"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_RENEW: Final = text(
    f"UPDATE fact SET value = {_VALUE} WHERE key = :key AND starts_with(value, :number || ' ')"
    f" RETURNING {NOW}"
)
_DATE_ANEW: Final = text(
    f"UPDATE fact SET value = {_VALUE}"
    " WHERE key = :key AND starts_with(value, :number || ' ' || :at || ' ')"
)
_NAME_IT: Final = text("INSERT INTO fact (key, value) VALUES (:key, '') ON CONFLICT DO NOTHING")


LEAVE: Final = 5.0
"""Seconds that a helper may send for after a sign of life; whoever waits for one that is gone waits
for as long."""
_AHEAD: Final = 5.0
"""Seconds in the future that a sign of life may come from: beyond them the clock was set back."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The latest sign of life, and the seconds since, by the server's clock.

    A time in which the server was down does not count: nobody could have shown one.
    """

    holder: Holder | None
    silent: float

    def is_free(self, term: float) -> bool:
        """Whether its holder has let go, or has shown no sign of life for this long."""
        return self.holder is None or self.holder.ended or self.silent > term

    @property
    def is_from_the_future(self) -> bool:
        """Whether the server's clock was set back since, so that its date says nothing."""
        return self.holder is not None and self.silent < -_AHEAD

    def sent_until(self, now: datetime) -> datetime | None:
        """Until when its holder, or who helped it, may have sent, by a clock that says it is `now`.

        A helper that has not heard yet that it is over sends for as long as it has leave.
        """
        if self.holder is None:
            return None
        over = max(self.silent - LEAVE, 0.0) if self.holder.ended else 0.0
        return now - timedelta(seconds=over)

    @property
    def who(self) -> str:
        """Its holder in words."""
        if self.holder is None:
            return "another process"
        return f"{self.holder.holder} (since {self.holder.since})"


def look(connection: Connection, key: str) -> Sight:
    """See what anybody may see."""
    value, now, began = connection.execute(_looked(), {"key": key}).one()
    if not value:
        return Sight(None, 0.0)
    number, at, document = value.split(" ", 2)
    holder = Holder(**orjson.loads(document), number=int(number), at=int(at))
    up_since = began if began <= now else 0  # its clock was set back since it began
    return Sight(holder, (now - max(holder.at, up_since)) / _SECOND)


def look_anew(connection: Connection, key: str) -> Sight:
    """The same, and date a sign from the future now: whoever gave it may be dead long before then.

    Whoever is alive gives the next one within a beat.
    """
    sight = look(connection, key)
    if sight.holder is None or not sight.is_from_the_future:
        return sight
    connection.execute(_DATE_ANEW, {**_values(key, sight.holder), "at": str(sight.holder.at)})
    return look(connection, key)


def look_and_lock(connection: Connection, key: str) -> Sight:
    """The same, and let nobody show a sign of life until the end of the transaction."""
    connection.execute(_NAME_IT, {"key": key})
    connection.execute(_LOCK, {"key": key})
    return look(connection, key)


def put(connection: Connection, key: str, sign: Holder) -> None:
    """Put a sign in the place of whatever was there."""
    connection.execute(_PUT, _values(key, sign))


class SignedSeat:
    """A seat on a row: others take it by putting another number there."""

    def __init__(self, room: PostgresRoom, key: str) -> None:
        """Take connections that are quick to answer or to fail."""
        self._room = room
        self._key = key
        self._taken_by: str | None = None

    def show(self, sign: Holder) -> bool:
        try:
            with self._room.unlocked() as connection:
                asked = self._room.time.ticks()
                told = connection.execute(_RENEW, _values(self._key, sign)).scalar()
                if told is not None:
                    self._room.time.heed(told, asked)
                    return True
                self._taken_by = look(connection, self._key).who
        except (
            StateError
        ):  # a server that is away ends the proof of life alone, until the term does
            return False
        return False

    def taken_by(self) -> str | None:
        return self._taken_by

    def close(self) -> None:
        """The row stays, and says that its holder has let go."""


def _looked() -> TextClause:
    return text(LOOK)


def _values(key: str, sign: Holder) -> dict[str, str]:
    kept = {name: value for name, value in asdict(sign).items() if name not in {"at", "number"}}
    return {"key": key, "number": str(sign.number), "document": orjson.dumps(kept).decode()}
