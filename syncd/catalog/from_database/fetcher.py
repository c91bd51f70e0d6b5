"""The catalog in a database: read whole, or only what has changed, and always at one moment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.catalog.columns import columns_of, nearest
from syncd.catalog.fetching import Fetched
from syncd.catalog.from_database.cells import NestedError
from syncd.catalog.from_database.connecting import Database
from syncd.catalog.from_database.engines import doubts_of_engines
from syncd.catalog.from_database.faults import Fault, fault_of
from syncd.catalog.from_database.reading import Reading
from syncd.catalog.from_database.removal import UnclearError
from syncd.catalog.from_database.seeking import seeking
from syncd.catalog.from_database.selection import Place, Selection
from syncd.catalog.from_database.telling import UndecodableError
from syncd.catalog.from_database.watermark import Mark, UnorderedError, read
from syncd.config import SqlCatalog, SqlKeys
from syncd.errors import CatalogError
from syncd.ports import Advance, unseen

if TYPE_CHECKING:
    from sqlalchemy import Connection


def _own_time() -> datetime:
    return datetime.now(UTC)


class SqlFetcher:
    """A table or query, read in one transaction that sees a single moment of its database."""

    def __init__(
        self,
        keys: SqlKeys,
        columns: Sequence[str] = (),
        id: str | None = None,
        now: Callable[[], datetime] = _own_time,
        most: int | None = None,
    ) -> None:
        """Take the `columns` that are needed, all there are unless given, and which is the `id`.

        `most` is for who only wants to look at some rows: what is read then is never complete.
        Without an id of a single column, reads of changes cannot say what was removed.
        """
        first = () if id is None else (id,)
        self._keys = keys
        self._wanted = tuple(dict.fromkeys((*first, *columns))) if columns else ()
        self._has_id = id is not None
        self._now = now
        self._most = most
        self._database = Database(keys.label, keys.url.get_secret_value())

    @classmethod
    def of_catalog(cls, catalog: SqlCatalog, now: Callable[[], datetime] = _own_time) -> SqlFetcher:
        """Read the columns that the catalog needs of its own source, and no others."""
        joined = tuple(f"{join.name}." for join in catalog.join)
        own = [name for name in columns_of(catalog).names if not name.startswith(joined)]
        ids = catalog.mapping.id.sources
        return cls(catalog, own, ids[0] if len(ids) == 1 else None, now)

    @property
    def name(self) -> str:
        return self._keys.label

    def identity(self, advance: Advance = unseen) -> str:  # noqa: ARG002 - it takes seconds
        """Only see that it is there: a database shows nothing that every change must alter."""
        with self._database.moment():
            return ""

    def meaning(self) -> str:
        url = self._database.address
        parts = [url, self._keys.table, self._keys.query, self._keys.updated_column]
        text = json.dumps([*parts, self._keys.deleted_column, *self._wanted])
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def fetch(self, folder: Path, since: str | None, advance: Advance = unseen) -> Fetched:
        mark = read(since) if since and self._keys.updated_column else None
        try:
            return self._fetched(self._database, folder, mark, advance)
        except UndecodableError:
            return self._fetched(self._database.tolerating(), folder, mark, advance)

    def _fetched(
        self, database: Database, folder: Path, since: Mark | None, advance: Advance
    ) -> Fetched:
        with self._told(), database.moment() as opened:
            selection = self._selection(opened.connection)
            if since is not None:
                selection = seeking(opened.connection, selection, since)
            doubts = doubts_of_engines(opened.connection, self._keys)
            moment = replace(opened, doubts=(*opened.doubts, *doubts))
            removes = since is not None and self._tells_removed
            reading = Reading(moment, selection, since, self._now(), removes, self._has_id)
            return reading.fetched(folder, advance)

    def _selection(self, connection: Connection) -> Selection:
        """Look which columns there are before they are asked for, to name the nearest ones."""
        selection = Selection(self._keys, self._wanted, self._most)
        found = self._columns(connection, selection)
        needed = (*self._wanted, *selection.extras)
        for name in needed:
            if name not in found:
                raise self._vanished(name, found)
            if found.count(name) > 1 or f"{name}:1" in found:  # as SQLite calls the second one
                raise self._ambiguous(name)
        return replace(selection, columns=self._wanted or tuple(dict.fromkeys(found)))

    def _columns(self, connection: Connection, selection: Selection) -> list[str]:
        from sqlalchemy.exc import DBAPIError

        try:
            return list(connection.execute(selection.nothing()).keys())
        except DBAPIError as error:
            missing = fault_of(error.orig or error, Fault.OTHER) is Fault.NO_TABLE
            if self._keys.table is None or not missing:
                raise
            connection.rollback()
            raise self._no_table(connection, self._keys.table) from error

    def _no_table(self, connection: Connection, table: str) -> CatalogError:
        from sqlalchemy import inspect

        place, inspector = Place.of(table), inspect(connection)
        tables = inspector.get_table_names(place.schema)
        known = [*tables, *inspector.get_view_names(place.schema)]
        where = f' in the schema "{place.schema}"' if place.schema else ""
        return CatalogError(
            self.name,
            f'it has no table "{place.table}"{where} that syncd\'s user can see;'
            f" {nearest(place.table, known, 'tables')}",
            "Correct catalog.table; a schema goes before the name, with a dot between",
        )

    def _vanished(self, name: str, found: Sequence[str]) -> CatalogError:
        return CatalogError(
            self.name,
            f'{self._what} has no column "{name}" ({self._role(name)}); {nearest(name, found)}',
            "Bring the column back, or name the right one in the configuration",
        )

    def _ambiguous(self, name: str) -> CatalogError:
        return CatalogError(
            self.name,
            f'two columns of {self._what} are called "{name}", so it is not sure which is meant',
            "Give one of them another name in catalog.query, with AS",
        )

    @property
    def _tells_removed(self) -> bool:
        return self._has_id and self._keys.deleted_column is not None

    @property
    def _what(self) -> str:
        return "the query" if self._keys.query else f'the table "{self._keys.table}"'

    def _role(self, name: str) -> str:
        for key in ("updated_column", "deleted_column"):
            if getattr(self._keys, key) == name:
                return f"which catalog.{key} names"
        return "which the mapping, the filter or a join names"

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what the values of a column keep from being used."""
        try:
            yield
        except UnorderedError as error:
            raise CatalogError(
                self.name,
                f'its column "{self._keys.updated_column}" {error}',
                "Let catalog.updated_column name a column of times or of rising numbers, and"
                " catalog.overlap fit it, or leave both out",
            ) from error
        except UnclearError as error:
            raise CatalogError(
                self.name,
                f'its column "{self._keys.deleted_column}" holds "{error}", which may mean'
                " deleted or not",
                "Let it hold true or false, 1 or 0, Y or N, or the time of the deletion; or turn it"
                " into one of them in catalog.query",
            ) from error
        except NestedError as error:
            raise CatalogError(
                self.name, f"it {error}", "Let catalog.query take one value out of that column"
            ) from error
