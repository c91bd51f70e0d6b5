"""An export in one body: every format, every compression, and every way of being cut."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from syncd.catalog import FetchedSource
from syncd.config import HttpCatalog
from syncd.errors import CatalogError
from tests.contract.catalog.reads import Read, read
from tests.integration.catalog.from_http.conftest import Reader, ids_of, products
from tests.stubs.raw import RawServer, Reply

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LINES = "".join(json.dumps(row) + "\n" for row in products(3)).encode()
ARRAY = json.dumps(products(3)).encode()
TABLE = b"id,mpn\nP1,M-1\nP2,M-2\nP3,M-3\n"
WRAPPED = json.dumps({"data": {"list": products(3)}}).encode()
JSON = {"content-type": "application/json; charset=utf-8"}
JSON_LINES = {"content-type": "application/x-ndjson"}
CSV = {"content-type": "text/csv"}
MAPPING = {"id": "id", "part_number": "mpn"}


def _at(server: RawServer, reply: Reply, path: str = "/export") -> str:
    server.answers(lambda _: reply)
    return server.url + path


def _compared(reader: Reader, **settings: Any) -> Read:  # noqa: ANN401 - as in TOML
    """Read by way of the source, as a cycle does."""
    catalog = HttpCatalog.model_validate({"type": "http", "mapping": MAPPING, **settings})
    fetcher = reader.fetcher(**settings)
    return read(FetchedSource(fetcher, catalog, "meaning"), reader.folder)


@pytest.mark.parametrize(
    ("body", "headers", "path"),
    [
        (ARRAY, JSON, "/export"),
        (ARRAY, {"content-type": "application/vnd.shop+json"}, "/export"),
        (LINES, JSON_LINES, "/export"),
        (LINES, {"content-type": "application/octet-stream"}, "/export.ndjson"),
        (TABLE, CSV, "/export"),
        (TABLE, {"content-type": "text/plain"}, "/export.csv"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress])
def test_each_format_is_read_compressed_or_not(
    server: RawServer,
    reader: Reader,
    body: bytes,
    headers: dict[str, str],
    path: str,
    pack: Callable[[bytes], bytes],
) -> None:
    ending = {bytes: "", gzip.compress: ".gz", zstd.compress: ".zst"}[pack]
    url = _at(server, Reply(body=pack(body), headers=headers), path + ending)

    found = _compared(reader, url=url)

    assert found.ids == ["P1", "P2", "P3"]
    assert found.certificate.doubts == ()


def test_a_body_that_http_itself_compressed_is_read(server: RawServer, reader: Reader) -> None:
    headers = {**JSON_LINES, "content-encoding": "gzip"}
    url = _at(server, Reply(body=gzip.compress(LINES, mtime=0), headers=headers))

    assert ids_of(reader.fetch(url=url)) == ["P1", "P2", "P3"]
    assert "gzip" in server.asked[0].headers["accept-encoding"]


def test_a_file_that_was_compressed_once_more_on_its_way_is_read(
    server: RawServer, reader: Reader
) -> None:
    packed = gzip.compress(gzip.compress(LINES, mtime=0))
    headers = {"content-type": "application/gzip", "content-encoding": "gzip"}
    url = _at(server, Reply(body=packed, headers=headers), "/export.jsonl.gz")

    assert ids_of(reader.fetch(url=url)) == ["P1", "P2", "P3"]


def test_a_compression_that_was_not_asked_for_is_refused(server: RawServer, reader: Reader) -> None:
    url = _at(server, Reply(body=b"\x8b\x01\x80", headers={**JSON, "content-encoding": "br"}))

    with pytest.raises(CatalogError, match="compressed as br"):
        reader.fetch(url=url)


def test_records_stand_where_the_configuration_says(server: RawServer, reader: Reader) -> None:
    url = _at(server, Reply(body=WRAPPED, headers=JSON))

    assert ids_of(reader.fetch(url=url, records="data.list")) == ["P1", "P2", "P3"]


TRAILERS: list[tuple[bytes, dict[str, str], dict[str, Any]]] = [
    (TABLE + b"# 3 rows\n", CSV, {"trailer": "# {count} rows"}),
    (
        TABLE.replace(b",", b";") + b"T;now;3\n",
        CSV,
        {"trailer": "T;*;{count}", "delimiter": ";", "total": "header:X-Count"},
    ),
    (LINES + b"# 3\n", JSON_LINES, {"trailer": "# {count}"}),
    (LINES + b"# 3\n", JSON_LINES, {"trailer": "# {count}", "fields": {"part": "mpn"}}),
]


@pytest.mark.parametrize(("body", "headers", "settings"), TRAILERS)
def test_a_trailer_counts_the_rows_of_a_body_and_is_none(
    server: RawServer,
    reader: Reader,
    body: bytes,
    headers: dict[str, str],
    settings: dict[str, Any],
) -> None:
    """It vouches for a body whose length nobody announced; another number is a doubt."""
    headers = headers | {"x-count": "3"}
    url = _at(server, Reply(body=body, headers=headers, framed=False))

    found = _compared(reader, url=url, **settings)

    assert found.ids == ["P1", "P2", "P3"]
    assert found.certificate.doubts == ()
    assert "its trailer counts as many records" in found.certificate.evidence

    fewer = body.replace(body.splitlines(keepends=True)[-2], b"")
    url = _at(server, Reply(body=fewer, headers=headers | {"x-count": "2"}, framed=False))
    (doubt,) = _compared(reader, url=url, **settings).certificate.doubts
    assert doubt.endswith("counts 3 records, but it has 2")

    whole, _, _ = body.rstrip().rpartition(b"\n")
    url = _at(server, Reply(body=whole + b"\n", headers=headers, framed=False))
    cut = _compared(reader, url=url, **settings)
    assert any("does not end with its trailer" in doubt for doubt in cut.certificate.doubts)


@pytest.mark.parametrize(
    ("body", "headers", "settings"),
    [
        (ARRAY, JSON, {}),
        (WRAPPED, JSON, {"records": "data.list"}),
        (LINES, JSON_LINES, {}),
        (LINES, JSON_LINES, {"fields": {"part": "mpn"}}),
        (TABLE, CSV, {}),
        (TABLE.replace(b",", b";"), CSV, {"delimiter": ";"}),
        (gzip.compress(LINES, mtime=0), JSON_LINES, {}),
    ],
    ids=["array", "wrapped", "lines", "flattened", "table", "semicolons", "gzip"],
)
@pytest.mark.parametrize("how", ["connection", "writer", "unframed"])
def test_no_body_that_was_cut_is_taken_for_the_whole(
    server: RawServer,
    reader: Reader,
    body: bytes,
    headers: dict[str, str],
    settings: dict[str, Any],
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cut after every byte, by the network, by whoever wrote it, and where no length is told."""
    monkeypatch.setattr("syncd.catalog.from_http.setback.TRIES", 1)
    whole = len(_rows(server, reader, Reply(body=body, headers=headers), settings) or ())
    for cut in range(len(body)):
        reply = {
            "connection": Reply(body=body, headers=headers, cut=cut),
            "writer": Reply(body=body[:cut], headers=headers),
            "unframed": Reply(body=body[:cut], headers=headers, framed=False),
        }[how]
        rows = _rows(server, reader, reply, settings)
        between_lines = how == "writer" and body[:cut].endswith(b"\n")
        assert rows is None or len(rows) == whole or between_lines, cut


def _rows(
    server: RawServer, reader: Reader, reply: Reply, settings: dict[str, Any]
) -> list[bytes] | None:
    """Give the lines of a read that leaves no doubt; None for one that does, or fails."""
    server.answers(lambda _: reply)
    try:
        fetched = reader.fetch(url=server.url + "/export", **settings)
    except CatalogError:
        return None
    text = b"".join(file.read_bytes() for file in fetched.files)
    return None if fetched.doubts or not text.endswith(b"\n") else text.splitlines()
