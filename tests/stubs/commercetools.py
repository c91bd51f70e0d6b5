"""A project on commercetools: product projections of its HTTP API, as documented.

docs.commercetools.com/api: authorization (client credentials), general concepts (paging by id),
product projections, limits (offsets end at 10,000), scopes.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

CLIENT = ("ct-client", "ct-secret")
PROJECT = "my-project"
SCOPE = f"view_published_products:{PROJECT}"
_MOST = 500
_PREDICATE = re.compile(r'(id|lastModifiedAt) (>=?) "([^"]+)"')


def projection(number: int, variants: int = 1, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    """A product with a master variant and more of them."""
    all_variants = [
        {"id": at, "sku": f"SKU-{number}-{at}", "attributes": [{"name": "hs", "value": "940161"}]}
        for at in range(1, variants + 1)
    ]
    return {
        "id": f"0000000{number}-aaaa",
        "key": f"chair-{number}",
        "name": {"en": "Chair"},
        "lastModifiedAt": f"2026-11-{number:02}T00:00:00.000Z",
        "masterVariant": all_variants[0],
        "variants": all_variants[1:],
        **changed,
    }


@dataclass
class Commercetools:
    """The project; a token is good for so many requests.

    The first page lacks the `lost` last products that it counts.
    """

    projections: list[dict[str, Any]]
    lost: int = 0
    tokens: int = 0
    good_for: int = 1000
    left: int = 0

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/oauth/token", self._token, methods=["POST"]),
                Route(f"/{PROJECT}/product-projections", self._list),
            ]
        )

    async def _token(self, request: Request) -> Response:
        pair = b64encode(":".join(CLIENT).encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}":
            said = "Please provide valid client credentials using HTTP Basic Authentication."
            return JSONResponse({"error": "invalid_client", "error_description": said}, 401)
        assert SCOPE.replace(":", "%3A") in (await request.body()).decode()
        self.tokens += 1
        self.left = self.good_for
        token = {"access_token": f"ct-{self.tokens}", "expires_in": 172800, "scope": SCOPE}
        return JSONResponse(token)

    async def _list(self, request: Request) -> Response:
        shown = request.headers.get("authorization")
        if shown != f"Bearer ct-{self.tokens}" or not self.left:
            return JSONResponse({"message": "invalid_token", "statusCode": 401}, 401)
        self.left -= 1
        asked = request.query_params
        size = int(asked.get("limit", 20))
        if size > _MOST:
            return JSONResponse({"message": "Malformed parameter: limit"}, 400)
        assert (asked["sort"], asked["withTotal"]) == ("id asc", "false")
        found = [
            one
            for one in sorted(self.projections, key=lambda one: str(one["id"]))
            if all(_holds(one, text) for text in asked.getlist("where"))
        ]
        held = found[:size]
        lost = 0 if any("id >" in text for text in asked.getlist("where")) else self.lost
        results = held[: len(held) - lost]
        return JSONResponse({"limit": size, "offset": 0, "count": len(held), "results": results})


def _holds(one: dict[str, Any], predicate: str) -> bool:
    match = _PREDICATE.fullmatch(predicate)
    assert match is not None, predicate
    name, comparison, text = match.groups()
    read: Callable[[str], Any] = datetime.fromisoformat if name == "lastModifiedAt" else str
    found, wanted = read(one[name]), read(text)
    return bool(found > wanted or (comparison == ">=" and found == wanted))
