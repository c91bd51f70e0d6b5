"""From a shop's API to Digital River, by the command line alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.cli.conftest import ShopHere
from tests.sandbox_process import SandboxProcess
from tests.stubs import adobe_commerce, bigcommerce, commercetools, shopify, woocommerce
from tests.stubs.paged import PagedList
from tests.stubs.raw import Asked, RawServer, Reply, raw_server
from tests.stubs.serving import serving

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


def _preset(name: str, url: str, auth: str) -> str:
    first = f'[catalog]\ntype = "http"\npreset = "{name}"\nurl = "{url}"\n'
    return f"{first}requests_per_second = 900.0\n[catalog.auth]\n{auth}\n"


def _of_shopify() -> Iterator[str]:
    stub = shopify.Shopify([shopify.variant(number) for number in (1, 2, 3)], turns=1)
    with serving(stub.app()) as stub.url:
        yield _preset("shopify", stub.url, f'secret = "{shopify.TOKEN}"')


def _of_woocommerce() -> Iterator[str]:
    products = [woocommerce.product(1), *(woocommerce.product(at, "variation") for at in (2, 3))]
    key, secret = woocommerce.KEY
    with serving(woocommerce.WooCommerce(products).app()) as url:
        yield _preset("woocommerce", url, f'username = "{key}"\nsecret = "{secret}"')


def _of_adobe_commerce() -> Iterator[str]:
    stub = adobe_commerce.AdobeCommerce([adobe_commerce.product(at) for at in (1, 2, 3)])
    with serving(stub.app()) as url:
        yield _preset("adobe_commerce", url, f'secret = "{adobe_commerce.TOKEN}"')


def _of_bigcommerce() -> Iterator[str]:
    stub = bigcommerce.BigCommerce([bigcommerce.product(at) for at in (1, 2, 3)])
    with serving(stub.app()) as url:
        place = f"{url}/stores/{bigcommerce.HASH}"
        yield _preset("bigcommerce", place, f'secret = "{bigcommerce.TOKEN}"')


def _of_commercetools() -> Iterator[str]:
    stub = commercetools.Commercetools([commercetools.projection(at) for at in (1, 2, 3)])
    client, secret = commercetools.CLIENT
    with serving(stub.app()) as url:
        auth = (
            f'token_url = "{url}/oauth/token"\nusername = "{client}"\nsecret = "{secret}"\n'
            f'scope = "{commercetools.SCOPE}"'
        )
        yield _preset("commercetools", f"{url}/{commercetools.PROJECT}", auth)


PRESETS = {
    "shopify": _of_shopify,
    "woocommerce": _of_woocommerce,
    "adobe_commerce": _of_adobe_commerce,
    "bigcommerce": _of_bigcommerce,
    "commercetools": _of_commercetools,
}


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("syncd.catalog.from_http.setback.TRIES", 1)
        yield server


def _configure(shop: ShopHere, catalog: str) -> None:
    text = catalog + REMOTE.format(remote=shop.url)
    shop.configuration.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_leads_to_a_dry_run(shop: ShopHere, preset: str) -> None:
    for catalog in PRESETS[preset]():
        _configure(shop, catalog)

        run = shop.run("--dry-run", "--format", "json")

        assert run.code == 0, run.stderr
        report = run.json()
        assert report["summary"]["create"] == 3
        assert report["catalog"]["complete"] is True


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

    assert "3 records were declared, as many as came" in json.dumps(run.json()["catalog"])
    assert run.json()["catalog"]["source"] == f"{server.url}/list"
