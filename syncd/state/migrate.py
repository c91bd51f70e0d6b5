"""Bringing a database to today's tables; Alembic is loaded only where a step is due."""

from __future__ import annotations

from enum import Enum, auto
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, inspect, select, text

from syncd.errors import StateError
from syncd.state import fence, moved, schema
from syncd.state.database import Connections

SCRIPTS: Final = Path(__file__).with_name("migrations")
_IS_THERE: Final = text(
    "SELECT EXISTS (SELECT FROM pg_class WHERE relname = :table"
    " AND relnamespace = to_regnamespace(quote_ident(current_schema())))"
)
"""By an index, where all accounts together may have a table of this name ten thousand times."""


class Standing(Enum):
    """How far a database has come."""

    EMPTY = auto()
    OLDER = auto()
    CURRENT = auto()


def bring_up_to_date(database: Connections) -> None:
    """Make or migrate the tables where that is due, all or nothing.

    Raises `StateError` for a database that a newer syncd or another program has made.
    """
    if is_up_to_date(database):
        return
    with database.writing() as connection:
        match standing(connection, database.name):  # another process may have been first
            case Standing.EMPTY:
                create(connection)
            case Standing.OLDER:
                upgrade(connection)
                fence.shut_out_older_versions(connection)
            case Standing.CURRENT:
                pass


def refuse_newer_or_moved(connection: Connection, name: str) -> None:
    """Raise `StateError` where a newer syncd has migrated the database since it was opened.

    That is `StateMovedError` where the state was moved elsewhere since.
    """
    revision_of(connection, name)
    moved.refuse(connection, name)


def has_tables(connection: Connection) -> bool:
    """Whether there are any, whoever has made them."""
    return _is_there(connection, schema.version.name) or _has_any(connection)


def is_up_to_date(database: Connections) -> bool:
    """Whether nothing is due; raises like `bring_up_to_date`."""
    with database.reading() as connection:
        return is_current(connection, database.name)


def is_current(connection: Connection, name: str) -> bool:
    """The same of one moment of the database that messages call by this name."""
    return standing(connection, name) is Standing.CURRENT


def create(connection: Connection) -> None:
    """Make all tables at once, as if every migration had run: the tests compare the two."""
    schema.metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(schema.version).values(version_num=revisions()[-1]))


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to this one, inside the transaction of this connection."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def revisions() -> list[str]:
    """All revisions this version knows, oldest first: the numbers in front of the files' names."""
    return sorted(file.stem.partition("_")[0] for file in SCRIPTS.glob("versions/[0-9]*.py"))


def standing(connection: Connection, name: str) -> Standing:
    """How far the database has come; raises like `bring_up_to_date`, and where it was moved."""
    if not _is_there(connection, schema.version.name):
        if not _has_any(connection):
            return Standing.EMPTY
        raise StateError(
            name,
            "it is the database of another program",
            "Point state.url at syncd's own file or database, or at one that is empty",
        )
    revision = revision_of(connection, name)
    if revision is not None:
        moved.refuse(connection, name)
    return Standing.CURRENT if revision == revisions()[-1] else Standing.OLDER


def _is_there(connection: Connection, table: str) -> bool:
    """Whether there is this table, of which PostgreSQL may have one for each account."""
    if connection.dialect.name == "postgresql":
        return bool(connection.execute(_IS_THERE, {"table": table}).scalar_one())
    return inspect(connection).has_table(table)


def _has_any(connection: Connection) -> bool:
    return bool(inspect(connection).get_table_names())


def revision_of(connection: Connection, name: str) -> str | None:
    """The migration that the database has reached; raises where this version does not know it."""
    revision = connection.execute(select(schema.version.c.version_num)).scalar_one_or_none()
    known = revisions()
    if revision is not None and revision not in known:
        raise StateError(
            name,
            f"a newer version of syncd has made it (its tables are at {revision},"
            f" this version knows them up to {known[-1]})",
            "Install that version or a later one, or point state.url at another state",
        )
    return revision
