"""Looking at some rows costs no more requests than they need, and proves nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syncd.catalog.fetching import Fetched
from syncd.catalog.from_http.glance import HttpGlance
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


def test_what_has_no_pages_is_read_whole(server: RawServer, tmp_path: Path) -> None:
    server.answers(lambda _: Reply(body=json.dumps(products(5)).encode()))

    assert len(ids_of(glanced(tmp_path, 3, url=server.url))) == 5


def test_a_list_without_a_row_is_suspect(server: RawServer, tmp_path: Path) -> None:
    shop = PagedList(server.url, [])
    server.answers(shop)

    with pytest.raises(SuspectCatalogError):
        glanced(tmp_path, 3, **shop.settings())
