"""Each preset reads its platform: whole and by changes, over several pages, with its errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncd.catalog import FetchedSource
from syncd.catalog.fetching import Fetched
from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.config import HttpCatalog, load
from syncd.domain.snapshot import Scope
from syncd.errors import CatalogError
from tests.contract.catalog.reads import Read, read
from tests.integration.catalog.from_http.conftest import Hourglass, rows_of
from tests.stubs import adobe_commerce, bigcommerce, commercetools, shopify, woocommerce
from tests.stubs.serving import serving

SINCE = "2026-11-04T00:00:00Z"
CONFIGURATION = """\
[catalog]
type = "http"
preset = "{preset}"
url = "{url}"
requests_per_second = 1000.0
[catalog.paging]
size = 2
[catalog.auth]
{auth}
[digital_river]
api_key = "sk_test_0123456789"
"""


@dataclass
class Merchant:
    """Somebody who writes no more than he has to."""

    folder: Path
    preset: str
    url: str
    auth: str
    glass: Hourglass

    @property
    def settings(self) -> HttpCatalog:
        file = self.folder / "config.toml"
        text = CONFIGURATION.format(preset=self.preset, url=self.url, auth=self.auth)
        file.write_text(text, encoding="utf-8")
        catalog = load(file, {}).catalog
        assert isinstance(catalog, HttpCatalog)
        return catalog

    def read(self) -> Read:
        fetcher = HttpFetcher(self.settings, "0.0.0", self.glass.time)
        return read(FetchedSource(fetcher, self.settings, "meaning"), self.folder)

    def changes(self) -> Fetched:
        (self.folder / "changes").mkdir()
        fetcher = HttpFetcher(self.settings, "0.0.0", self.glass.time)
        return fetcher.fetch(self.folder / "changes", SINCE)


@pytest.fixture
def glass() -> Hourglass:
    return Hourglass()


def _values(found: Read, item: str) -> dict[str, str | None]:
    return {attribute.key: value for attribute, value in found.row(item).values.items()}


# -------------------------------------------------------------------------------- Shopify


@pytest.fixture
def shopify_shop() -> Iterator[shopify.Shopify]:
    shop = shopify.Shopify([shopify.variant(number) for number in range(1, 6)])
    with serving(shop.app()) as shop.url:
        yield shop


def _shopify(shop: shopify.Shopify, folder: Path, glass: Hourglass) -> Merchant:
    return Merchant(folder, "shopify", shop.url, f'secret = "{shopify.TOKEN}"', glass)


def test_shopify_is_read_by_a_bulk_operation(
    shopify_shop: shopify.Shopify, tmp_path: Path, glass: Hourglass
) -> None:
    shopify_shop.variants[0] |= {"inventoryPolicy": "CONTINUE"}
    shopify_shop.variants[1]["inventoryItem"] |= {"requiresShipping": False}
    shopify_shop.variants[2] |= {"sku": None}
    shopify_shop.variants[3]["inventoryItem"] |= {"harmonizedSystemCode": None}

    found = _shopify(shopify_shop, tmp_path, glass).read()

    assert found.ids == ["SKU-1", "SKU-4", "SKU-5"]
    assert found.certificate.complete
    assert _values(found, "SKU-1") == {
        "part_number": "SKU-1",
        "country_of_origin": "DK",
        "hs_code": "640420",
        "allow_oversell": "true",
    }
    assert _values(found, "SKU-4")["hs_code"] is None
    assert _values(found, "SKU-4")["allow_oversell"] == "false"
    assert any("5 records declared" in one for one in found.certificate.evidence)


def test_shopify_gives_changes_by_pages(
    shopify_shop: shopify.Shopify, tmp_path: Path, glass: Hourglass
) -> None:
    shopify_shop.variants[4]["metafields"] = {"custom.eccn": "EAR99", "custom.mpn": "M-5"}
    shopify_shop.variants += [shopify.variant(number) for number in (6, 7, 8)]

    fetched = _shopify(shopify_shop, tmp_path, glass).changes()

    assert (fetched.scope, fetched.doubts) == (Scope.CHANGES, ())
    assert [row["sku"] for row in rows_of(fetched)] == [f"SKU-{at}" for at in range(4, 9)]
    assert [(row["eccn"], row["mpn"]) for row in rows_of(fetched)][1] == ("EAR99", "M-5")
    assert len(shopify_shop.asked) == 3


def test_shopify_may_be_throttled(
    shopify_shop: shopify.Shopify, tmp_path: Path, glass: Hourglass
) -> None:
    shopify_shop.busy = 2

    assert len(_shopify(shopify_shop, tmp_path, glass).read().rows) == 5


def test_shopify_runs_one_bulk_operation_at_a_time(
    shopify_shop: shopify.Shopify, tmp_path: Path, glass: Hourglass
) -> None:
    shopify_shop.running = {"id": "gid://shopify/BulkOperation/0", "status": "RUNNING"}

    with pytest.raises(CatalogError, match="already in progress"):
        _shopify(shopify_shop, tmp_path, glass).read()


def test_shopify_says_which_scope_is_missing(
    shopify_shop: shopify.Shopify, tmp_path: Path, glass: Hourglass
) -> None:
    shopify_shop.denied = True

    with pytest.raises(CatalogError, match="read_products"):
        _shopify(shopify_shop, tmp_path, glass).read()


def test_shopify_takes_client_id_and_secret(
    shopify_shop: shopify.Shopify, tmp_path: Path, glass: Hourglass
) -> None:
    client, secret = shopify.CLIENT
    merchant = _shopify(shopify_shop, tmp_path, glass)
    merchant.auth = (
        f'type = "oauth2"\nusername = "{client}"\nsecret = "{secret}"\nclient_in = "body"\n'
        f'token_url = "{shopify_shop.url}/admin/oauth/access_token"'
    )

    assert len(merchant.read().rows) == 5


# ---------------------------------------------------------------------------- WooCommerce


@pytest.fixture
def woo() -> Iterator[tuple[woocommerce.WooCommerce, str]]:
    products = [woocommerce.product(number) for number in (1, 2, 3)]
    products += [woocommerce.product(4, "variable"), woocommerce.product(5, "variation")]
    products += [woocommerce.product(6, "variation"), woocommerce.product(8, virtual=True)]
    shop = woocommerce.WooCommerce(products)
    with serving(shop.app()) as url:
        yield shop, url


def _woo(url: str, folder: Path, glass: Hourglass) -> Merchant:
    key, secret = woocommerce.KEY
    auth = f'username = "{key}"\nsecret = "{secret}"'
    return Merchant(folder, "woocommerce", url, auth, glass)


def test_woocommerce_gives_simple_products_and_variations(
    woo: tuple[woocommerce.WooCommerce, str], tmp_path: Path, glass: Hourglass
) -> None:
    woo[0].products[1] |= {"backorders_allowed": True}
    woo[0].products[2] |= {"sku": ""}

    found = _woo(woo[1], tmp_path, glass).read()

    assert found.ids == ["SKU-1", "SKU-2", "SKU-5", "SKU-6"]
    assert found.certificate.complete
    assert _values(found, "SKU-2") == {"part_number": "SKU-2", "allow_oversell": "true"}


def test_woocommerce_gives_changes(
    woo: tuple[woocommerce.WooCommerce, str], tmp_path: Path, glass: Hourglass
) -> None:
    fetched = _woo(woo[1], tmp_path, glass).changes()

    assert [row["sku"] for row in rows_of(fetched)] == ["SKU-8", "SKU-5", "SKU-6"]
    assert rows_of(fetched)[0]["hs_code"] == "691110"
    assert (fetched.scope, fetched.doubts) == (Scope.CHANGES, ())


# ------------------------------------------------------------------------- Adobe Commerce


@pytest.fixture
def adobe() -> Iterator[tuple[adobe_commerce.AdobeCommerce, str]]:
    products = [adobe_commerce.product(number) for number in range(1, 6)]
    products.append(adobe_commerce.product(6, "configurable"))
    shop = adobe_commerce.AdobeCommerce(products)
    with serving(shop.app()) as url:
        yield shop, url


def _adobe(url: str, folder: Path, glass: Hourglass) -> Merchant:
    auth = f'secret = "{adobe_commerce.TOKEN}"'
    return Merchant(folder, "adobe_commerce", url, auth, glass)


def test_adobe_commerce_gives_simple_products(
    adobe: tuple[adobe_commerce.AdobeCommerce, str], tmp_path: Path, glass: Hourglass
) -> None:
    found = _adobe(adobe[1], tmp_path, glass).read()

    assert found.ids == [f"SKU-{at}" for at in range(1, 6)]
    assert found.certificate.complete
    assert _values(found, "SKU-3") == {"part_number": "SKU-3", "country_of_origin": "DE"}
    assert adobe[0].pages == [1, 2, 3]


def test_adobe_commerce_gives_changes(
    adobe: tuple[adobe_commerce.AdobeCommerce, str], tmp_path: Path, glass: Hourglass
) -> None:
    fetched = _adobe(adobe[1], tmp_path, glass).changes()

    assert [row["sku"] for row in rows_of(fetched)] == ["SKU-4", "SKU-5"]


# ---------------------------------------------------------------------------- BigCommerce


@pytest.fixture
def bigcommerce_store() -> Iterator[tuple[bigcommerce.BigCommerce, str]]:
    store = bigcommerce.BigCommerce([bigcommerce.product(number) for number in range(1, 6)])
    with serving(store.app()) as url:
        yield store, f"{url}/stores/{bigcommerce.HASH}"


def _bigcommerce(url: str, folder: Path, glass: Hourglass) -> Merchant:
    return Merchant(folder, "bigcommerce", url, f'secret = "{bigcommerce.TOKEN}"', glass)


def test_bigcommerce_gives_each_variant(
    bigcommerce_store: tuple[bigcommerce.BigCommerce, str], tmp_path: Path, glass: Hourglass
) -> None:
    store, url = bigcommerce_store
    store.products[1]["variants"] = [{"id": at, "sku": f"V{at}", "mpn": f"M{at}"} for at in (1, 2)]
    store.products[2]["type"] = "digital"
    store.busy = 1

    found = _bigcommerce(url, tmp_path, glass).read()

    assert found.ids == ["SKU-1", "SKU-4", "SKU-5", "V1", "V2"]
    assert found.certificate.complete
    assert (_values(found, "SKU-1"), _values(found, "V2")) == (
        {"part_number": "MPN-1"},
        {"part_number": "M2"},
    )
    assert 15.0 in glass.slept


def test_bigcommerce_gives_changes(
    bigcommerce_store: tuple[bigcommerce.BigCommerce, str], tmp_path: Path, glass: Hourglass
) -> None:
    fetched = _bigcommerce(bigcommerce_store[1], tmp_path, glass).changes()

    assert [row["sku"] for row in rows_of(fetched)] == ["SKU-4", "SKU-5"]
    assert rows_of(fetched)[0]["country_of_origin"] == "US"


# -------------------------------------------------------------------------- commercetools


@pytest.fixture
def project() -> Iterator[tuple[commercetools.Commercetools, str]]:
    projections = [commercetools.projection(number, number) for number in range(1, 6)]
    project = commercetools.Commercetools(projections)
    with serving(project.app()) as url:
        yield project, url


def _commercetools(url: str, folder: Path, glass: Hourglass) -> Merchant:
    client, secret = commercetools.CLIENT
    auth = (
        f'token_url = "{url}/oauth/token"\nusername = "{client}"\nsecret = "{secret}"\n'
        f'scope = "{commercetools.SCOPE}"'
    )
    return Merchant(folder, "commercetools", f"{url}/{commercetools.PROJECT}", auth, glass)


def test_commercetools_gives_each_variant(
    project: tuple[commercetools.Commercetools, str], tmp_path: Path, glass: Hourglass
) -> None:
    project[0].good_for = 2

    found = _commercetools(project[1], tmp_path, glass).read()

    assert found.ids == sorted(f"SKU-{at}-{of}" for at in range(1, 6) for of in range(1, at + 1))
    assert found.certificate.complete
    assert project[0].tokens == 2


def test_commercetools_gives_changes(
    project: tuple[commercetools.Commercetools, str], tmp_path: Path, glass: Hourglass
) -> None:
    fetched = _commercetools(project[1], tmp_path, glass).changes()

    assert {row["product_key"] for row in rows_of(fetched)} == {"chair-4", "chair-5"}


# --------------------------------------------------------------------------- all together


@pytest.mark.parametrize(
    "preset", ["shopify", "woocommerce", "adobe_commerce", "bigcommerce", "commercetools"]
)
def test_wrong_credentials_are_named_and_not_shown(
    preset: str, request: pytest.FixtureRequest, tmp_path: Path, glass: Hourglass
) -> None:
    wrong = 'secret = "wr0ng-Secret"'
    match preset:
        case "shopify":
            url = request.getfixturevalue("shopify_shop").url
        case "woocommerce":
            url, wrong = request.getfixturevalue("woo")[1], f'username = "ck"\n{wrong}'
        case "adobe_commerce":
            url = request.getfixturevalue("adobe")[1]
        case "bigcommerce":
            url = request.getfixturevalue("bigcommerce_store")[1]
        case _:
            url = request.getfixturevalue("project")[1]
            wrong = f'token_url = "{url}/oauth/token"\nusername = "ct"\n{wrong}'

    with pytest.raises(CatalogError, match=r"credentials|right to read") as caught:
        Merchant(tmp_path, preset, url, wrong, glass).read()
    assert "wr0ng" not in str(caught.value)
