"""A shop on Shopify: the parts of the Admin GraphQL API that its documentation shows for variants.

shopify.dev/docs/api/admin-graphql: productVariants, InventoryItem, BulkOperation,
bulkOperationRunQuery; shopify.dev/docs/api/usage/bulk-operations/queries and rate-limits.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import build_schema, graphql_sync
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

TOKEN = "shpat_0123456789abcdef"
CLIENT = ("shopify-client", "shpss_secret")
SCHEMA = """
scalar DateTime
scalar UnsignedInt64
enum ProductVariantInventoryPolicy { CONTINUE DENY }
enum ProductStatus { ACTIVE ARCHIVED DRAFT }
enum CountryCode { CA CN DE DK FR US }
enum BulkOperationStatus { CANCELED CANCELING COMPLETED CREATED EXPIRED FAILED RUNNING }
interface Node { id: ID! }
type Metafield { value: String! }
type Product { id: ID! title: String! vendor: String! status: ProductStatus! }
type InventoryItem {
  id: ID!
  countryCodeOfOrigin: CountryCode
  harmonizedSystemCode: String
  requiresShipping: Boolean!
}
type ProductVariant implements Node {
  id: ID!
  sku: String
  title: String!
  barcode: String
  inventoryPolicy: ProductVariantInventoryPolicy!
  updatedAt: DateTime!
  metafield(namespace: String, key: String!): Metafield
  product: Product!
  inventoryItem: InventoryItem!
}
type PageInfo { hasNextPage: Boolean! endCursor: String }
type ProductVariantEdge { node: ProductVariant! }
type ProductVariantConnection {
  edges: [ProductVariantEdge!]!
  nodes: [ProductVariant!]!
  pageInfo: PageInfo!
}
type BulkOperation implements Node {
  id: ID!
  status: BulkOperationStatus!
  errorCode: String
  objectCount: UnsignedInt64!
  url: String
}
type UserError { field: [String!] message: String! }
type BulkOperationRunQueryPayload { bulkOperation: BulkOperation userErrors: [UserError!]! }
type Query {
  node(id: ID!): Node
  productVariants(first: Int, after: String, query: String): ProductVariantConnection!
}
type Mutation {
  bulkOperationRunQuery(query: String!, groupObjects: Boolean! = false)
    : BulkOperationRunQueryPayload
}
"""
DENIED = {
    "message": "Access denied for productVariants field. Required access: `read_products`.",
    "extensions": {"code": "ACCESS_DENIED"},
}
THROTTLED = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}


def variant(number: int, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - as in JSON
    """A variant as the shop has it."""
    item = {
        "id": f"gid://shopify/InventoryItem/{number}",
        "countryCodeOfOrigin": "DK",
        "harmonizedSystemCode": "640420",
        "requiresShipping": True,
    }
    product = {
        "id": f"gid://shopify/Product/{number}",
        "title": "Shoe",
        "vendor": "Acme",
        "status": "ACTIVE",
    }
    return {
        "__typename": "ProductVariant",
        "id": f"gid://shopify/ProductVariant/{number}",
        "sku": f"SKU-{number}",
        "title": f"Size {number}",
        "barcode": None,
        "inventoryPolicy": "DENY",
        "updatedAt": f"2026-11-{number:02}T00:00:00Z",
        "metafields": {},
        "product": product,
        "inventoryItem": item | changed.pop("item", {}),
        **changed,
    }


@dataclass
class Shopify:
    """The shop; `turns` is how often a bulk operation is asked after before it is done.

    Its export lacks the `lost` last lines that were counted.
    """

    variants: list[dict[str, Any]]
    url: str = ""
    turns: int = 2
    busy: int = 0
    denied: bool = False
    lost: int = 0
    running: dict[str, Any] | None = None
    export: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    schema: Any = field(default_factory=lambda: build_schema(SCHEMA))

    def __post_init__(self) -> None:
        kinds = self.schema.type_map
        kinds["ProductVariant"].fields["metafield"].resolve = _metafield
        kinds["Node"].resolve_type = lambda value, *_: value["__typename"]
        kinds["Query"].fields["productVariants"].resolve = self._list
        kinds["Query"].fields["node"].resolve = self._node
        kinds["Mutation"].fields["bulkOperationRunQuery"].resolve = self._start

    def app(self) -> Starlette:
        graphql = "/admin/api/{version}/graphql.json"
        return Starlette(
            routes=[
                Route("/admin/oauth/access_token", self._token, methods=["POST"]),
                Route(graphql, self._graphql, methods=["POST"]),
                Route("/storage/export.jsonl", self._stored),
            ]
        )

    async def _token(self, request: Request) -> Response:
        form = dict(part.split("=") for part in (await request.body()).decode().split("&"))
        if (form.get("client_id"), form.get("client_secret")) != CLIENT:
            return JSONResponse({"error": "invalid_client"}, 400)
        return JSONResponse({"access_token": TOKEN, "scope": "read_products", "expires_in": 86399})

    async def _graphql(self, request: Request) -> Response:
        if request.headers.get("x-shopify-access-token") != TOKEN:
            said = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return JSONResponse({"errors": said}, 401)
        body = await request.json()
        self.asked.append(body)
        if self.denied:
            return JSONResponse({"errors": [DENIED], "data": None})
        if self.busy:
            self.busy -= 1
            return JSONResponse({"errors": [THROTTLED]})
        done = graphql_sync(self.schema, body["query"], variable_values=body.get("variables"))
        return JSONResponse(done.formatted)

    async def _stored(self, request: Request) -> Response:
        assert "x-shopify-access-token" not in request.headers
        return PlainTextResponse(self.export, media_type="application/jsonl")

    def _list(
        self,
        _: object,
        __: object,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
    ) -> dict[str, Any]:
        """List variants; `first` may be left out in bulk operations alone."""
        if first is not None and not 0 < first <= 250:
            raise ValueError("first must be between 1 and 250")
        since = re.fullmatch(r"updated_at:>='(.+)'", query or "updated_at:>='0'")
        assert since is not None, query
        found = [one for one in self.variants if one["updatedAt"] >= since[1]]
        start = int(after or 0)
        end = len(found) if first is None else start + first
        return {
            "nodes": found[start:end],
            "edges": [{"node": one} for one in found[start:end]],
            "pageInfo": {"hasNextPage": end < len(found), "endCursor": str(end)},
        }

    def _node(self, _: object, __: object, id: str) -> dict[str, Any] | None:
        if self.running is None or self.running["id"] != id:
            return None
        self._go_on(self.running)
        return self.running

    def _go_on(self, running: dict[str, Any]) -> None:
        self.turns -= 1
        if self.turns <= 0:
            running |= {"status": "COMPLETED", "url": f"{self.url}/storage/export.jsonl"}

    def _start(
        self,
        _: object,
        __: object,
        query: str,
        groupObjects: object,  # noqa: N803 - as the API has it
    ) -> dict[str, Any]:
        if self.running is not None:
            self._go_on(self.running)
        if self.running is not None and self.running["status"] == "RUNNING":
            said = f"A bulk query operation for this app and shop is already in progress: {_}."
            return {"bulkOperation": None, "userErrors": [{"field": None, "message": said}]}
        done = graphql_sync(self.schema, query)
        assert done.errors is None, done.errors
        nodes = [edge["node"] for edge in (done.data or {})["productVariants"]["edges"]]
        self.export = "".join(json.dumps(node) + "\n" for node in nodes)
        self.running = {
            "__typename": "BulkOperation",
            "id": "gid://shopify/BulkOperation/1",
            "status": "RUNNING",
            "errorCode": None,
            "objectCount": str(len(nodes) + self.lost),
            "url": None,
        }
        return {"bulkOperation": self.running, "userErrors": []}


def _metafield(
    value: dict[str, Any], _: object, key: str, namespace: str | None = None
) -> dict[str, Any] | None:
    found = value["metafields"].get(f"{namespace}.{key}")
    return None if found is None else {"value": found}
