"""Reading a source to the end, and the fingerprints that a state would keep of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from syncd.config import FileCatalog
from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.snapshot import CatalogRow, Certificate
from syncd.ports import CatalogSource, Fingerprints, every_row

Known: TypeAlias = tuple[str, int | None, bool]
"""An id, its fingerprint, and whether it is missing already."""

MAPPING: Mapping[str, Any] = {"id": "sku", "part_number": "mpn", "country_of_origin": "origin"}


@dataclass(frozen=True, slots=True)
class Read:
    """Everything that one comparison gave; `new` are the ids that came in blocks."""

    certificate: Certificate
    duplicates: int
    rows: tuple[CatalogRow, ...]
    missing: tuple[ItemId, ...]
    new: tuple[ItemId, ...]

    @property
    def ids(self) -> list[str | None]:
        return sorted((row.id for row in self.rows), key=str)

    @property
    def known(self) -> list[Known]:
        """What a state knows after it has recorded this read."""
        return [(row.id, row.fingerprint, False) for row in self.rows if row.id is not None]

    def row(self, item: str | None) -> CatalogRow:
        """Give the one row with this id."""
        (row,) = [row for row in self.rows if row.id == item]
        return row

    def table(self) -> dict[str | None, tuple[str | None, ...]]:
        """Give the values of all rows by id, in the order of the mapping."""
        return {row.id: tuple(row.values.values()) for row in self.rows}

    def rule(self, item: str | None) -> str:
        """Give the rule that keeps the row with this id from being used."""
        defect = self.row(item).defect
        assert defect is not None
        return defect.rule


def read(source: CatalogSource, folder: Path, known: Iterable[Known] = ()) -> Read:
    """Compare a source with what is known of it, and take all that comes out."""
    fingerprints = write_fingerprints(folder / "fingerprints.parquet", known)
    with source.read(None) as snapshot, snapshot.compare(fingerprints) as found:
        rows = tuple(row for batch in every_row(found) for row in batch)
        missing = tuple(item for batch in found.missing() for item in batch)
        assert found.missing_count() == len(missing)
        new = tuple(item for block in found.new() for item in block.ids)
        return Read(found.certificate, found.duplicates, rows, missing, new)


def digest_of(source: CatalogSource) -> str:
    """Digest what a source gives."""
    with source.read(None) as snapshot:
        return snapshot.digest()


def write_fingerprints(path: Path, known: Iterable[Known]) -> Fingerprints:
    """Write the Parquet file that a state hands to a source, which no step goes beyond."""
    spool = path.with_suffix(".jsonl")
    lines = "".join(
        json.dumps({"id": item, "fingerprint": fingerprint, "missing": missing}) + "\n"
        for item, fingerprint, missing in known
    )
    if path.exists() and spool.read_text(encoding="utf-8") == lines:
        return Fingerprints(path)
    spool.write_text(lines, encoding="utf-8")
    with duckdb.connect() as engine:
        engine.read_json(
            str(spool),
            format="newline_delimited",
            columns={"id": "VARCHAR", "fingerprint": "BIGINT", "missing": "BOOLEAN"},
        ).write_parquet(str(path), overwrite=True)
    return Fingerprints(path)


def file_catalog(path: Path | str, **changed: Any) -> FileCatalog:  # noqa: ANN401 - as in TOML
    """Make the settings of a catalog with an id, a part number and a country of origin."""
    mapping = {**MAPPING, **changed.pop("mapping", {})}
    return FileCatalog.model_validate(
        {"type": "file", "path": str(path), "mapping": mapping, **changed}
    )


def origin_of(row: CatalogRow) -> str | None:
    """Give the text of the row's country of origin."""
    return row.values[Attribute.COUNTRY_OF_ORIGIN]
