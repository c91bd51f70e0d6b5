"""Rows that move from page to page while they are read: none counts as gone for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from syncd.catalog import FetchedSource
from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.config import HttpCatalog
from syncd.ports import unseen
from tests.contract.catalog.reads import Read, read, write_fingerprints
from tests.integration.catalog.from_http.conftest import Hourglass, Reader, ids_of, products
from tests.stubs.paged import Kind, PagedList
from tests.stubs.raw import Asked, RawServer, Reply

KINDS: tuple[Kind, ...] = ("page", "offset", "cursor", "link", "next_url")
COLUMNS = {"id": "id", "part_number": "mpn"}
NUMBER = 9
IDS = range(1, NUMBER + 1)
MOVED = (
    "page 1 had other ids when it was asked for again, so rows have moved while they were"
    " read, and others may have been left out for it"
)
AS_BEFORE = "each page had the same ids when it was asked for a second time"


def look(shop: PagedList, folder: Path, **paging: object) -> Read:
    """Read a shop of which so many products are known, and say what it brought."""
    settings = shop.settings()
    settings["paging"] |= paging
    return look_by(settings, folder, [f"P{number}" for number in IDS])


def look_by(settings: Mapping[str, Any], folder: Path, known: list[str]) -> Read:
    keys = {"type": "http", "requests_per_second": 1000.0, "mapping": COLUMNS, **settings}
    catalog = HttpCatalog.model_validate(keys)
    fetcher = HttpFetcher(catalog, "0.0.0", Hourglass().time)
    rows = ((item, None, False) for item in known)
    return read(FetchedSource(fetcher, catalog, "meaning"), folder, rows)


def deleted_before(page: int) -> dict[int, Any]:
    """Delete a product of the first page as soon as this one is asked for, and add a new one."""

    def fault(shop: PagedList, _: Asked, number: int) -> Reply:
        shop.records = [*shop.records[1:], {"id": "new", "mpn": "M-new"}]
        shop.faults = {}
        return shop.page(number)

    return {page: fault}


@pytest.mark.parametrize("declares", [True, False])
@pytest.mark.parametrize("page", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_a_row_that_slips_by_at_any_boundary_shows_at_a_second_look(
    server: RawServer, reader: Reader, kind: Kind, page: int, declares: bool
) -> None:
    """The number of records is right, and no id comes twice."""
    faults = deleted_before(page)
    server.answers(shop := PagedList(server.url, products(9), kind, declares=declares))
    shop.faults = faults

    fetched = reader.fetch(**shop.settings())

    assert f"P{2 * page + 1}" not in ids_of(fetched)
    assert fetched.doubts == ()
    assert fetched.second_look is not None
    assert fetched.second_look.doubts(unseen) == (MOVED,)


def test_a_row_that_slips_by_is_not_missing_and_the_same_bytes_are_looked_at_anew(
    server: RawServer, tmp_path: Path
) -> None:
    shop = PagedList(server.url, products(NUMBER), faults=deleted_before(1))
    server.answers(shop)
    settings = shop.settings() | {"mapping": COLUMNS, "requests_per_second": 1000.0}
    catalog = HttpCatalog.model_validate({"type": "http", **settings})
    source = FetchedSource(HttpFetcher(catalog, "0.0.0", Hourglass().time), catalog, "meaning")
    known = write_fingerprints(tmp_path / "known", ((f"P{number}", None, False) for number in IDS))

    with source.read(None) as snapshot, snapshot.compare(known) as found:
        assert found.certificate.doubts == (MOVED,)
        assert not snapshot.is_as_it_was()


@pytest.mark.parametrize("kind", ["page", "cursor"])
def test_what_is_gone_from_pages_that_stand_still_is_missing(
    server: RawServer, tmp_path: Path, kind: Kind
) -> None:
    shop = PagedList(server.url, products(NUMBER - 1), kind)
    server.answers(shop)

    found = look(shop, tmp_path)

    assert found.missing == (f"P{NUMBER}",)
    assert AS_BEFORE in found.certificate.evidence


def test_pages_by_which_nothing_is_missing_are_asked_for_once(
    server: RawServer, tmp_path: Path
) -> None:
    shop = PagedList(server.url, products(NUMBER))
    server.answers(shop)

    found = look(shop, tmp_path)

    assert found.certificate.complete
    assert len(server.asked) == shop.last + 1


def test_pages_that_begin_behind_a_record_are_asked_for_once(
    server: RawServer, tmp_path: Path
) -> None:
    shop = PagedList(server.url, products(NUMBER - 1), "cursor")
    server.answers(shop)

    found = look(shop, tmp_path, keyset=True)

    assert found.missing == (f"P{NUMBER}",)
    assert len(server.asked) == shop.last + 1


def test_a_second_look_that_fails_leaves_a_doubt_and_the_rows(
    server: RawServer, tmp_path: Path
) -> None:
    shop = PagedList(server.url, products(NUMBER - 1))
    server.answers(lambda asked: shop(asked) if len(server.asked) <= shop.last + 1 else Reply(403))

    found = look(shop, tmp_path)

    (doubt,) = found.certificate.doubts
    assert doubt.startswith("it could not be read a second time")
    assert len(found.rows) == NUMBER - 1


def test_other_values_at_the_second_look_are_no_move(server: RawServer, tmp_path: Path) -> None:
    """Stock and times change all the time, and the ids stay where they are."""
    shop = PagedList(server.url, products(NUMBER - 1))

    def counting(asked: Asked) -> Reply:
        shop.records = [{**row, "seen": len(server.asked)} for row in shop.records]
        return shop(asked)

    server.answers(counting)

    found = look(shop, tmp_path)

    assert found.missing == (f"P{NUMBER}",)


def test_a_server_that_heeds_no_page_is_left_soon_whatever_it_changes(
    server: RawServer, tmp_path: Path
) -> None:
    """The first page comes again and again, in another order and with the time of day."""
    shop = PagedList(server.url, products(4), size=4, declares=False)

    def turning(_: Asked) -> Reply:
        shop.records = [{**row, "seen": len(server.asked)} for row in reversed(shop.records)]
        return shop.page(0)

    server.answers(turning)

    found = look(shop, tmp_path)

    assert found.certificate.doubts[0] == (
        "page 2 has the ids of page 1, so perhaps it is not the page that was asked for"
    )
    assert len(server.asked) == 4


def test_a_server_that_heeds_no_page_is_left_soon_where_no_record_is_a_row(
    server: RawServer, tmp_path: Path
) -> None:
    shop = PagedList(server.url, [{"id": None, "mpn": "1"}], declares=False)
    server.answers(lambda asked: shop.page(0) if asked.query["page"] != "1" else whole.page(0))
    whole = PagedList(server.url, products(2), declares=False)

    found = look_by(shop.settings() | {"only": "id"}, tmp_path, ["P1", "P2", "P3"])

    assert not found.certificate.complete
    assert len(server.asked) == 5
