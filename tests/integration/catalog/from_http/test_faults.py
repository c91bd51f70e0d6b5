"""Whatever goes wrong on whichever page, a part is never taken for the whole."""

from __future__ import annotations

import json

import pytest

from syncd.errors import CatalogError, SuspectCatalogError
from tests.integration.catalog.from_http.conftest import Reader, ids_of, products
from tests.stubs.paged import Fault, Kind, PagedList
from tests.stubs.raw import Asked, RawServer, Reply

KINDS: tuple[Kind, ...] = ("page", "offset", "cursor", "link", "next_url")
PAGES = 5
LOGIN = b"<!DOCTYPE html><html><body>Please log in</body></html>"


def _json(document: object) -> Reply:
    return Reply(body=json.dumps(document).encode())


def _html(_: PagedList, __: Asked, ___: int) -> Reply:
    return Reply(body=LOGIN, headers={"content-type": "text/html"})


def _html_called_json(_: PagedList, __: Asked, ___: int) -> Reply:
    return Reply(body=LOGIN)


def _no_records(_: PagedList, __: Asked, ___: int) -> Reply:
    return Reply(body=b'{"error": "the search index is being rebuilt"}')


def _records_null(_: PagedList, __: Asked, ___: int) -> Reply:
    return Reply(body=b'{"items": null, "total": 0}')


def _cut_json(shop: PagedList, _: Asked, number: int) -> Reply:
    body = shop.page(number).body
    return Reply(body=body[: len(body) // 2])


def _cut_connection(shop: PagedList, _: Asked, number: int) -> Reply:
    page = shop.page(number)
    return Reply(body=page.body, headers=page.headers, cut=len(page.body) // 2)


def _breakdown(_: PagedList, __: Asked, ___: int) -> Reply:
    return Reply(503, b"upstream unavailable")


def _refusal(_: PagedList, __: Asked, ___: int) -> Reply:
    return Reply(403, b'{"message": "no"}')


def _vanished(_: PagedList, __: Asked, ___: int) -> Reply:
    return Reply(404, b"{}")


def _login(shop: PagedList, _: Asked, __: int) -> Reply:
    shop.elsewhere = Reply(body=LOGIN, headers={"content-type": "text/html"})
    return Reply(302, headers={"location": "/login"})


def _elsewhere(_: PagedList, __: Asked, ___: int) -> Reply:
    return Reply(302, headers={"location": "http://localhost:1/list"})


def _empty(shop: PagedList, _: Asked, number: int) -> Reply:
    return shop.page(number, [])


def _the_page_before(shop: PagedList, _: Asked, number: int) -> Reply:
    before = number - 1 if number else number + 1
    kept = shop.page(number)
    document = json.loads(kept.body) | {"items": json.loads(shop.page(before).body)["items"]}
    return Reply(body=json.dumps(document).encode(), headers=kept.headers)


def _back_to_the_start(shop: PagedList, _: Asked, __: int) -> Reply:
    return shop.page(0)


def _one_short(shop: PagedList, _: Asked, number: int) -> Reply:
    held = json.loads(shop.page(number).body)["items"]
    return shop.page(number, held[:-1])


def _end_too_soon(shop: PagedList, _: Asked, number: int) -> Reply:
    """Say that nothing follows, with the total that the other pages declare."""
    page = json.loads(shop.page(number).body)
    return Reply(body=json.dumps(page | {"cursor": None, "onward": None}).encode())


LOUD: tuple[Fault, ...] = (
    _html,
    _html_called_json,
    _no_records,
    _records_null,
    _cut_json,
    _cut_connection,
    _breakdown,
    _refusal,
    _vanished,
    _login,
    _elsewhere,
)
QUIET: tuple[Fault, ...] = (_empty, _the_page_before, _one_short)


def _named(fault: object) -> str:
    return getattr(fault, "__name__", str(fault)).strip("_")


@pytest.mark.parametrize("number", range(PAGES))
@pytest.mark.parametrize("kind", ["page", "link"])
@pytest.mark.parametrize("fault", LOUD, ids=_named)
def test_a_page_that_is_none_ends_the_read_with_an_error(
    server: RawServer,
    reader: Reader,
    kind: Kind,
    fault: Fault,
    number: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("syncd.catalog.from_http.setback.TRIES", 2)
    shop = PagedList(server.url, products(2 * PAGES), kind, faults={number: fault})
    server.answers(shop)

    with pytest.raises(CatalogError):
        reader.fetch(**shop.settings())


@pytest.mark.parametrize("number", range(PAGES))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", QUIET, ids=_named)
def test_a_page_that_lost_records_leaves_a_doubt(
    server: RawServer, reader: Reader, kind: Kind, fault: Fault, number: int
) -> None:
    shop = PagedList(server.url, products(2 * PAGES), kind, faults={number: fault})
    server.answers(shop)

    try:
        fetched = reader.fetch(**shop.settings())
    except SuspectCatalogError:  # an empty first page may be all that comes
        assert (fault, number) == (_empty, 0)
    else:
        assert fetched.doubts


@pytest.mark.parametrize("hint", [{}, {"pages": "last"}, {"more": "more"}], ids=str)
@pytest.mark.parametrize("number", range(PAGES - 1))
@pytest.mark.parametrize("kind", ["page", "offset"])
def test_a_short_page_in_the_middle_leaves_a_doubt_where_no_total_is_declared(
    server: RawServer, reader: Reader, kind: Kind, hint: dict[str, str], number: int
) -> None:
    """It is no end either: what follows is read."""
    shop = PagedList(server.url, products(4 * PAGES), kind, 4, declares=False)

    def hinting(asked: Asked) -> Reply:
        at = shop.number_of(asked)
        held = json.loads(shop.page(at).body)["items"]
        document = {"items": held[:-1] if at == number else held}
        return _json(document | {"last": PAGES, "more": at < PAGES - 1})

    server.answers(hinting)
    settings = shop.settings()
    settings["paging"] |= hint

    fetched = reader.fetch(**settings)

    assert any("fewer than others" in doubt for doubt in fetched.doubts)
    assert "P20" in ids_of(fetched)


@pytest.mark.parametrize("hint", [{"pages": "last"}, {"more": "more"}], ids=str)
def test_an_empty_page_in_the_middle_is_no_end_where_more_is_said_to_follow(
    server: RawServer, reader: Reader, hint: dict[str, str]
) -> None:
    shop = PagedList(server.url, products(6), declares=False)

    def hinting(asked: Asked) -> Reply:
        at = shop.number_of(asked)
        held = [] if at == 1 else json.loads(shop.page(at).body)["items"]
        return _json({"items": held, "last": 3, "more": at < 2})

    server.answers(hinting)
    settings = shop.settings()
    settings["paging"] |= hint

    fetched = reader.fetch(**settings)

    assert ids_of(fetched) == ["P1", "P2", "P5", "P6"]
    assert "page 2 is empty, though more follow" in fetched.doubts


def test_a_cursor_that_loops_leaves_a_doubt_though_the_pages_differ(
    server: RawServer, reader: Reader
) -> None:
    def looping(asked: Asked) -> Reply:
        at = len(server.asked)
        return _json({"items": [{"id": at}], "cursor": f"c{at % 3}", "asked": asked.target})

    server.answers(looping)
    paging = {"type": "cursor", "parameter": "at", "next": "cursor"}

    fetched = reader.fetch(url=server.url, records="items", paging=paging)

    assert fetched.doubts == ("page 4 leads back to a page that came before",)


@pytest.mark.parametrize("number", range(1, PAGES))
@pytest.mark.parametrize("kind", KINDS)
def test_pages_that_lead_back_to_the_start_leave_a_doubt_and_end(
    server: RawServer, reader: Reader, kind: Kind, number: int
) -> None:
    shop = PagedList(server.url, products(2 * PAGES), kind, faults={number: _back_to_the_start})
    shop.declares = False
    server.answers(shop)

    fetched = reader.fetch(**shop.settings())

    assert fetched.doubts
    assert len(server.asked) <= PAGES + 2


@pytest.mark.parametrize("number", range(PAGES - 1))
@pytest.mark.parametrize("kind", ["cursor", "link", "next_url"])
def test_an_end_before_the_declared_total_leaves_a_doubt(
    server: RawServer, reader: Reader, kind: Kind, number: int
) -> None:
    shop = PagedList(server.url, products(2 * PAGES), kind, faults={number: _end_too_soon})
    server.answers(shop)

    fetched = reader.fetch(**shop.settings())

    came = 2 * (number + 1)
    assert f"{came} records came, but {2 * PAGES} were declared" in fetched.doubts


@pytest.mark.parametrize("number", range(PAGES))
@pytest.mark.parametrize("other", [2 * PAGES - 2, 2 * PAGES + 2])
@pytest.mark.parametrize("kind", KINDS)
def test_a_total_that_changes_meanwhile_leaves_a_doubt(
    server: RawServer, reader: Reader, kind: Kind, other: int, number: int
) -> None:
    shop = PagedList(server.url, products(2 * PAGES), kind, total={number: other})
    server.answers(shop)

    fetched = reader.fetch(**shop.settings())

    assert fetched.doubts


@pytest.mark.parametrize("number", range(PAGES))
@pytest.mark.parametrize("fault", [_breakdown, _cut_connection, _cut_json, _html], ids=_named)
def test_what_passes_by_itself_costs_nothing_but_another_try(
    server: RawServer, reader: Reader, fault: Fault, number: int
) -> None:
    tries: list[int] = []

    def once(shop: PagedList, asked: Asked, at: int) -> Reply:
        tries.append(at)
        return fault(shop, asked, at) if len(tries) == 1 else shop.page(at)

    shop = PagedList(server.url, products(2 * PAGES), "page", faults={number: once})
    server.answers(shop)

    fetched = reader.fetch(**shop.settings())

    assert ids_of(fetched) == [row["id"] for row in products(2 * PAGES)]
    assert fetched.doubts == ()
    assert len(tries) == 2


def test_an_empty_list_is_suspect(server: RawServer, reader: Reader) -> None:
    shop = PagedList(server.url, [])
    server.answers(shop)

    with pytest.raises(CatalogError, match="it has no records"):
        reader.fetch(**shop.settings())


def test_a_list_that_moved_while_it_was_read_leaves_a_doubt_and_no_row_twice(
    server: RawServer, reader: Reader
) -> None:
    """A record was put in at the front: what was last on page 1 is first on page 2."""

    def moved(shop: PagedList, _: Asked, number: int) -> Reply:
        return shop.page(number, shop.records[number * 2 - 1 : number * 2 + 1])

    shop = PagedList(server.url, products(4), faults={1: moved}, declares=False)
    server.answers(shop)

    fetched = reader.fetch(**shop.settings())

    assert ids_of(fetched) == ["P1", "P2", "P3"]
    assert any("the list moved" in doubt for doubt in fetched.doubts)


def test_pages_that_never_end_are_given_up(server: RawServer, reader: Reader) -> None:
    def endless(asked: Asked) -> Reply:
        at = int(asked.query.get("at", "0"))
        return Reply(body=json.dumps({"items": [], "cursor": str(at + 1)}).encode())

    server.answers(endless)
    paging = {"type": "cursor", "parameter": "at", "next": "cursor"}

    with pytest.raises(CatalogError, match="it has no records"):
        reader.fetch(url=server.url, records="items", paging=paging)
    assert len(server.asked) < 20
