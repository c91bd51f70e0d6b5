"""A table with the id in one column or another, ready to be read."""

from __future__ import annotations

from pathlib import Path

from syncd.catalog.columns import Columns, columns_of
from syncd.catalog.dialect import Compression, Dialect, Format
from syncd.catalog.files import CatalogFile, Sighting
from syncd.catalog.ready import ReadyFile
from syncd.catalog.sidecar import Vouching
from tests.contract.catalog.reads import file_catalog

FILE = CatalogFile(0, Path("catalog.csv"), "catalog.csv", Sighting(1, 1, 1), None)


def columns(**changed: object) -> Columns:
    """The columns that the mapping of `file_catalog` needs."""
    return columns_of(file_catalog("catalog.csv", **changed))


def ready(*header: str, kind: Format = Format.CSV) -> ReadyFile:
    """A file whose header has these columns."""
    return ReadyFile(
        FILE,
        Dialect(kind, Compression.NONE, ",", '"'),
        Path("0.plain"),
        Vouching.ABSENT,
        places=tuple(header.index(name) for name in columns().names if name in header),
        width=len(header),
    )
