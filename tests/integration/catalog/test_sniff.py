"""A file says once, to `init`, how it is to be read from then on."""

from __future__ import annotations

import duckdb
import pytest

from syncd.catalog.sniff import look_into
from syncd.errors import CatalogError
from tests.integration.catalog.conftest import Catalog, gzipped

LINES = "sku;mpn;origin\nA;1;DK\nB;2;DK\n"


@pytest.mark.parametrize(
    ("name", "content", "keys"),
    [
        ("a.csv", LINES.replace(";", ","), {}),
        ("a.csv", LINES, {"delimiter": ";"}),
        ("a.csv", "\ufeff" + LINES, {"delimiter": ";"}),
        ("a.csv", LINES.replace(";", "\t"), {"delimiter": "\t"}),
        ("a.tsv", LINES.replace(";", "\t"), {}),
        ("a.tsv", LINES, {"delimiter": ";"}),
        ("a.csv", LINES.replace("\n", "\r\n"), {"delimiter": ";"}),
        ("a.csv", "sku;mpn\n'A;A';1\n'B;B;B';2\n", {"delimiter": ";", "quote": "'"}),
        ("a.txt", LINES, {"format": "csv", "delimiter": ";"}),
        ("export", '{"sku": "A"}\n', {"format": "jsonl"}),
        ("export", ' [{"sku": "A"}]', {"format": "json"}),
        ("a.json", '[{"sku": "A"}]', {}),
        ("a.jsonl", '{"sku": "A"}\n', {}),
    ],
)
def test_only_what_is_unusual_needs_a_key(
    catalog: Catalog, name: str, content: str, keys: dict[str, str]
) -> None:
    path = catalog.write(content, name)

    found = look_into(str(path))

    assert (found.keys, found.notes) == (keys, ())


def test_compression_is_seen_through(catalog: Catalog) -> None:
    path = catalog.write(gzipped(LINES.encode()), "a.csv.gz")

    assert look_into(str(path)).keys == {"delimiter": ";"}


def test_parquet_is_known_by_its_first_bytes(catalog: Catalog) -> None:
    path = catalog.folder / "export"
    duckdb.execute(f"COPY (SELECT 'A' AS sku) TO '{path}' (FORMAT parquet)")

    assert look_into(str(path)).keys == {"format": "parquet"}


@pytest.mark.parametrize(
    ("last", "keys", "note"),
    [
        ("C;3;DK", {"delimiter": ";", "final_newline": "optional"}, "a habit of the export"),
        ("C;3", {"delimiter": ";"}, "is the file whole?"),
    ],
)
def test_a_last_line_without_an_end_is_a_habit_only_where_it_looks_whole(
    catalog: Catalog, last: str, keys: dict[str, str], note: str
) -> None:
    found = look_into(str(catalog.write(LINES + last)))

    assert found.keys == keys
    assert note in found.notes[0]


@pytest.mark.parametrize(
    ("content", "reason", "advice"),
    [
        ("sku;name\nA;Schuh\nB;Größe\n".encode("latin-1"), "its line 3 shows", "iconv -f"),
        (LINES.encode("utf-16"), "not written in UTF-8", "Let the export write UTF-8"),
        (b"", "empty file", "Look why"),
        (b"sep=;\nsku;mpn\nA;1\n", "Excel alone", "begin with the names of its columns"),
        (
            b"just some words\nand more of them\n",
            "nothing divides its lines",
            "names of its columns",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_helps(
    catalog: Catalog, content: bytes, reason: str, advice: str
) -> None:
    path = catalog.write(content)

    with pytest.raises(CatalogError) as caught:
        look_into(str(path))

    assert reason in caught.value.reason
    assert advice in caught.value.next_step


@pytest.mark.parametrize("pattern", ["", ".", "/"])
def test_a_folder_is_refused_by_whatever_it_is_called(pattern: str) -> None:
    with pytest.raises(CatalogError, match="it is a folder"):
        look_into(pattern)


def test_the_first_of_several_files_is_looked_at(catalog: Catalog) -> None:
    catalog.write(LINES, "a.csv")
    catalog.write(LINES.replace(";", ","), "b.csv")

    assert look_into(str(catalog.folder / "*.csv")).keys == {"delimiter": ";"}


def test_a_file_that_goes_on_and_on_is_cut_between_its_lines(catalog: Catalog) -> None:
    path = catalog.write("sku;name\n" + "A;größer\n" * 150_000)

    assert look_into(str(path)).keys == {"delimiter": ";"}
