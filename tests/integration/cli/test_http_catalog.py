"""From a shop's API to Digital River, by the command line alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.cli.conftest import ShopHere
from tests.sandbox_process import SandboxProcess
from tests.stubs.paged import PagedList
from tests.stubs.raw import Asked, RawServer, Reply, raw_server

REMOTE = """
[digital_river]
base_url = "{remote}"
api_key = "sk_test_Zq7vX2mN9pL4tR8w"
requests_per_second = 900
[state]
url = "sqlite:///state.db"
[guards]
delete_after = "0"
delete_reads = 1
max_delete = 1.0
max_update = 1.0
max_same_change = 1.0
max_shrink = 1.0
min_items_for_share = 0
keep_stocked = false
"""
QUICKLY = "requests_per_second"
PAGES = """
[catalog]
type = "http"
url = "{url}/list"
records = "items"
total = "total"
requests_per_second = 900.0
[catalog.paging]
type = "page"
parameter = "page"
size_parameter = "limit"
size = 2
[catalog.mapping]
id = "id"
part_number = "mpn"
"""


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("syncd.catalog.from_http.setback.TRIES", 1)
        yield server


def _configure(shop: ShopHere, catalog: str) -> None:
    text = catalog + REMOTE.format(remote=shop.url)
    shop.configuration.write_text(text, encoding="utf-8")


def _products(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": f"SKU-{number}", "mpn": f"P-{number}"} for number in numbers]


def _lost(shop: PagedList, _: Asked, number: int) -> Reply:
    return shop.page(number, [])


def _cut(shop: PagedList, _: Asked, number: int) -> Reply:
    return Reply(body=shop.page(number).body[:-2])


def _html(_: PagedList, __: Asked, ___: int) -> Reply:
    return Reply(body=b"<html>Sorry!</html>", headers={"content-type": "text/html"})


def test_only_a_whole_list_leads_to_deletes(
    shop: ShopHere, sandbox: SandboxProcess, server: RawServer
) -> None:
    pages = PagedList(server.url, _products(1, 2, 3, 4, 5))
    server.answers(pages)
    _configure(shop, PAGES.format(url=server.url))
    assert shop.run("--once").code == 0
    assert len(sandbox.items()) == 5

    for number, fault in enumerate((_lost, _cut, _html)):
        pages.faults = {number: fault}
        shop.run("--once")
        assert len(sandbox.items()) == 5

    pages.faults, pages.records = {}, _products(1, 2, 3, 4)
    assert shop.run("--once").code == 0
    assert sorted(sandbox.items()) == ["SKU-1", "SKU-2", "SKU-3", "SKU-4"]


def test_changes_alone_are_read_where_the_source_can_tell_them(
    shop: ShopHere, sandbox: SandboxProcess, server: RawServer
) -> None:
    pages = PagedList(server.url, _products(1, 2, 3))
    server.answers(pages)
    since = '[catalog.updated_since.params]\nmodified_after = "{since}"\n'
    _configure(shop, PAGES.format(url=server.url) + since)
    assert shop.run("--once").code == 0
    pages.records = [{"id": "SKU-2", "mpn": "P-new"}]
    server.asked.clear()

    assert shop.run("--once", "--incremental").code == 0

    assert all("modified_after" in asked.query for asked in server.asked)
    parts = {name: item["partNumber"] for name, item in sandbox.items().items()}
    assert parts == {"SKU-1": "P-1", "SKU-2": "P-new", "SKU-3": "P-3"}


def test_the_report_says_what_speaks_for_the_read(shop: ShopHere, server: RawServer) -> None:
    server.answers(PagedList(server.url, _products(1, 2, 3)))
    _configure(shop, PAGES.format(url=server.url))

    run = shop.run("--dry-run", "--format", "json")

    assert "3 records declared, as many as came" in json.dumps(run.json()["catalog"])
    assert run.json()["catalog"]["source"] == f"{server.url}/list"
