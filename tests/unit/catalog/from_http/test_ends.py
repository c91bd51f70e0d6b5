"""What is taken for the end of a list, and what only looks like it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.documents import Finder
from syncd.catalog.from_http.page import Page
from syncd.catalog.from_http.paging import paging_of
from syncd.catalog.from_http.request import JsonValue, Request
from syncd.catalog.from_http.tally import Tally
from syncd.config.http_sections import PagingKeys
from syncd.config.presets import PRESETS, preset_keys

URL = "https://shop.example.com/list"
Document: TypeAlias = dict[str, Any]
CURSOR = {"type": "cursor", "parameter": "at", "next": "next_cursor"}
NEXT_URL = {"type": "next_url", "next": "links.next"}
LINK = {"type": "link"}
NOWHERE = "nothing says that it is the last"
LOST = "is empty though another promised it"


def answered(body: Document | None = None, link: str | None = None) -> Answer:
    headers = {} if link is None else {"link": link}
    return Answer(200, URL, {**headers, **(body or {}).get("headers", {})}, Path("body"), True)


def walked(paging: Document, *answers: tuple[int, Document] | tuple[int, Document, str]) -> Tally:
    """Go through pages of so many records each, as far as they lead."""
    way, tally, request = paging_of(PagingKeys.model_validate(paging)), Tally(), Request("GET", URL)
    way.first(request)
    lines = iter(range(1000))
    for number, (count, document, *link) in enumerate(answers, start=1):
        answer = answered(document, *link)
        total = document.get("total")
        if total is not None:
            tally.declare(total)
        tally.add(count, [b"%d" % next(lines) for _ in range(count)])
        page = Page(number, answer, dict(document), [{}] * count)
        if way.after(request, page, tally) is None:
            assert number == len(answers)
            return tally
    raise AssertionError("it goes on")


def at(token: str) -> Document:
    return {"next_cursor": token}


def link(target: str, relation: str = "next") -> tuple[Document, str]:
    return {}, f'<{target}>; rel="{relation}"'


@pytest.mark.parametrize(
    ("paging", "answers"),
    [
        (CURSOR, [(2, at("b")), (2, {"next_cursor": None})]),
        (CURSOR, [(2, at("b")), (2, {"next_cursor": ""})]),
        (CURSOR, [(2, {"next_cursor": None})]),
        (CURSOR, [(2, at("b")), (1, {})]),
        (CURSOR, [(0, {"next_cursor": None})]),
        (CURSOR | {"size": 2}, [(1, {})]),
        (CURSOR | {"size": 2}, [(2, at("b")), (0, {"next_cursor": None})]),
        (CURSOR, [(2, at("b") | {"total": 2}), (0, {"total": 2})]),
        (CURSOR | {"more": "next_cursor != `null`"}, [(2, at("b")), (0, {})]),
        (CURSOR, [(2, at("b") | {"total": 4}), (2, {"total": 4})]),
        (CURSOR | {"more": "more"}, [(2, at("b") | {"more": True}), (2, {"more": False})]),
        (CURSOR | {"more": "more"}, [(2, at("b") | {"more": 1}), (2, at("b") | {"more": None})]),
        (CURSOR | {"more": "next_cursor != `null`"}, [(2, at("b")), (2, {})]),
        (NEXT_URL, [(2, {"links": {"next": "?p=2"}}), (2, {"links": {"next": None}})]),
        (
            {"type": "next_url", "next": "links[?rel=='next'].href | [0]"},
            [(2, {"links": [{"rel": "next", "href": "?p=2"}]}), (2, {"links": []})],
        ),
        (LINK, [(2, *link("?p=2")), (2, *link("?p=1", "first"))]),
        (NEXT_URL | {"size": 2}, [(2, {"links": {"next": "?p=2"}}), (0, {"links": {"next": ""}})]),
        (LINK | {"size": 2}, [(2, *link("?p=2")), (0, *link("?p=1", "first"))]),
        (LINK, [(2, *link("?p=2")), (1, {})]),
        (LINK, [(2, {"total": 4}, "<?p=2>; rel=next"), (2, {"total": 4})]),
        (LINK | {"more": "more"}, [(2, {"more": True}, "<?p=2>; rel=next"), (2, {"more": False})]),
        (LINK, [(2, *link("?p=1", "first"))]),
        (LINK | {"size": 3}, [(2, {})]),
    ],
    ids=str,
)
def test_an_end_that_something_vouches_for_is_believed(
    paging: Document, answers: Sequence[Any]
) -> None:
    tally = walked(paging, *answers)

    assert list(tally.doubts()) == []
    assert len(list(tally.evidence())) == 2


@pytest.mark.parametrize(
    ("paging", "answers", "words"),
    [
        (CURSOR, [(2, {})], NOWHERE),
        (CURSOR, [(2, {"nextCursor": "b"})], 'has the field "nextCursor"'),
        (CURSOR, [(2, {"next_cursor": None, "has_more": True})], 'has the field "has_more"'),
        (CURSOR, [(2, at("b")), (2, {})], NOWHERE),
        (CURSOR, [(3, at("b")), (2, at("c")), (1, {})], NOWHERE),
        (CURSOR, [(2, at("b")), (1, {"nextCursor": "c"})], 'has the field "nextCursor"'),
        (CURSOR | {"size": 2}, [(2, {})], "the only page is full"),
        (CURSOR | {"size": 2}, [(2, {"next_cursor": None})], "the only page is full"),
        (CURSOR | {"more": "more"}, [(2, at("b") | {"more": True}), (2, {})], NOWHERE),
        (CURSOR | {"more": "more"}, [(2, {"more": True})], "says that more follows, but not where"),
        (NEXT_URL, [(2, {"links": {"next": "?p=2"}}), (2, {"links": {}})], NOWHERE),
        (NEXT_URL, [(2, {"links": {"next": "?p=2"}}), (2, {})], NOWHERE),
        (CURSOR, [(2, at("b\udcff"))], "names a next one that cannot be read"),
        (CURSOR, [(2, at("b")), (0, {})], LOST),
        (CURSOR, [(2, at("b")), (0, {"next_cursor": None})], LOST),
        (CURSOR | {"size": 3}, [(2, at("b")), (0, {"next_cursor": None})], LOST),
        (CURSOR | {"size": 2}, [(2, at("b")), (0, {})], NOWHERE),
        (CURSOR | {"size": 2}, [(2, at("b")), (1, at("c")), (0, {"next_cursor": None})], LOST),
        (CURSOR | {"size": 2}, [(0, {})], NOWHERE),
        (CURSOR, [(2, at("b") | {"total": 3}), (0, {"total": 3})], "but 3 were declared"),
        (NEXT_URL, [(2, {"links": {"next": "?p=2"}}), (0, {})], LOST),
        (NEXT_URL, [(2, {"links": {"next": "?p=2"}}), (0, {"links": {"next": ""}})], LOST),
        (LINK, [(2, {})], NOWHERE),
        (LINK, [(2, *link("?p=2")), (2, *link("?p=3")), (2, {})], NOWHERE),
        (LINK, [(2, *link("?p=2")), (2, *link("?p=3")), (0, {})], LOST),
        (LINK, [(2, *link("?p=2")), (0, *link("?p=1", "first"))], LOST),
        (LINK | {"size": 2}, [(2, *link("?p=2")), (2, {})], NOWHERE),
        (LINK | {"size": 2}, [(2, *link("?p=2")), (0, {})], NOWHERE),
        (LINK | {"size": 2}, [(0, {})], NOWHERE),
        (LINK | {"size": 2}, [(2, *link("?p=1", "first"))], "the only page is full"),
    ],
    ids=str,
)
def test_an_end_that_nothing_vouches_for_is_a_doubt(
    paging: Document, answers: Sequence[Any], words: str
) -> None:
    assert any(words in doubt for doubt in walked(paging, *answers).doubts())


BY_NUMBER = {"type": "page", "parameter": "at"}
EMPTY = "are empty, but there is"
DENIED = "may count the records of one page"


@pytest.mark.parametrize(
    ("paging", "answers", "words"),
    [
        (BY_NUMBER, [(2, {}), (0, {}), (0, {"has_more": True})], EMPTY),
        (BY_NUMBER, [(2, {}), (0, {}), (0, {"next": "?p=9"})], EMPTY),
        (BY_NUMBER, [(2, {}), (0, {}), (0, {"totalCount": 3})], EMPTY),
        (BY_NUMBER, [(2, {"totalCount": 3}), (0, {}), (0, {})], EMPTY),
        (BY_NUMBER, [(2, {"total_pages": 4}), (0, {}), (0, {})], EMPTY),
        (BY_NUMBER, [(2, {"headers": {"x-total-count": "9"}}), (0, {}), (0, {})], EMPTY),
        (BY_NUMBER, [(2, {"total": 2, "has_more": True})], DENIED),
        (BY_NUMBER, [(2, {"total": 2, "total_pages": 3})], DENIED),
        (CURSOR, [(2, {"total": 2, "next_page_url": "?p=2"})], DENIED),
        (CURSOR, [(2, {"total": 2, "last_page": 3})], DENIED),
        (CURSOR | {"size": 9}, [(2, {"totalCount": 3})], "names no next one, but has"),
        (CURSOR | {"size": 9}, [(2, {"next_cursor": None, "page_count": 3})], "but has"),
        (NEXT_URL | {"size": 9}, [(2, {"next_url": "?p=2"})], "names no next one, but has"),
        (LINK | {"size": 9}, [(2, {"headers": {"x-total-count": "9"}})], "but has the header"),
    ],
    ids=str,
)
def test_an_end_that_other_signs_speak_against_is_a_doubt(
    paging: Document, answers: Sequence[Any], words: str
) -> None:
    (doubt,) = walked(paging, *answers).doubts()

    assert words in doubt


@pytest.mark.parametrize(
    ("paging", "answers"),
    [
        (BY_NUMBER, [(2, {"totalCount": 2, "total_pages": 1}), (0, {}), (0, {"has_more": False})]),
        (BY_NUMBER, [(2, {"has_more": True}), (0, {}), (0, {})]),
        (BY_NUMBER, [(2, {"total": 4}), (2, {"total": 4, "next": "?p=3"})]),
        (CURSOR, [(2, at("b") | {"last_page": 2}), (1, {"last_page": 2, "totalCount": 3})]),
    ],
    ids=str,
)
def test_an_end_that_agrees_with_what_else_is_said_is_believed(
    paging: Document, answers: Sequence[Any]
) -> None:
    assert list(walked(paging, *answers).doubts()) == []


@pytest.mark.parametrize("kind", ["page", "offset"])
def test_an_empty_page_is_the_end_once_the_one_behind_it_is_empty_too(kind: str) -> None:
    paging = {"type": kind, "parameter": "at"}

    ended = walked(paging, (2, {}), (2, {}), (0, {}), (0, {}))
    gone_on = walked(paging, (2, {}), (0, {}), (2, {}), (0, {}), (0, {}))

    assert list(ended.doubts()) == []
    assert list(gone_on.doubts()) == ["page 2 has 0 records, fewer than others, though more follow"]


def test_behind_an_empty_page_other_records_are_asked_for() -> None:
    keys = PagingKeys.model_validate({"type": "offset", "parameter": "at", "size": 5})
    way, request, tally = paging_of(keys), Request("GET", URL), Tally()
    asked = []
    for number, count in enumerate((5, 0), start=1):
        tally.add(count, [b"%d" % place for place in range(count)])
        onward = way.after(request, Page(number, answered(), {}, [{}] * count), tally)
        assert onward is not None
        asked.append(dict(onward.params)["at"])

    assert asked == ["5", "10"]


@pytest.mark.parametrize(
    ("text", "document", "there"),
    [
        ("a", {"a": None}, True),
        ("a", {}, False),
        ("a", [], False),
        ("a.b", {"a": {"b": ""}}, True),
        ("a.b", {"a": {}}, False),
        ("a.b", {"a": None}, False),
        ("a[-1]", {"a": []}, True),
        ("a[-1].id", {"a": []}, False),
        ("a[?x].y | [0]", {"a": []}, True),
        ("a[?x].y | [0]", {}, False),
        ("a == `1`", {}, True),
        ("a > `1`", {}, False),
        ("a || b", {"a": None}, False),
        ("header:X-Next", {"headers": {"x-next": ""}}, True),
        ("header:X-Next", {}, False),
    ],
)
def test_a_place_is_there_though_nothing_stands_in_it(
    text: str, document: JsonValue, there: bool
) -> None:
    answer = answered(document if isinstance(document, dict) else None)

    assert Finder(text).is_there(answer, document) is there


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_names_what_vouches_for_the_end_of_its_lists(preset: str) -> None:
    keys = preset_keys(preset)
    paging = keys["paging"]

    assert isinstance(paging, dict)
    assert "total" in keys or {"pages", "more"} & paging.keys()
