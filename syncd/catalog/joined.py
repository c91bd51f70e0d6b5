"""A joined source, read as carefully as the catalog itself and made ready to be looked up by id."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.catalog.certificate import Evidence, certify
from syncd.catalog.database import explained, opened
from syncd.catalog.join_sql import Joined, Joining
from syncd.catalog.joining import Division
from syncd.catalog.mapping_sql import MappingSql
from syncd.catalog.origin import Take
from syncd.catalog.passes import Passes, cut_files
from syncd.catalog.ready import get_ready
from syncd.catalog.row_numbers import RowNumbers
from syncd.catalog.scan import Scan
from syncd.catalog.sql import literal
from syncd.catalog.tables import Tables
from syncd.config import Catalog, Join
from syncd.ports import Advance

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class JoinedReading:
    """How the joined sources of a catalog are read; `advance` is told that it goes on."""

    division: Division
    settings: Catalog
    advance: Advance

    def read(self, join: Join, take: Take, folder: Path) -> Joined:
        """Read one wholly; raises `CatalogError` like a catalog that cannot be read."""
        columns, table = self.division.joined(join), folder / "joined.parquet"
        ready = tuple(
            get_ready(file, take.keys, columns, folder, self.advance) for file in take.files
        )
        joining = Joining(Division(columns, ()), ())
        scan = Scan(take, ready, MappingSql(columns, ""), joining)
        names = {str(one.plain): one.file.thing for one in ready}
        with (
            opened(self.settings, folder) as connection,
            explained(take.name, self.settings, names),
        ):
            tables = Tables(connection, folder, len(columns.attributes))
            tables.know_nothing()
            cut = cut_files(ready, required=take.keys.final_newline == "required")
            counts = Passes(connection, scan, tables, cut).run(self.advance)
            numbers = RowNumbers(ready, counts.rejected)
            evidence = Evidence(scan, counts, numbers, cut, lambda: True)
            certificate = certify(connection, evidence, self.advance)
            _write(connection, join, len(columns.attributes), table)
        return Joined(join, certificate, table)


def _write(connection: DuckDBPyConnection, join: Join, width: int, table: Path) -> None:
    """Write each id once, with its values or with what is wrong with it."""
    values = [f"v{number}" for number in range(width)]
    taken = "".join(f", CASE count(*) WHEN 1 THEN any_value({one}) END AS {one}" for one in values)
    nothing = "".join(f", NULL AS {value}" for value in values)
    named = "".join(f", {value}" for value in values)
    several = literal(f'"{join.name}" has ')
    by_key = literal(f' rows with this id in its column "{join.key}"')
    single = literal(f'in "{join.name}": ')
    connection.execute(
        f"COPY (SELECT id, CASE WHEN count(*) > 1 THEN {several} || count(*) || {by_key} "
        f"ELSE {single} || any_value(rule) END AS problem{taken} FROM ("
        f"SELECT id, flaw.rule AS rule{named} FROM looked "
        f"UNION ALL SELECT id, rule{nothing} FROM broken) "
        f"WHERE id IS NOT NULL GROUP BY id) TO {literal(str(table))} (FORMAT parquet)"
    )
