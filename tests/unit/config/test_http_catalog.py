"""`[catalog]` of the type "http": what is taken, and what is refused with which words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from syncd.config import HttpKeys

USUAL: dict[str, Any] = {"type": "http", "url": "https://shop.example.com/api"}


def _keys(**changed: Any) -> HttpKeys:  # noqa: ANN401 - as in TOML
    return HttpKeys.model_validate({**USUAL, **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"auth": {"type": "bearer", "secret": "s"}},
        {"auth": {"type": "header", "name": "X-Key", "secret": "s"}},
        {"auth": {"type": "basic", "username": "u", "secret": "s"}},
        {"url": "http://127.0.0.1:8080", "auth": {"type": "bearer", "secret": "s"}},
        {"url": "http://[::1]:8080", "auth": {"type": "bearer", "secret": "s"}},
        {"url": "http://localhost", "auth": {"type": "bearer", "secret": "s"}},
        {"url": "http://shop.example.com"},
        {"paging": {"type": "link"}},
        {"paging": {"type": "page", "parameter": "p", "size_parameter": "n", "size": 5}},
        {"total": "header:X-WP-Total"},
        {"path": ["/a", "/b?type=x"]},
        {"params": {"where": ["a", "b"], "page": 1, "deep": True}},
    ],
)
def test_what_makes_sense_is_taken(changed: dict[str, Any]) -> None:
    assert _keys(**changed).type == "http"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": "ftp://a.b"}, "must be an address"),
        ({"url": "https://"}, "must be an address"),
        ({"url": "https://a.b:x"}, "must be an address"),
        ({"url": "https://user:pw@a.b"}, "without user, password"),
        ({"url": "https://a.b/#part"}, "without user, password"),
        ({"url": "http://a.b", "auth": {"type": "bearer", "secret": "s"}}, "begin with https://"),
        (
            {
                "auth": {
                    "type": "oauth2",
                    "username": "u",
                    "secret": "s",
                    "token_url": "http://a.b",
                }
            },
            "token_url must begin with https://",
        ),
        ({"auth": {"type": "bearer"}}, 'type = "bearer" needs secret'),
        ({"auth": {"type": "basic", "secret": "s"}}, 'type = "basic" needs username'),
        ({"auth": {"type": "header", "secret": "s"}}, 'type = "header" needs name'),
        ({"auth": {"type": "oauth2", "secret": "s", "username": "u"}}, "needs token_url"),
        ({"auth": {"secret": "s"}}, 'type = "none" takes no secret'),
        ({"auth": {"type": "bearer", "secret": "s", "scope": "x"}}, "takes no scope"),
        ({"auth": {"type": "bearer", "secret": "a\nb"}}, "on one line"),
        ({"auth": {"type": "header", "name": "X Key", "secret": "s"}}, "the name of a header"),
        ({"headers": {"Authorization": "Bearer x"}}, "credentials stand in the table auth"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "plain printable"),
        ({"headers": {"X A": "a"}}, "the name of a header"),
        ({"records": "items["}, "must be a JMESPath expression"),
        ({"fields": {"hs": "a..b"}}, "must be a JMESPath expression"),
        ({"total": "header:"}, "must name a header"),
        ({"total": "header:X Total"}, "must name a header"),
        ({"path": "list"}, "must begin with a slash"),
        ({"delimiter": ";;"}, "must be one character"),
        ({"delimiter": '"'}, "must be one character"),
        ({"paging": {"type": "page"}}, 'type = "page" needs parameter'),
        ({"paging": {"type": "cursor", "parameter": "c"}}, 'type = "cursor" needs next'),
        ({"paging": {"type": "next_url"}}, 'type = "next_url" needs next'),
        (
            {"paging": {"type": "page", "parameter": "p", "template": "x"}},
            "template must have {cursor}",
        ),
        (
            {"paging": {"type": "page", "parameter": "p", "size_parameter": "n"}},
            "size_parameter needs size",
        ),
        ({"paging": {"type": "link"}, "format": "csv"}, "pages are JSON"),
        ({"updated_since": {"params": {"since": "2026"}}}, "must have {since}"),
        ({"body": {"q": 1}}, 'body needs method = "POST"'),
        ({"updated_since": {"body": {"v": "{since}"}}}, "parameters in the body need"),
        (
            {"paging": {"type": "page", "parameter": "v.p", "place": "body"}},
            "parameters in the body need",
        ),
        ({"requests_per_second": 0.0}, "greater than 0"),
    ],
)
def test_what_makes_none_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _keys(**changed)
    assert words in str(caught.value)


def test_the_name_and_the_place_show_no_secret() -> None:
    keys = _keys(
        url="https://shop.example.com/api?token=t0ken",
        auth={"type": "bearer", "secret": "s3cret"},
    )

    assert keys.label == "https://shop.example.com/api"
    shown = f"{keys!r} {keys.place()} {keys.dialect()}"
    assert "s3cret" not in shown
    assert "auth" not in keys.dialect()
