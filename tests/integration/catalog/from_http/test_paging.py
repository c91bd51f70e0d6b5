"""Each way from page to page leads to the end, and knows that it is the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syncd.domain.counting import counted
from syncd.domain.snapshot import Scope
from tests.integration.catalog.from_http.conftest import Reader, ids_of, products
from tests.stubs.paged import Kind, PagedList
from tests.stubs.raw import Asked, RawServer, Reply

KINDS: tuple[Kind, ...] = ("page", "offset", "cursor", "link", "next_url")


@pytest.mark.parametrize("declares", [True, False])
@pytest.mark.parametrize("number", [1, 3, 4, 9])
@pytest.mark.parametrize("kind", KINDS)
def test_every_page_is_read_and_the_end_is_known(
    server: RawServer, reader: Reader, kind: Kind, number: int, declares: bool
) -> None:
    shop = PagedList(server.url, products(number), kind, declares=declares)
    server.answers(shop)

    fetched = reader.fetch(**shop.settings())

    assert ids_of(fetched) == [row["id"] for row in products(number)]
    assert (fetched.doubts, fetched.scope) == ((), Scope.WHOLE)
    assert fetched.in_pages is (len(server.asked) > 1)
    pages = "pages" if shop.last or (kind in {"page", "offset"} and not declares) else "answer"
    came = f"{counted(number, 'record')} came in"
    assert any(came in one and pages in one for one in fetched.evidence)


@pytest.mark.parametrize("number", [1, 4, 5])
@pytest.mark.parametrize("more", ["onward", "misspelt"])
def test_pages_are_read_to_the_end_whatever_says_that_more_follow(
    server: RawServer, reader: Reader, more: str, number: int
) -> None:
    """An address that is null at the end, or a field that is not there at all."""
    shop = PagedList(server.url, products(number), declares=False)

    def hinting(asked: Asked) -> Reply:
        at = shop.number_of(asked)
        document = json.loads(shop.page(at).body)
        return _json(document | {"onward": "/list" if at < shop.last else None})

    server.answers(hinting)
    settings = shop.settings()
    settings["paging"]["more"] = more

    fetched = reader.fetch(**settings)

    assert ids_of(fetched) == [row["id"] for row in products(number)]
    assert fetched.doubts == ()


def test_several_lists_are_read_one_after_the_other(server: RawServer, reader: Reader) -> None:
    first = PagedList(server.url, products(3))
    second = PagedList(server.url, [{"id": "V1"}, {"id": "V2"}], total={0: 3, 1: 3})

    def lists(asked: Asked) -> Reply:
        shop = first if asked.path == "/products" else second
        return shop.page(shop.number_of(asked))

    server.answers(lists)
    settings = first.settings() | {"url": server.url, "path": ["/products", "/variations"]}

    fetched = reader.fetch(**settings)

    assert ids_of(fetched) == ["P1", "P2", "P3", "V1", "V2"]
    assert fetched.doubts == ("/variations: 2 records came, but 3 were declared",)
    assert "/products: 3 records declared, as many as came" in fetched.evidence


def _json(document: object) -> Reply:
    return Reply(body=json.dumps(document).encode())


def test_whoever_watches_sees_each_page_and_each_try(
    server: RawServer, reader: Reader, tmp_path: Path
) -> None:
    tries: list[int] = []

    def busy_twice(shop: PagedList, _: Asked, number: int) -> Reply:
        tries.append(number)
        return Reply(503) if len(tries) < 3 else shop.page(number)

    shop = PagedList(server.url, products(5), faults={1: busy_twice})
    server.answers(shop)
    told: list[int] = []

    reader.fetcher(**shop.settings()).fetch(tmp_path, None, told.append)

    assert [rows for rows in told if rows] == [2, 2, 1]
    after_the_first, after_the_second = told.index(2), told.index(2, told.index(2) + 1)
    assert told[after_the_first + 1 : after_the_second].count(0) >= 3 + 2  # tries and pauses
