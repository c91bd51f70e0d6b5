"""A layer of temporary tables over an account's own: what is written to it hides what is below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql

from syncd.state import schema

if TYPE_CHECKING:
    from sqlalchemy import Table

TABLES: Final = tuple(
    table for table in schema.metadata.sorted_tables if table is not schema.version
)
_SERIAL: Final = schema.journal.c.write
_NUMBERS: Final = sql.Identifier("pg_temp", "numbers")

_LAY: Final = """
CREATE TEMPORARY TABLE {added} (LIKE {below} INCLUDING INDEXES);
CREATE TEMPORARY TABLE {hidden} AS SELECT {key} FROM {below} WITH NO DATA;
CREATE UNIQUE INDEX ON {hidden} ({key});
CREATE TEMPORARY VIEW {view} AS
  SELECT * FROM {below} AS below
  WHERE NOT EXISTS (SELECT FROM {hidden} AS hidden WHERE {same})
  UNION ALL SELECT * FROM {added};
CREATE FUNCTION {change}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM {added} WHERE ({key}) = ({old});
    IF NOT FOUND THEN INSERT INTO {hidden} VALUES ({old}); END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  INSERT INTO {added} VALUES (NEW.*);
  RETURN NEW;
END $$;
CREATE TRIGGER change INSTEAD OF INSERT OR UPDATE OR DELETE ON {view}
  FOR EACH ROW EXECUTE FUNCTION {change}();
"""
"""The same for every table: its added and changed rows, the keys of those below that they hide,
and a view of its name, in which each question finds the one or the other."""
_DEFAULT: Final = "ALTER VIEW {view} ALTER COLUMN {column} SET DEFAULT {value}"
_GO_ON: Final = sql.SQL(
    "SELECT setval({numbers}, coalesce(max(write), 0) + 1, false) FROM journal"
).format(numbers=sql.Literal("pg_temp.numbers"))

_HIDE: Final = """
INSERT INTO {hidden} SELECT {key} FROM {incoming} AS incoming
  WHERE EXISTS (SELECT FROM {below} AS below WHERE below.id = incoming.id)
  ON CONFLICT DO NOTHING;
DELETE FROM {added} AS added USING {incoming} AS incoming WHERE added.id = incoming.id;
INSERT INTO {added} SELECT DISTINCT ON (id) * FROM {incoming} ORDER BY id, ctid DESC;
TRUNCATE {incoming};
"""


def lay(driver: psycopg.Connection[Any], below: str) -> None:
    """Lay an empty layer over the tables of this schema, until the end of the transaction."""
    driver.execute("CREATE TEMPORARY SEQUENCE numbers")
    for table in TABLES:
        driver.execute(sql.SQL(_LAY).format(**_names(table, below)))
        for column, value in _defaults(table):
            names = {"view": _temporary(table.name), "column": sql.Identifier(column)}
            driver.execute(sql.SQL(_DEFAULT).format(**names, value=sql.SQL(value)))
    go_on_numbering(driver)


def go_on_numbering(driver: psycopg.Connection[Any]) -> None:
    """Give the next entry of the journal the number after the last one there is."""
    driver.execute(_GO_ON)


def merge(driver: psycopg.Connection[Any], below: str, incoming: sql.Identifier) -> None:
    """Put rows of `sku` that wait in a table in the place of those with the same ids."""
    driver.execute(sql.SQL(_HIDE).format(**_names(schema.sku, below), incoming=incoming))


def copy_layer(source: psycopg.Connection[Any], target: psycopg.Connection[Any]) -> None:
    """Fill an empty layer with what stands in another one over the same tables."""
    for table in TABLES:
        for kind in ("added", "hidden"):
            place = _temporary(f"{kind}_{table.name}")
            take = sql.SQL("COPY {} TO STDOUT").format(place)
            give = sql.SQL("COPY {} FROM STDIN").format(place)
            with (
                source.cursor() as reader,
                target.cursor() as writer,
                reader.copy(take) as taken,
                writer.copy(give) as given,
            ):
                for data in taken:
                    given.write(data)
    go_on_numbering(target)


def _names(table: Table, below: str) -> dict[str, sql.Composable]:
    keys = [column.name for column in table.primary_key]
    return {
        "view": _temporary(table.name),
        "added": _temporary(f"added_{table.name}"),
        "hidden": _temporary(f"hidden_{table.name}"),
        "change": _temporary(f"change_{table.name}"),
        "below": sql.Identifier(below, table.name),
        "key": sql.SQL(", ").join(map(sql.Identifier, keys)),
        "old": sql.SQL(", ").join(sql.Identifier("old", key) for key in keys),
        "same": sql.SQL(" AND ").join(
            sql.SQL("hidden.{0} = below.{0}").format(sql.Identifier(key)) for key in keys
        ),
    }


def _defaults(table: Table) -> list[tuple[str, str]]:
    """What a view does not know of its tables: the values of columns that are not given."""
    given = [(column.name, "false") for column in table.c if column.server_default is not None]
    if _SERIAL.table is table:
        given.append((_SERIAL.name, "nextval('pg_temp.numbers')"))
    return given


def _temporary(name: str) -> sql.Identifier:
    return sql.Identifier("pg_temp", name)
