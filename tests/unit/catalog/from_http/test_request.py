"""Requests, put together step by step."""

from __future__ import annotations

import pytest

from syncd.catalog.from_http.request import JsonValue, Request, filled, is_same_place, joined
from syncd.errors import CatalogError


@pytest.mark.parametrize(
    ("url", "path", "whole"),
    [
        ("https://a.b", "", "https://a.b"),
        ("https://a.b/", "/list", "https://a.b/list"),
        ("https://a.b/api", "/list", "https://a.b/api/list"),
        ("https://a.b/api?k=1", "/list", "https://a.b/api/list?k=1"),
        ("https://a.b/api?k=1", "/list?type=x", "https://a.b/api/list?k=1&type=x"),
        ("https://a.b/api", "?type=x", "https://a.b/api?type=x"),
    ],
)
def test_a_path_is_appended_to_an_address(url: str, path: str, whole: str) -> None:
    assert joined(url, path) == whole


def test_parameters_of_one_name_stand_beside_each_other() -> None:
    request = Request("GET", "https://a.b/list?k=1").with_params([("where", 'id > "1"')])

    again = request.with_params([("where", "x & y")])

    assert again.address == "https://a.b/list?k=1&where=id+%3E+%221%22&where=x+%26+y"
    assert str(again) == "GET https://a.b/list"


def test_a_value_finds_its_place_in_the_body_and_leaves_the_other_request_alone() -> None:
    first = Request("POST", "https://a.b", body={"query": "q", "variables": {"first": 5}})

    second = first.with_value("variables.after", "c1").with_value("extensions.x.y", 1)

    assert second.body == {
        "query": "q",
        "variables": {"first": 5, "after": "c1"},
        "extensions": {"x": {"y": 1}},
    }
    assert first.body == {"query": "q", "variables": {"first": 5}}


def test_a_mark_is_filled_in_wherever_it_stands() -> None:
    body: JsonValue = {"id": "{job}", "list": ["a {job}", 1, None], "{job}": True}

    assert filled(body, "{job}", "7") == {"id": "7", "list": ["a 7", 1, None], "{job}": True}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.b/x", "https://a.b/y", True),
        ("https://a.b", "https://a.b:443/y", True),
        ("https://A.b", "https://a.B", True),
        ("http://a.b", "https://a.b", True),
        ("https://a.b", "http://a.b", False),
        ("https://a.b", "https://a.b:444", False),
        ("http://a.b:8080", "https://a.b", False),
        ("https://a.b", "https://c.a.b", False),
        ("https://a.b", "https://a.b.evil.com", False),
        ("https://a.b", "https://evil.com/@a.b", False),
        ("https://a.b", "https://a.b@evil.com", False),
        ("https://a.b", "//evil.com", False),
        ("https://a.b", "file:///etc/passwd", False),
    ],
)
def test_a_place_is_a_host_a_port_and_a_way_that_is_no_less_private(
    one: str, other: str, same: bool
) -> None:
    assert is_same_place(one, other) is same


@pytest.mark.parametrize("place", ["http://[/", "http://a.b:x/", "/list?at=\udcff", "/a\nb\0"])
def test_what_is_no_address_leads_nowhere(place: str) -> None:
    with pytest.raises(CatalogError, match=r"https://a\.b/list: .* no address"):
        Request("GET", "https://a.b/list").at(place)
