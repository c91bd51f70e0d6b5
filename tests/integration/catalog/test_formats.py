"""The same products in every format and compression."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from syncd.catalog import FileSource
from syncd.errors import CatalogError
from tests.contract.catalog.reads import file_catalog
from tests.integration.catalog.conftest import HEADER, Catalog, gzipped, zstded

PRODUCTS = [
    {"sku": "A-1", "mpn": "PN, 1", "origin": "DK", "name": "Läufer ☃"},
    {"sku": "A-2", "mpn": 'PN "2"', "origin": "", "name": "two\nlines"},
    {"sku": "A-3", "mpn": "640420", "origin": "US", "name": ""},
]
EXPECTED = {"A-1": ("PN, 1", "DK"), "A-2": ('PN "2"', None), "A-3": ("640420", "US")}


def table(delimiter: str) -> bytes:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    rows = [list(PRODUCTS[0]), *(list(product.values()) for product in PRODUCTS)]
    return "".join(delimiter.join(map(quoted, row)) + "\n" for row in rows).encode()


def parquet(folder: Path, select: str) -> bytes:
    path = folder / "made.parquet"
    with duckdb.connect() as engine:
        engine.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


def products_as(ending: str, folder: Path) -> bytes:
    spool = folder / "products.json"
    spool.write_text(json.dumps(PRODUCTS), encoding="utf-8")
    match ending:
        case "csv":
            return table(",")
        case "tsv":
            return table("\t")
        case "jsonl" | "ndjson":
            return "".join(json.dumps(product) + "\n" for product in PRODUCTS).encode()
        case "json":
            return json.dumps(PRODUCTS, indent=1).encode()
        case _:
            return parquet(folder, f"FROM read_json('{spool}')")


@pytest.mark.parametrize(
    ("compression", "compress"), [("", bytes), (".gz", gzipped), (".zst", zstded)]
)
@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "ndjson", "json", "parquet"])
def test_every_format_is_read_plain_and_compressed(
    catalog: Catalog,
    tmp_path: Path,
    ending: str,
    compression: str,
    compress: Callable[[bytes], bytes],
) -> None:
    name = f"catalog.{ending}{compression}"
    catalog.write(compress(products_as(ending, tmp_path)), name)

    first = catalog.read(name)

    assert first.table() == EXPECTED
    assert first.certificate.complete, first.certificate.doubts
    assert (first.certificate.rows, first.certificate.records) == (3, 3)
    assert catalog.read(name, first.known).rows == ()


@pytest.mark.parametrize(
    ("ending", "rows"),
    [("csv", [2, 3, 4]), ("jsonl", [1, 2, 3]), ("json", [1, 2, 3]), ("parquet", [1, 2, 3])],
)
def test_rows_are_numbered_as_a_reader_of_the_file_counts_them(
    catalog: Catalog, tmp_path: Path, ending: str, rows: list[int]
) -> None:
    catalog.write(products_as(ending, tmp_path), f"catalog.{ending}")

    found = {row.id: row.row for row in catalog.read(f"catalog.{ending}").rows}

    assert found == dict(zip(EXPECTED, rows, strict=True))


def test_the_format_can_be_set_where_the_ending_does_not_tell_it(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\n", "export.txt")

    assert catalog.read("export.txt", format="csv").ids == ["A"]
    with pytest.raises(CatalogError, match=r'"\.txt" does not tell .* Set catalog\.format'):
        catalog.read("export.txt")


def test_delimiter_and_quote_are_as_configured(catalog: Catalog) -> None:
    catalog.write("sku;mpn;origin\n'A;1';\"x\";DK\n")

    found = catalog.read(delimiter=";", quote="'")

    assert found.table() == {"A;1": ('"x"', "DK")}


def test_without_a_quote_character_quotes_are_text(catalog: Catalog) -> None:
    catalog.write('sku\tmpn\torigin\nA\t"1\tDK\n', "catalog.tsv")

    assert catalog.read("catalog.tsv", quote="").table() == {"A": ('"1', "DK")}


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_bom_line_ends_and_quoted_line_ends_change_no_value(
    catalog: Catalog, bom: bytes, line_end: str
) -> None:
    text = f'sku,mpn,origin\nA,"1{line_end}2\n3",DK\nB,4,\nC,"",US\n'
    lines = text.replace("\n", line_end) if line_end == "\n" else text
    content = lines.replace(",DK\n", f",DK{line_end}").replace("origin\n", f"origin{line_end}")
    catalog.write(bom + content.encode())

    found = catalog.read()

    assert found.table() == {"A": (f"1{line_end}2\n3", "DK"), "B": ("4", None), "C": (None, "US")}
    assert found.certificate.complete


@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_json_may_begin_with_a_bom(catalog: Catalog, ending: str) -> None:
    record = b'{"sku": "A", "mpn": "1", "origin": "DK"}\n'
    content = b"[" + record + b"]" if ending == "json" else record
    catalog.write(b"\xef\xbb\xbf" + content, f"catalog.{ending}")

    assert catalog.read(f"catalog.{ending}").ids == ["A"]


def test_an_inch_mark_is_no_quote(catalog: Catalog) -> None:
    catalog.write(HEADER + b'A,5" pipe,DK\nB,7,US\n')

    found = catalog.read()

    assert found.table() == {"A": ('5" pipe', "DK"), "B": ("7", "US")}
    assert found.certificate.complete, found.certificate.doubts


def test_lines_may_end_in_several_ways(catalog: Catalog) -> None:
    catalog.write(b'sku,mpn,origin\r\nA,1,DK\nB,"2\n",US\r\r\nC,3\r3,DE\r\n')

    found = catalog.read()

    assert found.table() == {"A": ("1", "DK"), "B": ("2", "US"), "C": ("3\v3", "DE")}
    assert found.certificate.complete, found.certificate.doubts


def test_json_lines_may_end_in_several_ways(catalog: Catalog) -> None:
    catalog.write(
        b'{"sku": "A", "mpn": "1", "origin": "DK"}\r\r\n{"sku": "B", "mpn": 2}\n'
        b'{"sku": "C",\r"mpn": 3}\r\n',
        "catalog.jsonl",
    )

    assert catalog.read("catalog.jsonl").ids == ["A", "B", "C"]


def test_empty_lines_are_no_records(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\n\nB,2,US\n\n\n")

    found = catalog.read()

    assert found.ids == ["A", "B"]
    assert found.certificate.complete, found.certificate.doubts


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("640420", "640420"),
        ("640420.0", "640420"),
        ("1e5", "100000"),
        ("6404.25", "6404.25"),
        ("-3", "-3"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("true", "true"),
        ("false", "false"),
        ("null", None),
        ('"true"', "true"),
        ('"640420.0"', "640420.0"),
        ('" a\\tb\\u00e4 "', "a\tbä"),
        ('"\\"quoted\\""', '"quoted"'),
        ('""', None),
    ],
)
def test_json_values_become_text(catalog: Catalog, written: str, text: str | None) -> None:
    catalog.write(f'{{"sku": "A", "mpn": {written}, "origin": "DK"}}\n', "catalog.jsonl")

    found = catalog.read("catalog.jsonl")

    assert found.table() == {"A": (text, "DK")}
    assert found.row("A").defect is None


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ('{"a": 1}', "a list or an object"),
        ("[1]", "a list or an object"),
        ("1e300", "cannot be taken over exactly"),
        ("12345678901234567.5", "cannot be taken over exactly"),
        ("NaN", "cannot be taken over exactly"),
        ('"x\\u0000y"', "NUL"),
    ],
)
def test_json_values_that_are_no_plain_text_hold_their_row(
    catalog: Catalog, written: str, rule: str
) -> None:
    catalog.write(
        f'{{"sku": "A", "mpn": {written}, "origin": "DK"}}\n{{"sku": "B", "mpn": "2"}}\n'
        '{"sku": "C", "origin": "US"}\n',
        "catalog.jsonl",
    )

    found = catalog.read("catalog.jsonl")

    defect = found.row("A").defect
    assert defect is not None
    assert defect.attribute == "partNumber"
    assert rule in defect.rule
    assert found.row("B").defect is None
    assert found.table()["C"] == (None, "US")
    assert found.certificate.complete


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("640420::BIGINT", "640420"),
        ("640420::DOUBLE", "640420"),
        ("6404.25::DOUBLE", "6404.25"),
        ("640420::FLOAT", "640420"),
        ("'NaN'::DOUBLE", None),
        ("6404.20::DECIMAL(10, 2)", "6404.20"),
        ("640420::DECIMAL(10, 2)", "640420"),
        ("true", "true"),
        ("NULL::VARCHAR", None),
        ("'plain'::BLOB", "plain"),
        ("DATE '2026-11-21'", "2026-11-21"),
    ],
)
def test_parquet_values_become_text(
    catalog: Catalog, tmp_path: Path, value: str, text: str | None
) -> None:
    made = parquet(tmp_path, f"SELECT 'A' AS sku, {value} AS mpn, 'DK' AS origin")
    catalog.write(made, "catalog.parquet")

    assert catalog.read("catalog.parquet").table() == {"A": (text, "DK")}


def test_a_nested_parquet_column_cannot_be_mapped(catalog: Catalog, tmp_path: Path) -> None:
    made = parquet(tmp_path, "SELECT 'A' AS sku, [1, 2] AS mpn, 'DK' AS origin")
    catalog.write(made, "catalog.parquet")

    with pytest.raises(CatalogError, match=r'column "mpn" holds INTEGER\[\]'):
        catalog.read("catalog.parquet")


def test_the_meaning_covers_dialect_mapping_and_filter(tmp_path: Path) -> None:
    path = tmp_path / "catalog.csv"
    path.write_bytes(HEADER)
    variants: list[dict[str, Any]] = [
        {},
        {"delimiter": ";"},
        {"quote": "'"},
        {"final_newline": "optional"},
        {"filter": {"origin": ["DK"]}},
        {"mapping": {"eccn": {"default": "EAR99"}}},
        {"mapping": {"part_number": {"field": "mpn", "values": {"x": "y"}}}},
    ]
    meanings = {
        FileSource(file_catalog(path, **variant), "meaning").position().meaning
        for variant in variants
    }

    assert len(meanings) == len(variants)
    resources = FileSource(file_catalog(path, memory_limit="512MB", threads=1), "meaning")
    assert resources.position().meaning in meanings
