"""A shop on WooCommerce: products and variations of its REST API v3, as documented.

woocommerce.github.io/woocommerce-rest-api-docs: authentication over HTTPS, pagination, products,
product variations; the list of all variations is there from WooCommerce 10.3 on.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

KEY = ("ck_0123456789", "cs_abcdefghij")
_MOST = 100


def product(number: int, kind: str = "simple", **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    """A product, or a variation of one."""
    return {
        "id": number,
        "parent_id": 7 if kind == "variation" else 0,
        "sku": f"SKU-{number}",
        "global_unique_id": "",
        "name": f"Mug {number}",
        "type": kind,
        "status": "publish",
        "virtual": False,
        "backorders_allowed": False,
        "description": "<p>long</p>",
        "date_modified_gmt": f"2026-11-{number:02}T00:00:00",
        "meta_data": [{"id": 1, "key": "hs_code", "value": "691110"}],
        **changed,
    }


@dataclass
class WooCommerce:
    """The shop; `products` has variations, too. Lists lack `lost` products that were counted."""

    products: list[dict[str, Any]]
    lost: int = 0

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/wp-json/wc/v3/products", self._products),
                Route("/wp-json/wc/v3/variations", self._variations),
            ]
        )

    async def _products(self, request: Request) -> Response:
        kind = request.query_params.get("type")
        return self._page(
            request,
            [
                one
                for one in self.products
                if one["type"] != "variation" and kind in {None, one["type"]}
            ],
        )

    async def _variations(self, request: Request) -> Response:
        return self._page(request, [one for one in self.products if one["type"] == "variation"])

    def _page(self, request: Request, found: list[dict[str, Any]]) -> Response:
        asked = request.query_params
        if request.headers.get("authorization") != _basic():
            return _error(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        size, number = int(asked.get("per_page", 10)), int(asked.get("page", 1))
        if not 1 <= size <= _MOST:
            return _error(400, "rest_invalid_param", "Invalid parameter(s): per_page")
        if "modified_after" in asked:
            assert asked["dates_are_gmt"] == "true"
            since = asked["modified_after"].removesuffix("Z")
            found = [one for one in found if one["date_modified_gmt"] > since]
        backwards = asked.get("order", "desc") == "desc"
        found = sorted(found, key=lambda one: int(one[asked["orderby"]]), reverse=backwards)
        pages = -(-len(found) // size)
        return JSONResponse(
            [_only(one, asked["_fields"]) for one in found[(number - 1) * size : number * size]],
            headers={"X-WP-Total": str(len(found) + self.lost), "X-WP-TotalPages": str(pages)},
        )


def _basic() -> str:
    return f"Basic {b64encode(':'.join(KEY).encode()).decode()}"


def _only(one: dict[str, Any], names: str) -> dict[str, Any]:
    return {name: one[name] for name in names.split(",")}


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "message": message, "data": {"status": status}}, status)
