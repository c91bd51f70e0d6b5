"""How often a source is asked, how long it is waited for, and when it is let alone."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from syncd.catalog.from_http.timing import Time
from syncd.errors import CatalogError
from tests.integration.catalog.from_http.conftest import NOW, Hourglass, Reader, ids_of, products
from tests.ports import free_port
from tests.stubs.paged import PagedList
from tests.stubs.raw import Asked, RawServer, Reply, Respond

BODY = json.dumps(products(1)).encode()


def _first(*replies: Reply) -> Respond:
    """Answer with these, and then with the records."""
    left = list(replies)
    return lambda _: left.pop(0) if left else Reply(body=BODY)


@pytest.mark.parametrize(
    ("header", "wait"),
    [("7", 7.0), ("Sat, 21 Nov 2026 20:00:09 GMT", 9.0)],
)
def test_whoever_says_how_long_to_wait_is_waited_for(
    server: RawServer, reader: Reader, header: str, wait: float
) -> None:
    server.answers(_first(Reply(429, headers={"Retry-After": header})))

    assert ids_of(reader.fetch(url=server.url)) == ["P1"]
    assert reader.glass.slept == [wait]


def test_the_wait_may_stand_in_a_header_that_counts_milliseconds(
    server: RawServer, reader: Reader
) -> None:
    server.answers(_first(Reply(429, headers={"X-Reset-Ms": "15000"})))

    reader.fetch(url=server.url, wait_header="X-Reset-Ms")

    assert reader.glass.slept == [15.0]


def test_without_a_word_the_waits_grow_and_differ(server: RawServer, reader: Reader) -> None:
    server.answers(_first(*[Reply(503)] * 5))

    with capture_logs() as logs:
        reader.fetch(url=server.url)

    slept = reader.glass.slept
    told = [line["seconds"] for line in logs if line["event"] == "catalog.retry"]
    assert told == [round(seconds, 2) for seconds in slept]
    assert len(slept) == 5
    assert all(0 <= seconds <= 2.0**number for number, seconds in enumerate(slept))


def test_a_source_that_goes_on_failing_is_given_up(server: RawServer, reader: Reader) -> None:
    server.answers(lambda _: Reply(503))

    with pytest.raises(CatalogError, match=r"it failed 6 times: it answers 503") as caught:
        reader.fetch(url=f"{server.url}/list")
    assert caught.value.thing == f"GET {server.url}/list"
    assert len(server.asked) == 6


def test_a_wait_of_an_hour_is_not_waited_out(server: RawServer, reader: Reader) -> None:
    server.answers(lambda _: Reply(429, headers={"Retry-After": "3600"}))

    with pytest.raises(CatalogError, match="come back in 3600 s"):
        reader.fetch(url=server.url)
    assert reader.glass.slept == []


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 418])
def test_what_no_second_try_would_change_is_asked_once(
    server: RawServer, reader: Reader, status: int
) -> None:
    server.answers(lambda _: Reply(status, b'{"errors": [{"message": "No such list."}]}'))

    with pytest.raises(CatalogError, match=rf"\({status}: No such list\)"):
        reader.fetch(url=server.url)
    assert len(server.asked) == 1


def test_requests_leave_at_the_pace_that_was_agreed(server: RawServer, reader: Reader) -> None:
    shop = PagedList(server.url, products(9))
    server.answers(shop)

    reader.fetch(**shop.settings(), requests_per_second=2.0)

    assert reader.glass.slept == pytest.approx([0.5] * 4)


def test_an_unreachable_source_is_named_with_the_systems_own_words(reader: Reader) -> None:
    with pytest.raises(CatalogError, match="Connection refused"):
        reader.fetch(url=f"http://127.0.0.1:{free_port()}/list")


def test_an_answer_that_does_not_come_is_not_waited_for_forever(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.catalog.from_http.setback.TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/list"
        with pytest.raises(CatalogError, match=r"no answer within 0.05 s"):
            reader.fetch(url=url, timeout="50ms")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"errors": [{"message": "Field price does not exist."}]}', "Field price does not exist"),
        (b'{"errors": ["no", "never"]}', "with an error: no"),
    ],
)
def test_an_error_that_comes_as_200_is_one(
    server: RawServer, reader: Reader, body: bytes, reason: str
) -> None:
    server.answers(lambda _: Reply(body=body))

    with pytest.raises(CatalogError, match=reason):
        reader.fetch(url=server.url, error="errors", records="data")
    assert len(server.asked) == 1


def test_a_request_that_came_too_soon_is_made_again(server: RawServer, reader: Reader) -> None:
    busy = Reply(body=b'{"errors": [{"code": "THROTTLED"}]}')
    server.answers(_first(busy, busy))

    fetched = reader.fetch(
        url=server.url, records="@ | []", busy="errors[?code=='THROTTLED']", error="errors"
    )

    assert ids_of(fetched) == ["P1"]
    assert len(reader.glass.slept) == 2


@pytest.mark.parametrize(
    ("sign", "headers"),
    [
        ({"has_more": True}, {}),
        ({"meta": {"pagination": {"total_pages": 3}}}, {}),
        ({"_links": {"next": {"href": "/list?page=2"}}}, {}),
        ({"next_page_url": "/list?page=2"}, {}),
        ({"next_url": "/list?page=2"}, {}),
        ({"last_page": 3}, {}),
        ({"total": 3}, {}),
        ({"meta": {"total_count": "3"}}, {}),
        ({"totalCount": 3}, {}),
        ({"count": 3}, {}),
        ({}, {"X-Total-Count": "3"}),
        ({}, {"X-Total-Pages": "2"}),
        ({}, {"X-WP-TotalPages": "2"}),
        ({}, {"Link": '</list?page=2>; rel="next"'}),
    ],
)
def test_signs_of_more_pages_leave_a_doubt_where_no_paging_is_set(
    server: RawServer, reader: Reader, sign: dict[str, object], headers: dict[str, str]
) -> None:
    body = json.dumps({"items": products(2), **sign}).encode()
    server.answers(lambda _: Reply(body=body, headers=headers))

    fetched = reader.fetch(url=server.url, records="items")

    assert any("set catalog.paging" in doubt for doubt in fetched.doubts)


ARRAY = json.dumps(products(2)).encode()
LINES = b"".join(json.dumps(row).encode() + b"\n" for row in products(2))


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Total-Count": "3"},
        {"X-Total-Pages": "2"},
        {"X-WP-TotalPages": "2"},
        {"Link": '</list?page=2>; rel="next"'},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("body", "kind"), [(ARRAY, "application/json"), (LINES, "application/jsonl")]
)
def test_headers_that_speak_of_more_leave_a_doubt(
    server: RawServer, reader: Reader, body: bytes, kind: str, headers: dict[str, str]
) -> None:
    server.answers(lambda _: Reply(body=body, headers={"content-type": kind, **headers}))

    assert any("set catalog.paging" in doubt for doubt in reader.fetch(url=server.url).doubts)


@pytest.mark.parametrize(
    "beside",
    [
        {"total": 2, "count": 1, "page_count": 1, "last_page": 1},
        {"total": "many", "count": None, "next_page_url": None, "has_more": False},
        {"facets": {"brand": {"total": 90}}},
        {"errors": [], "truncated": False, "partial": None},
    ],
    ids=str,
)
def test_what_agrees_with_the_records_leaves_no_doubt(
    server: RawServer, reader: Reader, beside: dict[str, object]
) -> None:
    body = json.dumps({"items": products(2), **beside}).encode()
    server.answers(lambda _: Reply(body=body, headers={"X-Total-Count": "2"}))

    assert reader.fetch(url=server.url, records="items").doubts == ()


def test_a_total_that_is_named_goes_before_other_numbers(server: RawServer, reader: Reader) -> None:
    body = json.dumps({"items": products(2), "found": 2, "total": 90}).encode()
    server.answers(lambda _: Reply(body=body))

    assert reader.fetch(url=server.url, records="items", total="found").doubts == ()


@pytest.mark.parametrize("paging", [{}, {"paging": {"type": "page", "parameter": "page"}}], ids=str)
@pytest.mark.parametrize(
    "loss", [{"errors": [{"message": "a shard failed"}]}, {"truncated": True}, {"partial": True}]
)
def test_an_answer_that_says_that_it_lost_records_leaves_a_doubt(
    server: RawServer, reader: Reader, loss: dict[str, Any], paging: dict[str, Any]
) -> None:
    body = json.dumps({"items": products(2), "total": 2, **loss}).encode()
    server.answers(lambda _: Reply(body=body))

    (doubt,) = reader.fetch(url=server.url, records="items", total="total", **paging).doubts

    assert f'has "{next(iter(loss))}" beside its records' in doubt


def test_a_full_page_without_a_next_one_leaves_a_doubt(server: RawServer, reader: Reader) -> None:
    """A misspelt `next` finds nothing on any page: the first must not be taken for all."""
    shop = PagedList(server.url, products(9), "cursor", declares=False)
    server.answers(shop)
    settings = shop.settings()
    settings["paging"]["next"] = "meta.cursor"

    fetched = reader.fetch(**settings)

    assert any("names no next one" in doubt for doubt in fetched.doubts)


def test_a_parameter_that_is_not_heeded_leaves_a_doubt(server: RawServer, reader: Reader) -> None:
    """The server goes on giving the first page."""
    shop = PagedList(server.url, products(9), declares=False)
    server.answers(shop)
    settings = shop.settings()
    settings["paging"]["parameter"] = "pagina"

    fetched = reader.fetch(**settings)

    assert fetched.doubts == ("page 2 is the same as page 1",)


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: Reply(body=b'{"items": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}"),
        lambda _: Reply(body=b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
        lambda _: Reply(body=b"NaN"),
        lambda _: Reply(body=b""),
        lambda _: Reply(204),
        lambda _: Reply(206, BODY),
    ],
    ids=["deep", "deeper", "nan", "empty", "no_content", "a_part"],
)
def test_a_body_that_is_no_list_is_an_error(
    server: RawServer, reader: Reader, answer: Callable[[Asked], Reply]
) -> None:
    server.answers(answer)

    with pytest.raises(CatalogError):
        reader.fetch(url=server.url, records="items")


def test_an_answer_that_is_too_large_to_parse_says_what_to_do(
    server: RawServer, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.catalog.from_http.documents.LARGEST", 100)
    server.answers(lambda _: Reply(body=json.dumps({"items": products(10)}).encode()))

    with pytest.raises(CatalogError, match=r"too much to read at once.*catalog\.paging\.size"):
        reader.fetch(url=server.url, records="items")


def test_a_body_that_only_drips_in_is_given_up(
    server: RawServer, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.catalog.from_http.setback.TRIES", 1)
    server.answers(lambda _: Reply(body=BODY))
    hours = iter(range(0, 100 * 7200, 7200))
    monkeypatch.setattr(
        Hourglass, "time", property(lambda _: Time(lambda: NOW, lambda: float(next(hours))))
    )

    with pytest.raises(CatalogError, match="comes too slowly"):
        reader.fetch(url=server.url)


def test_more_pages_than_any_list_has_leave_a_doubt(
    server: RawServer, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.catalog.from_http.pages._MOST_PAGES", 3)
    shop = PagedList(server.url, products(9))
    server.answers(shop)

    fetched = reader.fetch(**shop.settings())

    assert "it goes on without end after page 3" in fetched.doubts


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", "text/csv"])
@pytest.mark.parametrize("paging", [{}, {"type": "link"}], ids=["export", "pages"])
def test_a_page_for_people_is_called_one(
    server: RawServer, reader: Reader, kind: str, paging: dict[str, str]
) -> None:
    page = Reply(body=b" \n<!doctype html><p>Log in", headers={"content-type": kind})
    server.answers(lambda _: page)

    with pytest.raises(CatalogError, match="a web page, as for logging in"):
        reader.fetch(url=server.url, paging=paging)
