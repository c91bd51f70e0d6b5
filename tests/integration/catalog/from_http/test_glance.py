"""Looking at some rows costs no more requests than they need, and proves nothing."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncd.catalog.fetching import Fetched
from syncd.catalog.from_http.glance import HttpGlance
from syncd.catalog.from_http.start import ENOUGH, whole_records
from syncd.catalog.spool import write
from syncd.config import HttpKeys
from syncd.errors import SuspectCatalogError
from tests.integration.catalog.from_http.conftest import ids_of, products
from tests.stubs.paged import Kind, PagedList
from tests.stubs.raw import Asked, RawServer, Reply

JOB = {
    "start": {"query": "start"},
    "job": "job",
    "done": "`true`",
    "failed": "`false`",
    "result": "url",
}


def glanced(folder: Path, most: int, **settings: Any) -> Fetched:  # noqa: ANN401 - as in TOML
    given = {"type": "http", "requests_per_second": 1000.0, **settings}
    return HttpGlance(HttpKeys.model_validate(given), "0.0.0", most).fetch(folder, None)


@pytest.mark.parametrize("kind", ["page", "offset", "cursor", "link", "next_url"])
def test_no_page_is_asked_for_that_is_not_needed(
    server: RawServer, tmp_path: Path, kind: Kind
) -> None:
    shop = PagedList(server.url, products(100), kind)
    server.answers(shop)

    fetched = glanced(tmp_path, 3, **shop.settings())

    assert ids_of(fetched) == ["P1", "P2", "P3"]
    assert len(server.asked) == 2
    assert fetched.doubts == ("only 3 rows were looked at",)


def test_a_short_list_is_followed_by_the_next_one(server: RawServer, tmp_path: Path) -> None:
    lists = {"/a": products(1), "/b": [{"id": "B"}]}

    def respond(asked: Asked) -> Reply:
        return PagedList(server.url, lists[asked.path]).page(0)

    server.answers(respond)
    settings = PagedList(server.url, []).settings() | {"url": server.url, "path": ["/a", "/b"]}

    assert ids_of(glanced(tmp_path, 3, **settings)) == ["P1", "B"]


def test_no_export_is_prepared_where_there_are_pages(server: RawServer, tmp_path: Path) -> None:
    shop = PagedList(server.url, products(3))
    server.answers(shop)

    glanced(tmp_path, 3, **shop.settings(), bulk=JOB)

    assert {asked.method for asked in server.asked} == {"GET"}


def test_a_short_document_is_read_whole_and_proves_nothing(
    server: RawServer, tmp_path: Path
) -> None:
    server.answers(lambda _: Reply(body=json.dumps(products(5)).encode(), headers=TAGGED))

    fetched = glanced(tmp_path, 3, url=server.url)

    assert len(ids_of(fetched)) == 5
    assert fetched.doubts == ("only 3 rows were looked at",)
    assert (fetched.identity, fetched.watermark) == ("", None)


LONG = [
    {"id": f"P{number}", "mpn": hashlib.sha256(b"%d" % number).hexdigest()}  # hard to compress
    for number in range(1, 60_001)
]
TAGGED = {"etag": '"1"'}
WAYS: dict[str, tuple[str, bytes]] = {
    "array": ("application/json", json.dumps(LONG).encode()),
    "lines": ("application/jsonl", b"".join(json.dumps(row).encode() + b"\n" for row in LONG)),
    "csv": (
        "text/csv",
        b"id,mpn\n" + b"".join(f'{row["id"]},"M\n{row["mpn"]}"\n'.encode() for row in LONG),
    ),
}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each body brought, before anything was unpacked."""
    sizes: list[int] = []

    def noted(into: Path, pieces: Iterator[bytes]) -> None:
        write(into, pieces)
        sizes.append(into.stat().st_size)

    monkeypatch.setattr("syncd.catalog.from_http.transport.write", noted)
    return sizes


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("way", WAYS)
def test_of_a_long_document_the_start_is_enough(
    server: RawServer, tmp_path: Path, sent: list[int], way: str, packed: bool
) -> None:
    kind, text = WAYS[way]
    body = gzip.compress(text, 1) if packed else text
    assert len(body) > 2 * ENOUGH
    server.answers(lambda _: Reply(body=body, headers={"content-type": kind, **TAGGED}))

    fetched = glanced(tmp_path, 300, url=server.url)

    (file,) = fetched.files
    rows = file.read_text(encoding="utf-8")
    assert rows.endswith("\n")
    assert 300 < rows.count("P") < len(LONG)
    if way == "csv":
        assert all(len(cells) == 2 for cells in csv.reader(rows.splitlines(keepends=True)))
    else:
        assert ids_of(fetched)[:2] == ["P1", "P2"]
    assert sent == [ENOUGH]
    assert fetched.doubts == ("only the start of it was looked at", "only 300 rows were looked at")
    assert (fetched.identity, fetched.watermark) == ("", None)


def test_a_list_within_an_object_is_read_to_its_end(
    server: RawServer, tmp_path: Path, sent: list[int]
) -> None:
    body = json.dumps({"items": LONG}).encode()
    server.answers(lambda _: Reply(body=body))

    fetched = glanced(tmp_path, 3, url=server.url, records="items")

    assert len(ids_of(fetched)) == len(LONG)
    assert sent == [ENOUGH, len(body)]
    assert fetched.doubts == ("only 3 rows were looked at",)


@pytest.mark.parametrize(
    ("text", "quote", "kept"),
    [
        (b"a\nb\nc", b"", b"a\nb\n"),
        (b"a\nb", b'"', b"a\n"),
        (b'a\n"b\nc', b'"', b"a\n"),
        (b'a\n"b\nc"\nd', b'"', b'a\n"b\nc"\n'),
        (b'a\n"b""\n\n\nc', b'"', b"a\n"),
        (b'{"a": "\n', b"", b'{"a": "\n'),
        (b'"a\nb\n', b'"', b""),
        (b"a", b'"', b""),
        (b"", b'"', b""),
    ],
)
def test_only_whole_records_are_kept_of_a_start(text: bytes, quote: bytes, kept: bytes) -> None:
    assert whole_records(text, quote) == kept


def test_a_list_without_a_row_is_suspect(server: RawServer, tmp_path: Path) -> None:
    shop = PagedList(server.url, [])
    server.answers(shop)

    with pytest.raises(SuspectCatalogError):
        glanced(tmp_path, 3, **shop.settings())
