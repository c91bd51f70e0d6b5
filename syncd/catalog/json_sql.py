"""How a JSON record becomes cells: each mapped field as text, with numbers in one plain form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from syncd.catalog.columns import Columns, vanished
from syncd.catalog.dialect import Format
from syncd.catalog.ready import ReadyFile
from syncd.catalog.sql import BETWEEN, FLAW, WHOLE_RECORD, Cells, Look, flaw, identifier, literal
from syncd.catalog.table_sql import Layout, read_lines
from syncd.domain.plain_text import trimmed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LARGEST_RECORD: Final = 16_777_216
_NO_JSON_HAS_IT: Final = "\x1f"
_ONE_CELL: Final = Layout(width=1, delimiter=_NO_JSON_HAS_IT, quote="", header=False)
_NESTED: Final = "the value is a list or an object, but must be a text, a number, true or false"
_INEXACT: Final = "the number cannot be taken over exactly: let the export write it as a text"
_NUL: Final = "the text has a NUL character"
_TWICE: Final = "the object has this field twice, as two rows have that were joined"
_UNSAID: Final = "the record does not have this field, which catalog.filter looks at"
_NO_OBJECT: Final = "the record is not a JSON object"
_EXACT: Final = r"-?(\d+|\d{1,15}\.\d+)"


def json_cells(ready: ReadyFile, columns: Columns, look: Look) -> Cells:
    """Parse each record of a JSON array or of JSON lines once; fields are at its top level."""
    raws = [f"r{number}" for number in range(len(columns.names))]
    structure = json.dumps(dict.fromkeys(columns.names, "JSON"), ensure_ascii=False)
    fields = ", ".join(
        f"(j.{identifier(name)})::VARCHAR AS {raw}"
        for name, raw in zip(columns.names, raws, strict=True)
    )
    parsed = (
        f"SELECT {look.position} AS position, record, "
        f"try(json_transform(record, {literal(structure)})) AS j FROM {_records(ready, look)}"
    )
    found = _flaw(raws, columns.id.sources)
    absent = "".join(
        _lacks(columns.names.index(name), raws[columns.names.index(name)], name)
        for name, words in columns.filter
        if all(map(trimmed, words))
    )
    return Cells(
        file=ready.file.index,
        source=f"(SELECT position, record, {fields} FROM ({parsed}))",
        position="position",
        texts=[_text(raw) for raw in raws],
        raws=raws,
        flaw=f"CASE WHEN {found} IS NOT NULL THEN {found}{absent} END::{FLAW}" if absent else found,
        record="record",
        trace=_trace(found),
    )


def refuse_vanished(
    connection: DuckDBPyConnection, ready: ReadyFile, columns: Columns, look: Look
) -> None:
    """Raise where not one record has a mapped field; a field may be absent in some of them."""
    records = _records(ready, look)
    first = connection.execute(f"SELECT record FROM {records} LIMIT 1").fetchone()
    if first is None:
        return
    for name in columns.names:
        path = literal(f"$.{json.dumps(name, ensure_ascii=False)}")
        has_it = f"try(json_exists(record, {path}))"
        found = connection.execute(f"SELECT 1 FROM {records} WHERE {has_it} LIMIT 1").fetchone()
        if found is None:
            raise vanished(name, _fields_of(first[0]), columns, ready.file)


def json_fields(
    connection: DuckDBPyConnection, ready: ReadyFile, look: Look, limit: int
) -> tuple[str, ...]:
    """Name the fields that so many records have, in the order in which they first appear."""
    records = connection.execute(
        f"SELECT record FROM {_records(ready, look)} LIMIT {limit:d}"
    ).fetchall()
    return tuple(dict.fromkeys(name for (record,) in records for name in _fields_of(record)))


def _fields_of(record: str) -> list[str]:
    try:
        value = json.loads(record)
    except (ValueError, RecursionError):
        return []
    return list(value) if isinstance(value, dict) else []


def _records(ready: ReadyFile, look: Look) -> str:
    """Give each record's text; of JSON lines, DuckDB's CSV reader gives the broken ones, too."""
    if ready.dialect.format is Format.JSONL:
        return f"(SELECT c0 AS record FROM {read_lines(ready, _ONE_CELL, look)})"
    return (
        f"(SELECT json::VARCHAR AS record FROM read_json_objects({literal(str(ready.plain))}, "
        f"format='array', compression='none', maximum_object_size={_LARGEST_RECORD}))"
    )


def _text(raw: str) -> str:
    """Turn JSON text into what a CSV cell would hold; `640420.0` and `1e5` lose their point.

    A text without a backslash only loses its quotes, which is quicker than parsing it again.
    """
    return (
        f"CASE WHEN {raw}[1] = '\"' THEN "
        f"CASE WHEN contains({raw}, '\\') THEN {raw}::JSON ->> '$' ELSE trim({raw}, '\"') END "
        f"WHEN {raw}[1] BETWEEN '-' AND '9' THEN regexp_replace({raw}, '\\.0+$', '') "
        f"ELSE {raw} END"
    )


def _flaw(raws: list[str], id_names: Sequence[str]) -> str:
    """Find the first field that cannot be a cell, or the record that is no object at all."""
    nothing = " AND ".join(f"{raw} IS NULL" for raw in raws)
    no_object = f"{nothing} AND coalesce(try(json_type(record)), '') <> 'OBJECT'"
    twice = " OR ".join(map(_stands_twice, id_names))
    fields = " ".join(_flaw_of_field(number, raw) for number, raw in enumerate(raws))
    return (
        f"CASE WHEN {no_object} THEN {flaw(WHOLE_RECORD, _NO_OBJECT)} "
        f"WHEN {twice} THEN {flaw(0, _TWICE)} {fields} END::{FLAW}"
    )


def _stands_twice(name: str) -> str:
    """Look for a field that an object has twice, of which a parser keeps one in silence.

    The text is searched before its fields are listed, for that is quicker.
    """
    written = literal(json.dumps(name, ensure_ascii=False))
    rest = f"substr(record, strpos(record, {written}) + 1)"
    among = f"list_filter(try(json_keys(record)), lambda field: field = {literal(name)})"
    return f"contains({rest}, {written}) AND len({among}) > 1"


def _trace(flaw: str) -> str:
    """Give a flawed record's text, and its values once more where escapes may disguise an id."""
    values = f"array_to_string(try(json_extract_string(record, '$..*')), {BETWEEN})"
    decoded = f"CASE WHEN contains(record, '\\') THEN {values} END"
    return f"CASE WHEN {flaw} IS NOT NULL THEN concat_ws({BETWEEN}, record, {decoded}) END"


def _lacks(number: int, raw: str, name: str) -> str:
    """Hold a record that says nothing to the filter: that it is to be left out is not known."""
    path = literal(f"$.{json.dumps(name, ensure_ascii=False)}")
    lacks = f"{raw} IS NULL AND NOT coalesce(try(json_exists(record, {path})), true)"
    return f" WHEN {lacks} THEN {flaw(number, _UNSAID)}"


def _flaw_of_field(number: int, raw: str) -> str:
    is_number = f"{raw}[1] NOT IN ('\"', 't', 'f', '{{', '[')"
    return (
        f"WHEN {raw}[1] IN ('{{', '[') THEN {flaw(number, _NESTED)} "
        f"WHEN {is_number} AND NOT regexp_full_match({raw}, '{_EXACT}') "
        f"THEN {flaw(number, _INEXACT)} "
        f"WHEN contains({raw}, '\\u0000') THEN {flaw(number, _NUL)}"
    )
