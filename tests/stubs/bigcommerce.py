"""A store on BigCommerce: the product list of its Catalog API v3, as documented.

docs.bigcommerce.com: REST Catalog products, pagination in meta, API rate limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

TOKEN = "bigcommerce-token"
HASH = "abc123"
_MOST = 250


def product(number: int, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - as in JSON
    """A product with one variant, which simple products have, too."""
    one = {"id": number * 10, "product_id": number, "sku": f"SKU-{number}", "mpn": ""}
    return {
        "id": number,
        "name": f"Chair {number}",
        "type": "physical",
        "sku": f"SKU-{number}",
        "mpn": f"MPN-{number}",
        "brand_id": 3,
        "is_visible": True,
        "description": "<p>long</p>",
        "date_modified": f"2026-11-{number:02}T00:00:00Z",
        "variants": [one],
        "custom_fields": [{"id": 1, "name": "country_of_origin", "value": "US"}],
        **changed,
    }


@dataclass
class BigCommerce:
    """The store; the first `busy` requests are told to wait.

    Its list lacks `lost` products that were counted.
    """

    products: list[dict[str, Any]]
    lost: int = 0
    busy: int = 0

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/stores/{hash}/v3/catalog/products", self._products)])

    async def _products(self, request: Request) -> Response:
        if request.headers.get("x-auth-token") != TOKEN:
            title = "You are not authorized to view this resource."
            return JSONResponse({"status": 403, "title": title, "type": "…"}, 403)
        if self.busy:
            self.busy -= 1
            headers = {"X-Rate-Limit-Time-Reset-Ms": "15000", "X-Rate-Limit-Requests-Left": "0"}
            return JSONResponse({"status": 429, "title": "Too many requests"}, 429, headers)
        asked = request.query_params
        size, number = int(asked.get("limit", 50)), int(asked.get("page", 1))
        if size > _MOST:
            return JSONResponse({"status": 422, "title": "The limit is invalid"}, 422)
        since = asked.get("date_modified:min", "")
        found = [one for one in self.products if one["date_modified"] >= since]
        found.sort(key=lambda one: int(one[asked["sort"]]))
        held = found[(number - 1) * size : number * size]
        pagination = {
            "total": len(found) + self.lost,
            "count": len(held),
            "per_page": size,
            "current_page": number,
            "total_pages": max(1, -(-len(found) // size)),
            "links": {"current": f"?page={number}"},
        }
        data = [_with(one, asked.get("include", ""), asked["exclude_fields"]) for one in held]
        return JSONResponse({"data": data, "meta": {"pagination": pagination}})


def _with(one: dict[str, Any], include: str, exclude: str) -> dict[str, Any]:
    """Sub-resources come where they are asked for alone."""
    left_out = {"variants", "custom_fields"} - set(include.split(","))
    left_out |= set(exclude.split(","))
    return {name: value for name, value in one.items() if name not in left_out}
