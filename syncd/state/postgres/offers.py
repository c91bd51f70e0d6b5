"""What several processes deliver together: three tables beside those of the accounts.

A delivery is led by one cycle and bears its fence. An offer is a change that any process may claim;
its claimant is a helper, which may send until the moment that stands there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from psycopg import sql
from sqlalchemy import text

from syncd.state.postgres import signs
from syncd.state.postgres.clock import NOW, SECOND
from syncd.state.postgres.place import SHARED
from syncd.state.postgres.pool import driver_of

if TYPE_CHECKING:
    from psycopg import Cursor
    from sqlalchemy import Connection

_TABLES: Final = {
    "schema": sql.Identifier(SHARED),
    "delivery": sql.Identifier(SHARED, "delivery"),
    "helper": sql.Identifier(SHARED, "helper"),
    "offer": sql.Identifier(SHARED, "offer"),
}


def _sql(statement: str) -> sql.Composed:
    return sql.SQL(statement).format(now=sql.SQL(NOW), **_TABLES)


_ARE_MADE: Final = text(f"SELECT to_regclass('{SHARED}.offer') IS NOT NULL")
_MAKE: Final = _sql(
    "SELECT pg_advisory_xact_lock(hashtextextended('syncd offers', 0));"
    " CREATE SCHEMA IF NOT EXISTS {schema};"
    " CREATE TABLE IF NOT EXISTS {delivery} (name text PRIMARY KEY, place text NOT NULL UNIQUE,"
    " fence bigint NOT NULL, cycle text NOT NULL, meaning text NOT NULL,"
    " is_open boolean NOT NULL DEFAULT true);"
    " CREATE TABLE IF NOT EXISTS {helper} (delivery text NOT NULL REFERENCES {delivery}"
    " ON DELETE CASCADE, name text, until bigint NOT NULL, PRIMARY KEY (delivery, name));"
    " CREATE TABLE IF NOT EXISTS {offer} (delivery text NOT NULL REFERENCES {delivery}"
    ' ON DELETE CASCADE, id text COLLATE "C", turn bigint GENERATED ALWAYS AS IDENTITY,'
    " action text NOT NULL, document text NOT NULL, approved boolean NOT NULL, claimant text,"
    " outcome text, PRIMARY KEY (delivery, id));"
    " CREATE INDEX IF NOT EXISTS offer_by_turn ON {offer} (delivery, action, turn)"
    " WHERE claimant IS NULL"
)
CLEAR: Final = _sql("DELETE FROM {delivery} WHERE place = %(place)s")
BEGIN: Final = _sql(
    "INSERT INTO {delivery} (name, place, fence, cycle, meaning)"
    " VALUES (%(delivery)s, %(place)s, %(fence)s, %(cycle)s, %(meaning)s)"
)
CLOSE: Final = _sql("UPDATE {delivery} SET is_open = false WHERE name = %(delivery)s")
END: Final = _sql(
    "DELETE FROM {delivery} WHERE name = %(delivery)s AND NOT EXISTS"
    " (SELECT FROM {offer} WHERE delivery = %(delivery)s"
    " AND claimant IS NOT NULL AND outcome IS NULL)"
)
FIND: Final = _sql(
    "SELECT name, fence, cycle FROM {delivery}"
    " WHERE place = %(place)s AND meaning = %(meaning)s AND is_open"
)
OFFER: Final = _sql(
    "INSERT INTO {offer} (delivery, id, action, document, approved) VALUES (%s, %s, %s, %s, %s)"
)
TAKE_BACK: Final = _sql(
    "DELETE FROM {offer} WHERE delivery = %(delivery)s AND id IN ("
    "SELECT id FROM {offer} WHERE delivery = %(delivery)s AND action = %(action)s"
    " AND claimant IS NULL ORDER BY turn DESC LIMIT %(most)s FOR UPDATE SKIP LOCKED)"
    " RETURNING id"
)
COLLECT: Final = _sql(
    "DELETE FROM {offer} WHERE delivery = %(delivery)s AND outcome IS NOT NULL"
    " RETURNING id, outcome"
)
DISMISS: Final = _sql(
    "DELETE FROM {helper} WHERE delivery = %(delivery)s AND name IN ("
    "SELECT name FROM {helper} WHERE delivery = %(delivery)s AND until < {now}"
    " FOR UPDATE SKIP LOCKED)"
)
"""Who is just giving a sign of life may have stopped in it: it is seen at the next look."""
GIVE_UP: Final = _sql(
    "DELETE FROM {offer} WHERE delivery = %(delivery)s AND id IN ("
    "SELECT id FROM {offer} AS offer WHERE delivery = %(delivery)s AND claimant IS NOT NULL"
    " AND outcome IS NULL AND NOT EXISTS (SELECT FROM {helper} AS helper"
    " WHERE helper.delivery = offer.delivery AND helper.name = offer.claimant)"
    " FOR UPDATE SKIP LOCKED) RETURNING id"
)
WAITING: Final = _sql(
    "SELECT action, count(*) FROM {offer} WHERE delivery = %(delivery)s AND claimant IS NULL"
    " GROUP BY action"
)
HELPERS: Final = _sql("SELECT count(*) FROM {helper} WHERE delivery = %(delivery)s")
JOIN: Final = _sql(
    "INSERT INTO {helper} SELECT name, %(helper)s, {now} + %(span)s FROM {delivery}"
    " WHERE name = %(delivery)s AND is_open FOR KEY SHARE"
)
"""One that is just being taken away is waited for, and is then not there."""
SHOW: Final = _sql(
    "UPDATE {helper} AS helper SET until = {now} + %(span)s FROM {delivery} AS delivery"
    " WHERE helper.delivery = %(delivery)s AND helper.name = %(helper)s"
    " AND delivery.name = helper.delivery AND delivery.is_open"
)
_DATE_ANEW: Final = _sql(
    "UPDATE {helper} AS helper SET until = {now} + %(most)s FROM {delivery} AS delivery"
    " WHERE delivery.place = %(place)s AND helper.delivery = delivery.name"
    " AND helper.until > {now} + 2 * %(most)s"
)
LEAVE: Final = _sql("DELETE FROM {helper} WHERE delivery = %(delivery)s AND name = %(helper)s")
CLAIM: Final = _sql(
    "WITH next AS (SELECT id FROM {offer} WHERE delivery = %(delivery)s AND action = %(action)s"
    " AND claimant IS NULL ORDER BY turn LIMIT %(most)s FOR UPDATE SKIP LOCKED)"
    " UPDATE {offer} AS offer SET claimant = %(helper)s FROM next"
    " WHERE offer.delivery = %(delivery)s AND offer.id = next.id"
    " AND EXISTS (SELECT FROM {helper} AS helper JOIN {delivery} AS delivery"
    " ON delivery.name = helper.delivery AND delivery.is_open"
    " WHERE helper.delivery = %(delivery)s AND helper.name = %(helper)s)"
    " RETURNING offer.turn, offer.document, offer.approved"
)
_OWN: Final = (
    " WHERE offer.delivery = %(delivery)s AND offer.claimant = %(helper)s AND offer.outcome IS NULL"
)
TELL: Final = _sql(
    "UPDATE {offer} AS offer SET outcome = told.outcome"
    " FROM unnest(%(ids)s::text[], %(outcomes)s::text[]) AS told (id, outcome)"
    + _OWN
    + " AND offer.id = told.id RETURNING offer.id"
)
PUT_BACK: Final = _sql(
    "UPDATE {offer} AS offer SET claimant = NULL" + _OWN + " AND id = ANY(%(ids)s) RETURNING id"
)
_MAY_STILL_SEND: Final = _sql(
    "SELECT EXISTS (SELECT FROM {delivery} AS delivery"
    " JOIN {helper} AS helper ON helper.delivery = delivery.name AND helper.until > {now}"
    " JOIN {offer} AS offer ON offer.delivery = delivery.name AND offer.claimant = helper.name"
    " AND offer.outcome IS NULL WHERE delivery.place = %(place)s)"
)
_LONGEST_LEAVE: Final = round(signs.LEAVE * SECOND)
LEFT_OUT: Final = ""
"""What stands for an outcome where a row had moved on."""

Values: TypeAlias = Mapping[str, object]


def ran(connection: Connection, statement: sql.Composed, values: Values) -> Cursor[Any]:
    """Carry a statement out in the transaction of this connection."""
    return driver_of(connection).execute(statement, values)


def are_made(connection: Connection) -> bool:
    """Whether a delivery of any account of this database was ever shared."""
    return bool(connection.execute(_ARE_MADE).scalar_one())


def make(connection: Connection) -> None:
    """Make the tables where they are not; two that do so at once take turns."""
    if not are_made(connection):
        driver_of(connection).execute(_MAKE)


def may_still_be_sent(connection: Connection, place: str) -> bool:
    """Whether a helper has changes of this account in hand, and leave to send them."""
    if not are_made(connection):
        return False
    date_leaves_anew(connection, place)
    return bool(ran(connection, _MAY_STILL_SEND, {"place": place}).fetchall()[0][0])


def date_leaves_anew(connection: Connection, place: str) -> None:
    """Let no leave to send last for longer than one does, where the server's clock was set back."""
    ran(connection, _DATE_ANEW, {"place": place, "most": _LONGEST_LEAVE})
