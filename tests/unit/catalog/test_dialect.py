"""A file's dialect comes from its name and the configuration alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.catalog.dialect import Compression, Format, dialect_of
from syncd.errors import CatalogError
from tests.contract.catalog.reads import file_catalog


@pytest.mark.parametrize(
    ("name", "kind", "compression", "delimiter"),
    [
        ("a.csv", Format.CSV, Compression.NONE, ","),
        ("A.CSV", Format.CSV, Compression.NONE, ","),
        ("a.tsv", Format.TSV, Compression.NONE, "\t"),
        ("a.tsv.gz", Format.TSV, Compression.GZIP, "\t"),
        ("a.b.jsonl.zst", Format.JSONL, Compression.ZSTD, ","),
        ("a.ndjson", Format.JSONL, Compression.NONE, ","),
        ("a.json.GZ", Format.JSON, Compression.GZIP, ","),
        ("a.parquet", Format.PARQUET, Compression.NONE, ","),
    ],
)
def test_the_ending_tells_format_and_compression(
    name: str, kind: Format, compression: Compression, delimiter: str
) -> None:
    dialect = dialect_of(Path(name), file_catalog(name))

    assert (dialect.format, dialect.compression) == (kind, compression)
    assert dialect.delimiter == delimiter


def test_the_configuration_goes_before_the_ending() -> None:
    settings = file_catalog("a.txt.gz", format="tsv", delimiter="|", quote="'")

    dialect = dialect_of(Path("a.txt.gz"), settings)

    assert (dialect.format, dialect.compression) == (Format.TSV, Compression.GZIP)
    assert (dialect.delimiter, dialect.quote) == ("|", "'")


@pytest.mark.parametrize("name", ["a", "a.gz", "a.xlsx", "csv"])
def test_an_ending_that_tells_nothing_is_refused(name: str) -> None:
    with pytest.raises(CatalogError, match=r"Set catalog\.format"):
        dialect_of(Path(name), file_catalog(name))


def test_a_quote_character_beyond_ascii_is_refused() -> None:
    with pytest.raises(CatalogError, match="which is not ASCII"):
        dialect_of(Path("a.csv"), file_catalog("a.csv", quote="«"))


@pytest.mark.parametrize(
    ("kind", "encloser", "has_lines"),
    [("csv", '"', True), ("tsv", '"', True), ("jsonl", "", True), ("json", "", False)],
)
def test_only_in_tables_may_quotes_enclose_line_ends(
    kind: str, encloser: str, has_lines: bool
) -> None:
    dialect = dialect_of(Path("a"), file_catalog("a", format=kind))

    assert (dialect.encloser, dialect.has_lines) == (encloser, has_lines)
