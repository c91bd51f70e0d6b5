"""Credentials reach the source, nobody else, and no message."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs

import pytest

from syncd.errors import CatalogError
from tests.integration.catalog.from_http.conftest import Reader, ids_of, products
from tests.stubs.raw import Asked, RawServer, Reply, raw_server

SECRET = "s3cret-T0ken"
BODY = json.dumps(products(1)).encode()
BASIC = f"Basic {b64encode(f'syncd:{SECRET}'.encode()).decode()}"
EXPIRED = Reply(401, b'{"message": "token expired"}')


class TokenShop:
    """Gives tokens that are numbered, and records to whoever shows the one that is valid."""

    def __init__(self) -> None:
        self.given = 0
        self.valid = "T1"
        self.lasts: object = 3600

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            return self._token(asked)
        if asked.headers.get("authorization") != f"Bearer {self.valid}":
            return EXPIRED
        return Reply(body=BODY)

    def _token(self, _: Asked) -> Reply:
        self.given += 1
        document = {"access_token": f"T{self.given}", "expires_in": self.lasts}
        return Reply(body=json.dumps(document).encode())


def _oauth(server: RawServer, **more: str) -> dict[str, Any]:
    known = {"type": "oauth2", "username": "syncd", "secret": SECRET}
    return {**known, "token_url": f"{server.url}/token", **more}


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"type": "bearer"}, "authorization", f"Bearer {SECRET}"),
        ({"type": "basic", "username": "syncd"}, "authorization", BASIC),
        ({"type": "header", "name": "X-Key"}, "x-key", SECRET),
    ],
)
def test_fixed_credentials_travel_in_a_header(
    server: RawServer, reader: Reader, auth: dict[str, str], header: str, value: str
) -> None:
    server.answers(lambda _: Reply(body=BODY))

    reader.fetch(url=server.url, auth={**auth, "secret": SECRET})

    assert server.asked[0].headers[header] == value


def test_a_key_may_travel_in_the_address(server: RawServer, reader: Reader) -> None:
    server.answers(lambda _: Reply(body=BODY))

    reader.fetch(url=f"{server.url}/x?a=1", auth={"type": "query", "name": "key", "secret": SECRET})

    assert server.asked[0].query == {"a": "1", "key": SECRET}


def test_a_token_is_fetched_once_and_kept(server: RawServer, reader: Reader) -> None:
    shop = TokenShop()
    server.answers(shop)
    paging = {"type": "page", "parameter": "page", "more": "more"}

    fetched = reader.fetch(url=server.url, auth=_oauth(server, scope="read"), paging=paging)

    assert ids_of(fetched) == ["P1"]
    assert [asked.path for asked in server.asked] == ["/token", "/", "/"]  # more is not said
    form = parse_qs(server.asked[0].body.decode())
    assert form == {"grant_type": ["client_credentials"], "scope": ["read"]}
    assert server.asked[0].headers["authorization"] == BASIC


def test_client_id_and_secret_may_stand_in_the_body(server: RawServer, reader: Reader) -> None:
    server.answers(TokenShop())

    reader.fetch(url=server.url, auth=_oauth(server, client_in="body"))

    form = parse_qs(server.asked[0].body.decode())
    assert (form["client_id"], form["client_secret"]) == (["syncd"], [SECRET])
    assert "authorization" not in server.asked[0].headers


def test_a_token_that_was_refused_is_renewed_once(server: RawServer, reader: Reader) -> None:
    shop = TokenShop()
    shop.valid = "T2"
    server.answers(shop)

    assert ids_of(reader.fetch(url=server.url, auth=_oauth(server))) == ["P1"]
    assert shop.given == 2


def test_tokens_that_are_refused_again_and_again_end_the_read(
    server: RawServer, reader: Reader
) -> None:
    shop = TokenShop()
    shop.valid = "never"
    server.answers(shop)

    with pytest.raises(CatalogError, match="does not take the credentials"):
        reader.fetch(url=server.url, auth=_oauth(server))
    assert shop.given == 2


def test_a_token_is_renewed_before_it_ends(server: RawServer, reader: Reader) -> None:
    """At one request a second, a token that lasts 2 s is good for two pages."""
    shop = TokenShop()
    shop.lasts = 2

    def pages(asked: Asked) -> Reply:
        if asked.path != "/token":
            shop.valid = f"T{shop.given}"
            number = int(asked.query["page"])
            document = {"items": products(number)[-1:], "more": number < 4}
            shown = asked.headers.get("authorization")
            return Reply(body=json.dumps(document).encode()) if shown else EXPIRED
        return shop(asked)

    server.answers(pages)
    paging = {"type": "page", "parameter": "page", "more": "more"}

    fetched = reader.fetch(
        url=server.url,
        records="items",
        auth=_oauth(server),
        paging=paging,
        requests_per_second=1.0,
    )

    assert ids_of(fetched) == ["P1", "P2", "P3", "P4"]
    assert shop.given > 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_no_message_shows_a_secret(server: RawServer, reader: Reader, status: int) -> None:
    """Not even where the server's own words repeat it."""
    said = json.dumps({"message": f"the key {SECRET} is wrong"}).encode()
    server.answers(lambda _: Reply(status, said))

    for auth in (
        {"type": "bearer", "secret": SECRET},
        {"type": "query", "name": "key", "secret": SECRET},
        {"type": "header", "name": "X-Key", "secret": SECRET},
    ):
        with pytest.raises(CatalogError) as caught:
            reader.fetch(url=f"{server.url}/list?token={SECRET}", auth=auth)
        told = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
        assert SECRET not in told
        assert "token=" not in told


def test_the_name_in_reports_has_no_query(reader: Reader) -> None:
    fetcher = reader.fetcher(url=f"https://shop.example.com/export?token={SECRET}")

    assert fetcher.name == "https://shop.example.com/export"


def test_credentials_never_follow_to_another_host(server: RawServer, reader: Reader) -> None:
    with raw_server() as other:
        other.answers(lambda _: Reply(body=BODY))
        server.answers(lambda _: Reply(302, headers={"location": f"{other.url}/list"}))

        with pytest.raises(CatalogError, match="credentials never follow"):
            reader.fetch(url=server.url, auth={"type": "bearer", "secret": SECRET})
        assert other.asked == []


@pytest.mark.parametrize("kind", ["link", "next_url"])
def test_credentials_never_follow_a_page_to_another_host(
    server: RawServer, reader: Reader, kind: str
) -> None:
    with raw_server() as other:
        other.answers(lambda _: Reply(body=b'{"items": []}'))
        document = {"items": products(1), "onward": f"{other.url}/list"}
        headers = {"Link": f'<{other.url}/list>; rel="next"'}
        server.answers(lambda _: Reply(body=json.dumps(document).encode(), headers=headers))
        paging = {"type": kind, **({"next": "onward"} if kind == "next_url" else {})}

        with pytest.raises(CatalogError, match="credentials never"):
            reader.fetch(url=server.url, records="items", paging=paging)
        assert other.asked == []


def test_a_redirect_within_the_host_is_followed(server: RawServer, reader: Reader) -> None:
    def moved(asked: Asked) -> Reply:
        if asked.path == "/new":
            return Reply(body=BODY)
        return Reply(301, headers={"location": "/new"})

    server.answers(moved)

    fetched = reader.fetch(url=f"{server.url}/old", auth={"type": "bearer", "secret": SECRET})

    assert ids_of(fetched) == ["P1"]
    assert server.asked[1].headers["authorization"] == f"Bearer {SECRET}"


def test_redirects_in_a_circle_end(server: RawServer, reader: Reader) -> None:
    server.answers(lambda _: Reply(302, headers={"location": "/again"}))

    with pytest.raises(CatalogError, match="leads on more than"):
        reader.fetch(url=server.url)
    assert len(server.asked) < 10
