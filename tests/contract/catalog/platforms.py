"""The shelf as each platform's shop, read by its preset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from syncd.catalog import FetchedSource
from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.catalog.from_http.timing import Time
from syncd.config import HttpCatalog
from syncd.config.presets import lay_presets, preset_keys
from syncd.ports import CatalogSource
from tests.contract.catalog.shelf import Content
from tests.stubs import adobe_commerce, bigcommerce, commercetools, shopify, woocommerce
from tests.stubs.serving import serving

if TYPE_CHECKING:
    from starlette.applications import Starlette

_BLANK = " "
"""Presets leave out what has no SKU; this is one, and no id."""
_COLUMNS = {"id": "sku", "part_number": "mpn", "country_of_origin": "country_of_origin"}
_ATTRIBUTE = "attributes[?name=='{}'].value | [0]"


class Stub(Protocol):
    """A platform of our own making; `lost` products were counted and do not come."""

    lost: int

    def app(self) -> Starlette: ...


@dataclass(frozen=True)
class Platform:
    """A platform that is served: `stock` puts products on it, by number, SKU, MPN and origin."""

    stub: Stub
    keys: Mapping[str, Any]
    stock: Callable[[list[tuple[int, str, str, str | None]]], None]


class PlatformShelf(Content):
    """A shop, which shows nothing of itself; its pages have room for two products."""

    shows_itself = False

    def __init__(self, platform: Platform) -> None:
        super().__init__()
        self._platform = platform
        self._settings = _settings(platform.keys)

    @property
    def source(self) -> CatalogSource:
        fetcher = HttpFetcher(self._settings, "0.0.0", Time(sleep=lambda _: None))
        return FetchedSource(fetcher, self._settings, self.meaning)

    def rewrite(self) -> None:
        entries = enumerate(self.entries(_BLANK), start=1)
        self._platform.stock([(at, sku or "", mpn, origin) for at, (sku, mpn, origin) in entries])
        self._platform.stub.lost = int(self.cut)


def _settings(keys: Mapping[str, Any]) -> HttpCatalog:
    """Take of the preset's mapping what the shelf has, and no more."""
    own = preset_keys(keys["preset"])["mapping"]
    beside = own.keys() - _COLUMNS.keys() if isinstance(own, dict) else ()
    catalog = {
        "type": "http",
        "requests_per_second": 1000.0,
        "threads": 1,
        "paging": {"size": 2},
        "mapping": {**_COLUMNS, **dict.fromkeys(beside, "")},
        **keys,
    }
    lay_presets({"catalog": catalog})
    return HttpCatalog.model_validate(catalog)


@contextmanager
def platforms() -> Iterator[Mapping[str, Platform]]:
    """Serve all of them until the block ends."""
    with ExitStack() as stack:
        makers = (_shopify, _woocommerce, _adobe_commerce, _bigcommerce, _commercetools)
        made = [make(stack) for make in makers]
        yield {platform.keys["preset"]: platform for platform in made}


def _shopify(stack: ExitStack) -> Platform:
    stub = shopify.Shopify([], turns=0)
    stub.url = stack.enter_context(serving(stub.app()))

    def stock(goods: list[tuple[int, str, str, str | None]]) -> None:
        stub.variants[:] = [
            shopify.variant(
                number,
                sku=sku,
                metafields={"custom.mpn": mpn},
                item={"countryCodeOfOrigin": origin},
            )
            for number, sku, mpn, origin in goods
        ]

    keys = {"preset": "shopify", "url": stub.url, "auth": {"secret": shopify.TOKEN}}
    return Platform(stub, keys, stock)


def _woocommerce(stack: ExitStack) -> Platform:
    stub = woocommerce.WooCommerce([])
    url = stack.enter_context(serving(stub.app()))

    def stock(goods: list[tuple[int, str, str, str | None]]) -> None:
        stub.products[:] = [
            woocommerce.product(number, sku=sku, meta_data=_named("key", mpn, origin))
            for number, sku, mpn, origin in goods
        ]

    username, secret = woocommerce.KEY
    auth = {"username": username, "secret": secret}
    return Platform(stub, {"preset": "woocommerce", "url": url, "auth": auth}, stock)


def _adobe_commerce(stack: ExitStack) -> Platform:
    stub = adobe_commerce.AdobeCommerce([])
    url = stack.enter_context(serving(stub.app()))

    def stock(goods: list[tuple[int, str, str, str | None]]) -> None:
        stub.products[:] = [
            adobe_commerce.product(
                number, sku=sku, custom={"mpn": mpn, "country_of_manufacture": origin}
            )
            for number, sku, mpn, origin in goods
        ]

    auth = {"secret": adobe_commerce.TOKEN}
    return Platform(stub, {"preset": "adobe_commerce", "url": url, "auth": auth}, stock)


def _bigcommerce(stack: ExitStack) -> Platform:
    stub = bigcommerce.BigCommerce([])
    url = f"{stack.enter_context(serving(stub.app()))}/stores/{bigcommerce.HASH}"

    def stock(goods: list[tuple[int, str, str, str | None]]) -> None:
        stub.products[:] = [
            bigcommerce.product(
                number,
                variants=[{"id": number * 10, "sku": sku, "mpn": mpn}],
                custom_fields=_named("name", mpn, origin),
            )
            for number, sku, mpn, origin in goods
        ]

    auth = {"secret": bigcommerce.TOKEN}
    return Platform(stub, {"preset": "bigcommerce", "url": url, "auth": auth}, stock)


def _commercetools(stack: ExitStack) -> Platform:
    stub = commercetools.Commercetools([])
    url = stack.enter_context(serving(stub.app()))

    def stock(goods: list[tuple[int, str, str, str | None]]) -> None:
        stub.projections[:] = [
            commercetools.projection(
                number,
                masterVariant={"id": 1, "sku": sku, "attributes": _named("name", mpn, origin)},
            )
            for number, sku, mpn, origin in goods
        ]

    username, secret = commercetools.CLIENT
    auth = {"token_url": f"{url}/oauth/token", "username": username, "secret": secret}
    keys = {
        "preset": "commercetools",
        "url": f"{url}/{commercetools.PROJECT}",
        "auth": auth | {"scope": commercetools.SCOPE},
        "fields": {name: _ATTRIBUTE.format(name) for name in ("mpn", "country_of_origin")},
    }
    return Platform(stub, keys, stock)


def _named(field: str, mpn: str, origin: str | None) -> list[dict[str, str | None]]:
    """Write values as a list of names and values, as shops have it for what merchants add."""
    return [{field: "mpn", "value": mpn}, {field: "country_of_origin", "value": origin}]
