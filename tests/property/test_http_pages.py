"""Whatever pages do to each other, no part of a list is ever taken for all of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.catalog.from_http.timing import Time
from syncd.config import HttpKeys
from syncd.errors import CatalogError
from tests.stubs.paged import Kind, PagedList
from tests.stubs.raw import Asked, RawServer, Reply, raw_server

KINDS: tuple[Kind, ...] = ("page", "offset", "cursor", "link", "next_url")


def _lose_some(shop: PagedList, _: Asked, number: int) -> Reply:
    return shop.page(number, json.loads(shop.page(number).body)["items"][1:])


def _lose_all(shop: PagedList, _: Asked, number: int) -> Reply:
    return shop.page(number, [])


def _repeat(shop: PagedList, _: Asked, number: int) -> Reply:
    return shop.page(max(0, number - 1))


def _cut(shop: PagedList, _: Asked, number: int) -> Reply:
    return Reply(body=shop.page(number).body[:-3])


def _break(_: PagedList, __: Asked, ___: int) -> Reply:
    return Reply(500)


FAULTS: tuple[Callable[[PagedList, Asked, int], Reply], ...] = (
    _lose_some,
    _lose_all,
    _repeat,
    _cut,
    _break,
)


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("syncd.catalog.from_http.setback.TRIES", 1)
        trust = httpx.create_ssl_context()
        patch.setattr("httpx._transports.default.create_ssl_context", lambda **_: trust)
        yield server


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    number=st.integers(1, 12),
    size=st.integers(1, 4),
    faults=st.dictionaries(st.integers(0, 6), st.sampled_from(FAULTS), max_size=3),
    total=st.dictionaries(st.integers(0, 6), st.integers(13, 14), max_size=1),
)
def test_a_read_without_doubts_has_every_record(
    server: RawServer,
    kind: Kind,
    number: int,
    size: int,
    faults: dict[int, Callable[[PagedList, Asked, int], Reply]],
    total: dict[int, int],
) -> None:
    records = [{"id": index} for index in range(number)]
    shop = PagedList(server.url, records, kind, size, faults=faults, total=total)
    server.answers(shop)  # a total that is too small is believed: it is the server's own word
    keys = HttpKeys.model_validate({"type": "http", **shop.settings()})

    with TemporaryDirectory() as folder:
        try:
            fetched = HttpFetcher(keys, "0.0.0", Time(sleep=lambda _: None)).fetch(
                Path(folder), None
            )
        except CatalogError:
            return
        rows = [line for file in fetched.files for line in file.read_bytes().splitlines()]

    assert fetched.doubts or [json.loads(row) for row in rows] == records
