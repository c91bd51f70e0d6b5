"""What a document shows of itself, and reads of what has changed since."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from syncd.domain.snapshot import Scope
from syncd.errors import CatalogError
from tests.integration.catalog.from_http.conftest import NOW, Reader, ids_of, products
from tests.stubs.paged import PagedList
from tests.stubs.raw import Asked, RawServer, Reply

BODY = json.dumps(products(2)).encode()
SINCE = "2026-11-21T19:00:00Z"


def _date(minutes: float) -> str:
    return format_datetime(NOW + timedelta(minutes=minutes), usegmt=True)


# ------------------------------------------------------------------------------- identity


@pytest.mark.parametrize(
    ("headers", "identity"),
    [
        ({"ETag": '"v1"'}, 'ETag "v1"'),
        ({"ETag": 'W/"v1"', "Last-Modified": _date(-60)}, 'ETag W/"v1"'),
        (
            {"Last-Modified": _date(-60), "Date": _date(0)},
            "Last-Modified 2026-11-21T19:00:00+00:00",
        ),
        ({"Last-Modified": _date(-0.5), "Date": _date(0)}, ""),
        ({"Last-Modified": _date(-60)}, ""),
        ({}, ""),
    ],
)
def test_a_document_shows_what_it_is_without_being_read(
    server: RawServer, reader: Reader, headers: dict[str, str], identity: str
) -> None:
    server.answers(lambda _: Reply(body=BODY, headers=headers))

    assert reader.fetcher(url=server.url).identity() == identity
    assert [asked.method for asked in server.asked] == ["HEAD"]
    assert reader.fetch(url=server.url).identity == identity


class Document:
    """A document that a server gives only to whoever has another one, or always."""

    def __init__(self, headers: dict[str, str], *, heeds: bool) -> None:
        self.headers = {"Date": _date(0), **headers}
        self.heeds = heeds

    def __call__(self, asked: Asked) -> Reply:
        has = asked.headers.get("if-none-match") or asked.headers.get("if-modified-since")
        if self.heeds and has is not None and has in self.headers.values():
            return Reply(304, headers=self.headers)
        return Reply(body=BODY, headers=self.headers)


@pytest.mark.parametrize("heeds", [True, False])
@pytest.mark.parametrize(
    ("headers", "later", "condition"),
    [
        ({"ETag": '"v1"'}, {"ETag": '"v2"'}, ("if-none-match", '"v1"')),
        ({"ETag": 'W/"v1"'}, {"ETag": 'W/"v2"'}, ("if-none-match", 'W/"v1"')),
        (
            {"Last-Modified": _date(-60)},
            {"Last-Modified": _date(-50)},
            ("if-modified-since", _date(-60)),
        ),
    ],
)
def test_a_document_comes_again_only_where_it_is_another(
    server: RawServer,
    reader: Reader,
    headers: dict[str, str],
    later: dict[str, str],
    condition: tuple[str, str],
    heeds: bool,
) -> None:
    """A server that heeds no conditions shows by the same headers that nothing has changed."""
    server.answers(Document(headers, heeds=heeds))
    source = reader.source(url=server.url)
    with source.read(None) as snapshot:
        last = snapshot.position
    server.asked.clear()

    with source.read_unless(last) as untouched:
        assert untouched is None
    (asked,) = server.asked
    assert (asked.method, asked.headers[condition[0]]) == ("GET", condition[1])

    server.answers(Document(later, heeds=heeds))
    with source.read_unless(last) as other:
        assert other is not None
        assert other.position != last
    assert len(server.asked) == 1


def test_a_document_of_another_meaning_comes_whatever_it_shows(
    server: RawServer, reader: Reader
) -> None:
    server.answers(Document({"ETag": '"v1"'}, heeds=True))
    with reader.source(url=server.url).read(None) as snapshot:
        last = replace(snapshot.position, meaning="another")

    with reader.source(url=server.url).read_unless(last) as again:
        assert again is not None


def test_what_was_not_asked_for_on_a_condition_is_not_left_out(
    server: RawServer, reader: Reader
) -> None:
    server.answers(lambda _: Reply(304))

    with pytest.raises(CatalogError, match="304"):
        reader.fetch(url=server.url)


@pytest.mark.parametrize("status", [403, 404, 405, 500, 501, 503])
def test_a_server_that_knows_no_head_shows_nothing(
    server: RawServer, reader: Reader, status: int
) -> None:
    server.answers(lambda asked: Reply(status if asked.method == "HEAD" else 200, BODY))

    assert reader.fetcher(url=server.url).identity() == ""
    assert len(server.asked) == 1
    assert ids_of(reader.fetch(url=server.url)) == ["P1", "P2"]


def test_a_source_that_is_asked_too_often_is_an_error(server: RawServer, reader: Reader) -> None:
    server.answers(lambda _: Reply(429))

    with pytest.raises(CatalogError):
        reader.fetcher(url=server.url).identity()


def test_pages_show_nothing_and_cost_no_request(server: RawServer, reader: Reader) -> None:
    shop = PagedList(server.url, products(3))
    server.answers(shop)

    assert reader.fetcher(**shop.settings()).identity() == ""
    assert server.asked == []


# -------------------------------------------------------------------------------- meaning


def test_a_watermark_is_good_for_one_way_of_asking(reader: Reader) -> None:
    usual: dict[str, Any] = {"url": "https://a.example.com", "params": {"status": "active"}}
    meaning = reader.fetcher(**usual).meaning()

    assert reader.fetcher(**usual).meaning() == meaning
    assert reader.fetcher(**usual, timeout="5s", requests_per_second=1.0).meaning() == meaning
    assert reader.fetcher(**{**usual, "params": {}}).meaning() != meaning
    assert reader.fetcher(**{**usual, "url": "https://b.example.com"}).meaning() != meaning
    other_key = {"type": "bearer", "secret": "other"}
    assert reader.fetcher(**usual, auth=other_key).meaning() == meaning


# -------------------------------------------------------------------------------- changes


def _changing(**how: object) -> dict[str, Any]:
    return {"params": {"modified_after": "{since}"}, **how}


def test_only_what_changed_is_asked_for(server: RawServer, reader: Reader) -> None:
    shop = PagedList(server.url, products(3))
    server.answers(shop)

    fetched = reader.fetch(SINCE, **shop.settings(), updated_since=_changing())

    assert fetched.scope is Scope.CHANGES
    assert {asked.query["modified_after"] for asked in server.asked} == {SINCE}


def test_a_whole_read_asks_for_all_and_gives_the_first_watermark(
    server: RawServer, reader: Reader
) -> None:
    shop = PagedList(server.url, products(3))
    server.answers(shop)

    fetched = reader.fetch(None, **shop.settings(), updated_since=_changing(overlap="10m"))

    assert fetched.scope is Scope.WHOLE
    assert not any("modified_after" in asked.query for asked in server.asked)
    assert fetched.watermark == "2026-11-21T19:50:00Z"


def test_nothing_changed_is_no_error(server: RawServer, reader: Reader) -> None:
    shop = PagedList(server.url, [])
    server.answers(shop)

    fetched = reader.fetch(SINCE, **shop.settings(), updated_since=_changing())

    assert (fetched.files, fetched.doubts) == ((), ())


def test_a_source_that_cannot_tell_changes_is_read_whole(server: RawServer, reader: Reader) -> None:
    shop = PagedList(server.url, products(3))
    server.answers(shop)

    fetched = reader.fetch(SINCE, **shop.settings())

    assert (fetched.scope, fetched.watermark) == (Scope.WHOLE, None)


def test_a_watermark_of_another_kind_of_source_is_not_heeded(
    server: RawServer, reader: Reader
) -> None:
    server.answers(lambda _: Reply(body=BODY))

    fetched = reader.fetch("4711", url=server.url, updated_since=_changing())

    assert fetched.scope is Scope.WHOLE


@pytest.mark.parametrize(
    ("minutes", "watermark"),
    [(-30, "2026-11-21T19:25:00Z"), (30, "2026-11-21T19:55:00Z"), (None, "2026-11-21T19:55:00Z")],
    ids=["slow", "fast", "silent"],
)
def test_the_watermark_is_the_earlier_of_both_clocks_less_the_overlap(
    server: RawServer, reader: Reader, minutes: float | None, watermark: str
) -> None:
    date = {} if minutes is None else {"Date": _date(minutes)}
    server.answers(lambda _: Reply(body=BODY, headers=date))

    fetched = reader.fetch(url=server.url, updated_since=_changing())

    assert fetched.watermark == watermark


def test_the_watermark_is_of_the_first_answer(server: RawServer, reader: Reader) -> None:
    """What changes while later pages are read must be read again."""
    shop = PagedList(server.url, products(5))

    def dated(asked: Asked) -> Reply:
        reply = shop(asked)
        date = _date(-30 + shop.number_of(asked))
        return Reply(body=reply.body, headers={**reply.headers, "Date": date})

    server.answers(dated)

    fetched = reader.fetch(**shop.settings(), updated_since=_changing(overlap="0"))

    assert fetched.watermark == "2026-11-21T19:30:00Z"


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("%Y-%m-%d %H:%M:%S", "2026-11-21 19:00:00"),
        ("epoch", "1795287600"),
        ("epoch_ms", "1795287600000"),
    ],
)
def test_the_moment_is_written_as_the_source_wants_it(
    server: RawServer, reader: Reader, form: str, written: str
) -> None:
    server.answers(lambda _: Reply(body=BODY))

    reader.fetch(SINCE, url=server.url, updated_since=_changing(format=form))

    assert server.asked[0].query["modified_after"] == written


def test_the_moment_may_stand_in_the_body(server: RawServer, reader: Reader) -> None:
    server.answers(lambda _: Reply(body=BODY))

    reader.fetch(
        SINCE,
        url=server.url,
        method="POST",
        body={"query": "q", "variables": {"first": 5}},
        updated_since={"body": {"variables.query": "updated_at:>='{since}'"}},
    )

    assert json.loads(server.asked[0].body) == {
        "query": "q",
        "variables": {"first": 5, "query": f"updated_at:>='{SINCE}'"},
    }
