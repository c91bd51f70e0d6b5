"""Opening a state in PostgreSQL: made, migrated, or only looked at without leaving a trace."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from syncd.errors import StateError
from syncd.state import migrate
from syncd.state.adapter import SqlState
from syncd.state.fingerprints import FingerprintCopy
from syncd.state.holding import Timing
from syncd.state.postgres.database import Leases, PostgresDatabase
from syncd.state.postgres.duty import PostgresDuty
from syncd.state.postgres.home import Home
from syncd.state.postgres.lease import BEAT, TERM, PostgresLease, Rooms
from syncd.state.postgres.line import PATIENCE, SIGNS, Access
from syncd.state.postgres.place import Place, cache_folder
from syncd.state.postgres.private import open_migrated_copy
from syncd.state.postgres.room import PostgresRoom, open_room, shared_room
from syncd.state.sqlite.opening import open_private
from syncd.state.undoing import undone_on_failure

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from syncd.state.holding import Now
    from syncd.state.postgres.pool import Pools
    from syncd.state.sqlite.file import SqliteFile

_COPY: Final = ".fingerprints.parquet"
_SEEN: Final = ".seen"
_ENCODING: Final = text("SELECT current_setting('server_encoding')")
_IS_MADE: Final = text("SELECT to_regnamespace(:schema) IS NOT NULL")
_READABLE: Final = "UTF8"


def timing_of(now: Now) -> Timing:
    """How leases go in PostgreSQL; `now` dates what is written, and never a sign of life."""
    return Timing(now, beat=BEAT, term=TERM)


def open_for_writing(
    place: Place, timing: Timing | None = None, patience: timedelta = PATIENCE
) -> SqlState:
    """Open the account's schema, making or migrating it first where that is due."""
    room = open_room(place, Access(patience))
    with undone_on_failure(room.close):
        if not _is_ready(room):
            _make_ready(room)
        return SqlState(open_as_it_is(room, timing or timing_of(room.now)))


def open_among_others(place: Place, pools: Pools, timing: Timing | None = None) -> SqlState:
    """The same, on connections that the process keeps for all its accounts."""
    room = shared_room(place, Access(), pools)
    with undone_on_failure(room.close):
        if not _is_ready(room):
            with closing(open_room(place, Access())) as own:
                _make_ready(own)
        signs = shared_room(place, SIGNS, pools)
        with undone_on_failure(signs.close):
            return SqlState(_opened(Rooms(room, signs), timing or timing_of(room.now)))


def open_as_it_is(room: PostgresRoom, timing: Timing) -> PostgresDatabase:
    """Open a schema that is there to work on it, whatever its tables are."""
    return _opened(Rooms(room, open_room(room.place, SIGNS, room.time)), timing)


def _opened(rooms: Rooms, timing: Timing) -> PostgresDatabase:
    room, signs = rooms.work, rooms.signs
    place = room.place
    copy, folder = _copy_of(place)
    lease = PostgresLease(rooms, Home(_cached(place, _SEEN)), timing)
    leases = Leases(lease, PostgresDuty(signs, timing), signs)
    return PostgresDatabase(room, copy, timing.now, leases, folder)


def open_for_reading(place: Place) -> SqlState:
    """Open the account's schema as it is, or a private copy of it where it must be migrated."""
    room = open_room(place, Access(writes=False))
    with undone_on_failure(room.close):
        if not holds_tables(room):
            room.close()
            return open_private(place.name, _left_empty)
        if not migrate.is_up_to_date(room):
            return open_migrated_copy(room)
        folder = TemporaryDirectory(prefix="syncd-")
    home = Path(folder.name, _COPY)
    copy = FingerprintCopy(place.name, home, borrowed=_cached(place, _COPY))
    return SqlState(PostgresDatabase(room, copy, room.now, folder=folder))


def open_beside(place: Place, patience: timedelta) -> SqlState:
    """Open to read: nothing is made, migrated or asked; a server that is away shows later."""
    access = Access(patience, statement=PATIENCE, answer=patience, writes=False)
    copy = FingerprintCopy(place.name, _cached(place, _COPY))
    room = open_room(place, access)
    return SqlState(PostgresDatabase(room, copy, room.now))


def _left_empty(_: SqliteFile) -> None:
    """There is no state yet."""


def _is_ready(room: PostgresRoom) -> bool:
    """Whether nothing has to be made or migrated before work can begin."""
    with room.reading() as connection:
        return _is_made(connection, room) and migrate.is_current(connection, room.name)


def _make_ready(room: PostgresRoom) -> None:
    with room.reading() as connection:
        is_made = _is_made(connection, room)
    if not is_made:
        with room.writing() as connection:
            make_schema(connection, room)
    migrate.bring_up_to_date(room.migrating())


def make_schema(connection: Connection, room: PostgresRoom) -> None:
    """See that the schema is there, and that the database can hold every text."""
    if not _is_made(connection, room):
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {room.place.quoted}")


def holds_tables(room: PostgresRoom) -> bool:
    """Whether there are any, whoever has made them."""
    with room.reading() as connection:
        return _is_made(connection, room) and migrate.has_tables(connection)


def _is_made(connection: Connection, room: PostgresRoom) -> bool:
    _refuse_encoding(connection, room.name)
    return bool(connection.execute(_IS_MADE, {"schema": room.place.quoted}).scalar_one())


def _refuse_encoding(connection: Connection, name: str) -> None:
    encoding: str = connection.execute(_ENCODING).scalar_one()
    if encoding != _READABLE:
        raise StateError(
            name,
            f"the database has the encoding {encoding}, which cannot hold every text",
            "Create one with ENCODING 'UTF8', and name it in state.url",
        )


def _copy_of(place: Place) -> tuple[FingerprintCopy, TemporaryDirectory[str] | None]:
    """Have the copy where it outlives the process, if there is such a place."""
    home = _cached(place, _COPY)
    try:
        home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        tried = home.with_name(f"{home.name}.tried")
        tried.touch(mode=0o600)
        tried.unlink(missing_ok=True)  # another process may have tried at the same time
    except OSError:
        folder = TemporaryDirectory(prefix="syncd-")
        return FingerprintCopy(place.name, Path(folder.name, _COPY)), folder
    return FingerprintCopy(place.name, home), None


def _cached(place: Place, ending: str) -> Path:
    return cache_folder() / f"{place.digest()}{ending}"
