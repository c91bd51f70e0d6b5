"""One account at Digital River: the sandbox's own rules, and hands that are not syncd's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote, urlencode

import orjson

from syncd.digital_river.messages import Request
from syncd.domain.attributes import ITEM_ATTRIBUTES, SKU_ATTRIBUTES, Attributes, ItemId
from syncd.domain.canonical import observed
from syncd.domain.change import Resource
from syncd.sandbox.answers import Answer, RefusedError
from syncd.sandbox.api import Api
from syncd.sandbox.calls import Call
from syncd.sandbox.items import with_defaults
from syncd.sandbox.settings import SandboxSettings
from syncd.sandbox.skus import with_physical
from syncd.sandbox.tables import Level, Record, Table, Tables

if TYPE_CHECKING:
    from pydantic import JsonValue

KEY: Final = "sk_test_simulated"
_HEADERS: Final = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
_MANAGED: Final[Mapping[str, JsonValue]] = {
    "managedFulfillment": "DRGlobalFulfillment",
    "physical": True,
}

ITEM: Final = Resource.INVENTORY_ITEM
SKU: Final = Resource.SKU
ATTRIBUTES: Final = {ITEM: ITEM_ATTRIBUTES, SKU: SKU_ATTRIBUTES}
Half: TypeAlias = tuple[ItemId, Resource]
"""An item, or the SKU that it makes a pair with."""


class Account:
    """Items, SKUs and levels; `meddled` says when others last touched an item or a SKU.

    In moments of the loop's time, and only until syncd has written it and heard of it.
    """

    def __init__(self, name: str, now: Callable[[], datetime]) -> None:
        """Start empty; `now` dates what is written."""
        self.name = name
        self.meddled: dict[Half, float] = {}
        self._now = now
        self._tables = Tables()
        self._api = Api(self._tables, SandboxSettings(), now)

    # -- what syncd asks

    def answer(self, request: Request, body: bytes | None) -> Answer:
        """Carry a request out, with this body in the place of its own."""
        resource, _, item = request.path.lstrip("/").partition("/")
        call = Call(
            method=request.method,
            path=request.path,
            query=urlencode(request.query),
            headers=_HEADERS,
            body=body or b"",
            arrived=0.0,
            resource=resource,
            id=unquote(item) or None,
            stray=False,
        )
        try:
            return self._api.answer(call)
        except RefusedError as refused:
            return refused.answer()

    # -- what stands there

    def half(self, half: Half) -> Attributes | None:
        """The values of an item or a SKU in canonical form."""
        item, resource = half
        found = self._table(resource).get(item)
        if found is None:
            return None
        return {name: observed(name, found.attributes.get(name)) for name in ATTRIBUTES[resource]}

    def item(self, item: ItemId) -> Attributes | None:
        return self.half((item, ITEM))

    def ids(self, resource: Resource = ITEM) -> list[ItemId]:
        return sorted(ItemId(record.id) for record in self._table(resource))

    def is_managed(self, item: ItemId) -> bool:
        sku = self._tables.skus.get(item)
        return sku is not None and bool(sku.attributes.get("managedFulfillment"))

    def is_stocked(self, item: ItemId) -> bool:
        return any(level.quantity > 0 for level in self._tables.levels.get(item, {}).values())

    # -- what others do

    def put(self, item: ItemId, **values: str) -> None:
        """Make or change an item past everybody; values by the API's names."""
        known = self._tables.items.get(item)
        attributes = {} if known is None else known.attributes
        changed = with_defaults({**attributes, **values})
        self._put((item, ITEM), changed)

    def put_sku(self, item: ItemId, **values: str) -> None:
        """Make or change a SKU past everybody; values by the API's names."""
        known = self._tables.skus.get(item)
        attributes = {} if known is None else known.attributes
        self._put((item, SKU), with_physical({**attributes, **values}))

    def remove(self, half: Half) -> None:
        item, resource = half
        if resource is SKU:
            self._tables.skus.remove(item)
        else:
            self._tables.remove_item(item)
        self._note_meddling(half)

    def manage(self, item: ItemId) -> None:
        """Let Digital River fulfil a SKU, and keep its item."""
        moment = self._now()
        self._tables.skus.put(Record(item, dict(_MANAGED), moment, moment))

    def stock(self, item: ItemId, quantity: int) -> None:
        level = Level(item, "warehouse-1", quantity, self._now())
        self._tables.levels.setdefault(item, {})["warehouse-1"] = level

    def heard_of(self, half: Half, landed: float) -> None:
        """Syncd knows it as it was when this write landed."""
        if self.meddled.get(half, landed) <= landed:
            self.meddled.pop(half, None)

    def unstock_all(self) -> None:
        self._tables.levels.clear()

    def _table(self, resource: Resource) -> Table:
        return self._tables.skus if resource is SKU else self._tables.items

    def _put(self, half: Half, attributes: Mapping[str, JsonValue]) -> None:
        item, resource = half
        table, moment = self._table(resource), self._now()
        known = table.get(item)
        table.put(Record(item, dict(attributes), known.created if known else moment, moment))
        self._note_meddling(half)

    def _note_meddling(self, half: Half) -> None:
        self.meddled[half] = asyncio.get_running_loop().time()


def ids_of(request: Request) -> list[ItemId]:
    """The ids that a request is about, whichever way it names them."""
    item = request.path.lstrip("/").partition("/")[2]
    if item:
        return [ItemId(unquote(item))]
    names = {"ids", "inventoryItemIds"}
    asked = [ItemId(value) for name, value in request.query if name in names]
    return asked or ([] if request.body is None else [ItemId(orjson.loads(request.body)["id"])])
