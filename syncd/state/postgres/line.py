"""How a connection to PostgreSQL is made, and what each of them does first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql

from syncd.state.postgres.clock import NOW, ServerTime

if TYPE_CHECKING:
    from syncd.state.postgres.place import Place

PATIENCE: Final = timedelta(seconds=30)
"""How long a write waits for another one; recording a million rows takes some seconds."""
QUICK: Final = timedelta(seconds=2)
"""How long a sign of life may take, for whoever gives it must not stand still itself."""
_STANDSTILL: Final = timedelta(minutes=1)

_DEFAULTS: Final = {
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
"""A server that is gone shows in seconds, and is told so of a process."""
_PREPARE: Final = sql.SQL(
    "SELECT set_config('search_path', {path}, false), set_config('TimeZone', 'UTC', false),"
    " set_config('client_encoding', 'UTF8', false), set_config('jit', 'off', false),"
    " set_config('lock_timeout', {patience}, false),"
    " set_config('statement_timeout', {statement}, false),"
    " set_config('idle_in_transaction_session_timeout', {standstill}, false),"
    " set_config('default_transaction_isolation', 'read committed', false),"
    " set_config('default_transaction_read_only', {read_only}, false), {now}"
)
"""Tells the server's moment last."""
_NAME: Final = "application_name"
_TURN: Final = sql.SQL(
    "SELECT set_config('search_path', %s, false),"
    " set_config('application_name', coalesce(%s, current_setting('application_name')), false),"
    " {now}"
).format(now=sql.SQL(NOW))
"""Tells it last as well."""


@dataclass(frozen=True, slots=True)
class Access:
    """How long a connection waits for locks, for a statement and for the server's answer.

    `writes` says whether its session may write at all, and `standstill` how long the server keeps a
    transaction whose process does nothing with it.
    """

    patience: timedelta = PATIENCE
    statement: timedelta = timedelta(minutes=15)
    answer: timedelta = timedelta(seconds=10)
    writes: bool = True
    standstill: timedelta = _STANDSTILL


SIGNS: Final = Access(QUICK, QUICK, QUICK)
"""For signs of life: what cannot be done at once is not done."""


def connect(
    place: Place, access: Access, time: ServerTime | None = None
) -> psycopg.Connection[Any]:
    """One connection of one's own, each of whose statements is a transaction; it tells `time`."""
    given = arguments_of(place, access)
    connection: psycopg.Connection[Any] = psycopg.connect(**given, autocommit=True)
    prepare(connection, place, access, time or ServerTime())
    return connection


def prepare(
    connection: psycopg.Connection[Any], place: Place, access: Access, time: ServerTime
) -> None:
    """Have a new connection, outside of a transaction, see one account and keep to its bounds."""
    asked = time.ticks()
    *_, now = connection.execute(prepared_for(place, access)).fetchall()[0]
    time.heed(now, asked)


def turn(connection: psycopg.Connection[Any], place: Place, time: ServerTime) -> None:
    """Have one that was prepared see another account of the same database, and no other."""
    asked = time.ticks()
    *_, now = connection.execute(_TURN, [place.quoted, _name_of(place)]).fetchall()[0]
    time.heed(now, asked)


def arguments_of(place: Place, access: Access) -> dict[str, Any]:
    """What the driver has to know to connect."""
    _, keys = place.url.get_dialect()().create_connect_args(place.url)
    return {**keys, **told_beside(place, access)}


def told_beside(place: Place, access: Access) -> dict[str, object]:
    """What the driver is told, unless the URL says otherwise."""
    seconds = max(2, round(access.answer.total_seconds()))  # to the driver, less means two
    told = {
        _NAME: _name_of(place),
        "connect_timeout": seconds,
        "tcp_user_timeout": seconds * 1500,
        **_DEFAULTS,
    }
    return {key: value for key, value in told.items() if key not in place.url.query}


def prepared_for(place: Place, access: Access) -> sql.Composed:
    """What each connection does first."""
    return _PREPARE.format(
        path=sql.Literal(place.quoted),
        patience=_milliseconds(access.patience),
        statement=_milliseconds(access.statement),
        standstill=_milliseconds(access.standstill),
        read_only=sql.Literal("off" if access.writes else "on"),
        now=sql.SQL(NOW),
    )


def _name_of(place: Place) -> str | None:
    """By which the server knows a connection, unless the URL gives another name."""
    return None if _NAME in place.url.query else f"syncd {place.schema}"


def _milliseconds(time: timedelta) -> sql.Literal:
    return sql.Literal(f"{round(time.total_seconds() * 1000)}ms")
