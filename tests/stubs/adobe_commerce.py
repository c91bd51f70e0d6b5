"""A shop on Adobe Commerce: the product list of its REST API, as documented.

developer.adobe.com/commerce/webapi/rest: search with searchCriteria, filtered responses,
token-based authentication. A page past the last one gives the last one again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

TOKEN = "integration-access-token"
_FILTER = re.compile(r"searchCriteria\[filter_groups\]\[(\d+)\]\[filters\]\[(\d+)\]\[(\w+)\]")
_FIELDS = "items[id,sku,name,status,updated_at,custom_attributes],total_count"


def product(number: int, kind: str = "simple", **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    """A product; `changed` may name custom attributes under `custom`."""
    custom = {"country_of_manufacture": "DE", "description": "<p>long</p>"}
    custom |= changed.pop("custom", {})
    return {
        "id": number,
        "sku": f"SKU-{number}",
        "name": f"Lamp {number}",
        "status": 1,
        "type_id": kind,
        "updated_at": f"2026-11-{number:02} 00:00:00",
        "custom_attributes": [
            {"attribute_code": code, "value": value} for code, value in custom.items()
        ],
        **changed,
    }


@dataclass
class AdobeCommerce:
    """The shop; its list lacks `lost` products that were counted."""

    products: list[dict[str, Any]]
    lost: int = 0
    pages: list[int] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/rest/{store}/V1/products", self._products)])

    async def _products(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            said = "The consumer isn't authorized to access %resources."
            parameters = {"resources": "Magento_Catalog::products"}
            return JSONResponse({"message": said, "parameters": parameters}, 401)
        asked = request.query_params
        assert asked["fields"] == _FIELDS
        assert asked["searchCriteria[sortOrders][0][field]"] == "entity_id"
        found = [one for one in self.products if _matches(one, _filters(request))]
        size = int(asked["searchCriteria[pageSize]"])
        last = max(1, -(-len(found) // size))
        number = min(int(asked["searchCriteria[currentPage]"]), last)
        self.pages.append(number)
        items = found[(number - 1) * size : number * size]
        total = len(found) + self.lost
        return JSONResponse({"items": list(map(_filtered, items)), "total_count": total})


def _filters(request: Request) -> list[dict[str, str]]:
    filters: dict[tuple[str, str], dict[str, str]] = {}
    for name, value in request.query_params.items():
        if match := _FILTER.fullmatch(name):
            filters.setdefault((match[1], match[2]), {})[match[3]] = value
    return list(filters.values())


def _matches(one: dict[str, Any], filters: list[dict[str, str]]) -> bool:
    """Every filter stands in a group of its own, so all have to hold."""
    return all(
        one[wanted["field"]] == wanted["value"]
        if wanted["condition_type"] == "eq"
        else one[wanted["field"]] >= wanted["value"]
        for wanted in filters
    )


def _filtered(one: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "sku", "name", "status", "updated_at", "custom_attributes")
    return {name: one[name] for name in names}
