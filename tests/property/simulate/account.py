"""One account at Digital River: the sandbox's own rules, and hands that are not syncd's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlencode

import orjson

from syncd.digital_river.messages import Request
from syncd.domain.attributes import ITEM_ATTRIBUTES, Attributes, ItemId
from syncd.domain.canonical import observed
from syncd.sandbox.answers import Answer, RefusedError
from syncd.sandbox.api import Api
from syncd.sandbox.calls import Call
from syncd.sandbox.items import with_defaults
from syncd.sandbox.settings import SandboxSettings
from syncd.sandbox.tables import Level, Record, Tables

if TYPE_CHECKING:
    from pydantic import JsonValue

KEY: Final = "sk_test_simulated"
_HEADERS: Final = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
_MANAGED: Final[Mapping[str, JsonValue]] = {
    "managedFulfillment": "DRGlobalFulfillment",
    "physical": True,
}


class Account:
    """Items, SKUs and levels; `meddled` says when others last touched an item.

    In moments of the loop's time, and only until syncd has written the item and heard of it.
    """

    def __init__(self, name: str, now: Callable[[], datetime]) -> None:
        """Start empty; `now` dates what is written."""
        self.name = name
        self.meddled: dict[ItemId, float] = {}
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

    def item(self, item: ItemId) -> Attributes | None:
        """An item's values in canonical form."""
        record = self._tables.items.get(item)
        if record is None:
            return None
        return {name: observed(name, record.attributes.get(name)) for name in ITEM_ATTRIBUTES}

    def ids(self) -> list[ItemId]:
        return sorted(ItemId(record.id) for record in self._tables.items)

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
        moment = self._now()
        created = moment if known is None else known.created
        self._tables.items.put(Record(item, changed, created, moment))
        self.meddled[item] = asyncio.get_running_loop().time()

    def remove(self, item: ItemId) -> None:
        self._tables.remove_item(item)
        self.meddled[item] = asyncio.get_running_loop().time()

    def manage(self, item: ItemId) -> None:
        """Let Digital River fulfil a SKU, and keep its item."""
        moment = self._now()
        self._tables.skus.put(Record(item, dict(_MANAGED), moment, moment))

    def stock(self, item: ItemId, quantity: int) -> None:
        level = Level(item, "warehouse-1", quantity, self._now())
        self._tables.levels.setdefault(item, {})["warehouse-1"] = level

    def heard_of(self, item: ItemId, landed: float) -> None:
        """Syncd knows the item as it was when this write landed."""
        if self.meddled.get(item, landed) <= landed:
            self.meddled.pop(item, None)

    def unstock_all(self) -> None:
        self._tables.levels.clear()


def ids_of(request: Request) -> list[ItemId]:
    """The ids that a request is about, whichever way it names them."""
    item = request.path.lstrip("/").partition("/")[2]
    if item:
        return [ItemId(unquote(item))]
    names = {"ids", "inventoryItemIds"}
    asked = [ItemId(value) for name, value in request.query if name in names]
    return asked or ([] if request.body is None else [ItemId(orjson.loads(request.body)["id"])])
