"""How the columns of a Parquet file become cells, whatever types they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncd.catalog.columns import Columns, positions_in
from syncd.catalog.ready import ReadyFile
from syncd.catalog.sql import Cells, identifier, literal, nul_flaw
from syncd.errors import CatalogError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NESTED: Final = ("STRUCT", "MAP", "UNION", "VARIANT", "GEOMETRY")
_EXACT_BELOW: Final = {"DOUBLE": 2**53, "FLOAT": 2**24}


def parquet_cells(connection: DuckDBPyConnection, ready: ReadyFile, columns: Columns) -> Cells:
    """Look at the file's footer for its columns, and cast the needed ones to text."""
    described = _described(connection, ready)
    names, types = [name for name, _ in described], [kind for _, kind in described]
    places = positions_in(names, columns, ready.file)
    for place in places:
        _refuse_nested(names[place], types[place], ready)
    raws = [identifier(names[place]) for place in places]
    texts = [_text(raw, types[place]) for raw, place in zip(raws, places, strict=True)]
    return Cells(
        file=ready.file.index,
        source=_read_parquet(ready, "file_row_number=true"),
        position="file_row_number + 1",
        texts=texts,
        raws=raws,
        flaw=nul_flaw(texts),
    )


def flat_columns(connection: DuckDBPyConnection, ready: ReadyFile) -> tuple[str, ...]:
    """Name the columns that hold one value a row."""
    return tuple(name for name, kind in _described(connection, ready) if not _is_nested(kind))


def _described(connection: DuckDBPyConnection, ready: ReadyFile) -> list[tuple[str, str]]:
    described = connection.execute(f"DESCRIBE SELECT * FROM {_read_parquet(ready)}").fetchall()
    return [(row[0], row[1]) for row in described]


def _read_parquet(ready: ReadyFile, *options: str) -> str:
    given = "".join(f", {option}" for option in ("binary_as_string=true", *options))
    return f"read_parquet({literal(str(ready.plain))}{given})"


def _is_nested(kind: str) -> bool:
    return kind.startswith(_NESTED) or kind.endswith("]")


def _refuse_nested(name: str, kind: str, ready: ReadyFile) -> None:
    if _is_nested(kind):
        raise CatalogError(
            ready.file.thing,
            f'its column "{name}" holds {kind}, and not one value a row',
            "Let the export write that column as text",
        )


def _text(column: str, kind: str) -> str:
    """Write whole numbers without a point; NaN is how data frames write a number they miss."""
    if kind == "VARCHAR":
        return column
    if kind not in _EXACT_BELOW:
        return f"regexp_replace({column}::VARCHAR, '^(-?\\d+)\\.0+$', '\\1')"
    whole = f"{column} = floor({column}) AND abs({column}) < {_EXACT_BELOW[kind]}"
    return (
        f"CASE WHEN isnan({column}) THEN NULL WHEN {whole} THEN {column}::BIGINT::VARCHAR "
        f"ELSE {column}::VARCHAR END"
    )
