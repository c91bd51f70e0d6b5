"""What a listing has shown, spooled to a file and held against the table in whole sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import Select, case, select

from syncd.domain.attributes import SHARED, ItemId
from syncd.domain.audit import PairSighting, Sighting
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.tracking import Ownership
from syncd.errors import StateError
from syncd.state import codec
from syncd.state.columnar import columnar_engine, first_line
from syncd.state.faults import files_translated
from syncd.state.schema import sku

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from syncd.state.database import Connections

BATCH: Final = 1_000
_READ: Final = """
CREATE OR REPLACE TABLE {table} AS SELECT * FROM read_json(
  $spool, format = 'newline_delimited', columns = {columns})
"""
_SHOWN: Final = "{'id': 'VARCHAR', 'attributes': 'JSON', 'updated': 'BIGINT', 'seen': 'BIGINT'}"
_KNOWN: Final = "{'id': 'VARCHAR', 'attributes': 'JSON', 'missing': 'BOOLEAN', 'sku': 'JSON'}"
_DIFFERING: Final = """
SELECT shown.*, coalesce(skus.managed, false)
FROM shown LEFT JOIN known USING (id) LEFT JOIN skus USING (id)
WHERE known.attributes IS DISTINCT FROM shown.attributes OR known.missing
ORDER BY id
"""
_SKUS: Final = (
    "{'id': 'VARCHAR', 'attributes': 'JSON', 'managed': 'BOOLEAN', 'physical': 'BOOLEAN', "
    "'updated': 'BIGINT', 'seen': 'BIGINT'}"
)
_UNPAIRED: Final = """
SELECT id, shown.attributes, shown.updated, skus.attributes, skus.managed, skus.physical,
  skus.updated, coalesce(skus.seen, shown.seen)
FROM shown FULL JOIN skus USING (id) LEFT JOIN known USING (id)
WHERE (skus.managed AND known.id IS NOT NULL)
OR NOT coalesce(skus.managed, false) AND (
  (skus.id IS NULL AND (SELECT count(*) FROM skus WHERE NOT managed) > 0)
  OR (shown.id IS NULL AND coalesce(skus.physical, true))
  OR (shown.id IS NOT NULL AND skus.id IS NOT NULL AND ({unlike}))
  OR ($kept AND known.sku IS NOT NULL AND known.sku IS DISTINCT FROM skus.attributes)
)
ORDER BY id
"""
_UNLIKE: Final = " OR ".join(
    f"shown.attributes->>'{codec.LETTERS[name]}' IS DISTINCT FROM "
    f"skus.attributes->>'{codec.LETTERS[name]}'"
    for name in SHARED
)
_NOT_SHOWN: Final = "SELECT id FROM known ANTI JOIN shown USING (id) ORDER BY id"


class SpooledSightings:
    """The port's `Sightings`; one thread at a time, but for `read_known` beside what is taken."""

    def __init__(self, connections: Connections, folder: Path) -> None:
        self._connections = connections
        self._folder = folder
        self._count = 0
        self._stack = ExitStack()
        self._engine: DuckDBPyConnection | None = None
        self._has_shown = False
        with files_translated(connections.name):
            self._spool = self._stack.enter_context(self._file("shown").open("wb"))
            self._spool_of_skus = self._stack.enter_context(self._file("skus").open("wb"))

    @property
    def count(self) -> int:
        return self._count

    def take(self, items: Sequence[RemoteItem], seen: datetime) -> None:
        moment = codec.moment_of(seen)
        lines = b"".join(_line(item, moment) for item in items)
        with files_translated(self._connections.name):
            self._spool.write(lines)
        self._count += len(items)

    def take_skus(self, skus: Sequence[RemoteSku], seen: datetime) -> None:
        moment = codec.moment_of(seen)
        lines = b"".join(_line_of_sku(sku, moment) for sku in skus)
        with files_translated(self._connections.name):
            self._spool_of_skus.write(lines)

    def read_known(self) -> None:
        with self._translated():
            self._with_known()

    def unpaired(self, *, kept: bool) -> Iterator[Sequence[PairSighting]]:
        for rows in self._answers(_UNPAIRED.format(unlike=_UNLIKE), {"kept": kept}):
            yield [_pair_sighting(row) for row in rows]

    def differing(self) -> Iterator[Sequence[Sighting]]:
        for rows in self._answers(_DIFFERING):
            yield [_sighting(*row) for row in rows]

    def not_shown(self) -> Iterator[Sequence[ItemId]]:
        for rows in self._answers(_NOT_SHOWN):
            yield [ItemId(id_) for (id_,) in rows]

    def close(self) -> None:
        self._stack.close()

    def _answers(
        self, query: str, values: Mapping[str, object] | None = None
    ) -> Iterator[list[tuple[Any, ...]]]:
        with self._translated():
            engine = self._loaded()
            engine.execute(query, dict(values or {}))
            while rows := engine.fetchmany(BATCH):
                yield rows

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            raise StateError(
                self._connections.name,
                f"what the audit saw cannot be held against it ({first_line(error)})",
                "See that the folder for temporary files has space, then run again",
            ) from error

    def _loaded(self) -> DuckDBPyConnection:
        """The engine with all sets, as they were when it was first asked."""
        engine = self._with_known() if self._engine is None else self._engine
        if not self._has_shown:
            with files_translated(self._connections.name):
                self._spool.flush()
                self._spool_of_skus.flush()
            self._load(engine, "shown", _SHOWN)
            self._load(engine, "skus", _SKUS)
            self._has_shown = True
        return engine

    def _with_known(self) -> DuckDBPyConnection:
        self._spool_known()
        if self._engine is None:
            self._engine = self._stack.enter_context(columnar_engine(self._folder))
        self._load(self._engine, "known", _KNOWN)
        return self._engine

    def _load(self, engine: DuckDBPyConnection, table: str, columns: str) -> None:
        spool = {"spool": str(self._file(table))}
        engine.execute(_READ.format(table=table, columns=columns), spool)

    def _spool_known(self) -> None:
        with (
            self._connections.reading() as connection,
            files_translated(self._connections.name),
            self._file("known").open("wb") as file,
        ):
            rows = connection.execute(_known(), execution_options={"yield_per": BATCH})
            for id_, attributes, missing, sku in rows:
                line = {"id": id_, "attributes": orjson.Fragment(attributes), "missing": missing}
                if sku is not None:
                    line["sku"] = orjson.Fragment(sku)
                file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def _file(self, table: str) -> Path:
        return self._folder / f"{table}.ndjson"


@contextmanager
def sightings(connections: Connections) -> Iterator[SpooledSightings]:
    """Spool into a folder of its own until the end of the block."""
    with TemporaryDirectory(prefix="syncd-") as folder:
        spooled = SpooledSightings(connections, Path(folder))
        try:
            yield spooled
        finally:
            spooled.close()


def _known() -> Select[Any]:
    """The items that are ours, each with the text of its known values."""
    attributes = case((sku.c.known == codec.SAME, sku.c.desired), else_=sku.c.known)
    return (
        select(sku.c.id, attributes, sku.c.missing_since.is_not(None), sku.c.known_sku)
        .where(sku.c.ownership == Ownership.OWNED.value)
        .where(sku.c.known.is_not(None))
    )


def _line(item: RemoteItem, seen: int) -> bytes:
    line = {
        "id": item.id,
        "attributes": codec.letters(item.attributes),
        "updated": None if item.updated is None else codec.moment_of(item.updated),
        "seen": seen,
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _line_of_sku(sku: RemoteSku, seen: int) -> bytes:
    line = {
        "id": sku.id,
        "attributes": codec.letters(sku.attributes),
        "managed": sku.managed,
        "physical": sku.physical,
        "updated": None if sku.updated is None else codec.moment_of(sku.updated),
        "seen": seen,
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _pair_sighting(row: tuple[Any, ...]) -> PairSighting:
    id_, item, item_updated, sku, managed, physical, sku_updated, seen = row
    shown = None if item is None else _sighting(id_, item, item_updated, seen).item
    other = None if sku is None else _sku(id_, sku, physical, sku_updated)
    if other is not None and managed is True:
        other = replace(other, managed=True)
    return PairSighting(ItemId(id_), shown, other, codec.moment_from(seen))


def _sku(id_: str, attributes: str, physical: object, updated: int | None) -> RemoteSku:
    return RemoteSku(
        id=ItemId(id_),
        attributes=codec.attributes_from(attributes),
        physical=physical if isinstance(physical, bool) else None,
        updated=codec.optional_moment(updated),
    )


def _sighting(
    id_: str, attributes: str, updated: int | None, seen: int, managed: object = None
) -> Sighting:
    item = RemoteItem(
        id=ItemId(id_),
        attributes=codec.attributes_from(attributes),
        updated=codec.optional_moment(updated),
    )
    return Sighting(item, codec.moment_from(seen), managed=managed is True)
