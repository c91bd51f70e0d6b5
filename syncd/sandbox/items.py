"""Inventory items, as the vendor answers for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from syncd.sandbox.answers import Answer, Problem, RefusedError, json_answer, refuse_if
from syncd.sandbox.calls import Call
from syncd.sandbox.fields import BOOLEAN, STRING, Fields, read_attributes
from syncd.sandbox.listing import list_answer
from syncd.sandbox.rules import (
    attribute_problems,
    id_problems,
    missing_problems,
    refuse_unknown_part,
)
from syncd.sandbox.settings import SandboxSettings
from syncd.sandbox.tables import Attributes, Record, Tables, without_nulls

# What the server fills in where nothing was sent or a null cleared it.
DEFAULT_MANUFACTURER = "default-manufacturer"
DEFAULT_ALLOW_OVERSELL = False

UPDATE_FIELDS: Fields = {
    "manufacturerId": STRING,
    "partNumber": STRING,
    "eccn": STRING,
    "hsCode": STRING,
    "countryOfOrigin": STRING,
    "allowOversell": BOOLEAN,
}
CREATE_FIELDS: Fields = {"id": STRING, **UPDATE_FIELDS}
FILTERS = frozenset({"partNumber", "manufacturerId"})


@dataclass(frozen=True, slots=True)
class ItemCalls:
    """One method per call; each raises RefusedError for what the vendor refuses."""

    tables: Tables
    settings: SandboxSettings
    now: Callable[[], datetime]

    def list(self, call: Call) -> Answer:
        return list_answer(call, self.tables.items, FILTERS)

    def create(self, call: Call) -> Answer:
        sent = read_attributes(call, CREATE_FIELDS, null_clears=False)
        item_id = str(sent.pop("id", None) or uuid4())
        refuse_if(400, id_problems(item_id))
        self._refuse_managed(item_id)
        self._check(sent)
        if item_id in self.tables.items:
            message = f"An inventory item with the id '{item_id}' already exists."
            raise RefusedError(409, Problem("already_exists", message, "id"))
        refuse_unknown_part(sent, self.settings.unknown_parts)
        now = self.now()
        record = Record(item_id, with_defaults(sent), created=now, updated=now)
        return json_answer(201, _shown(self.tables.items.put(record), call))

    def read(self, call: Call, item_id: str) -> Answer:
        return json_answer(200, _shown(self._find(item_id), call))

    def update(self, call: Call, item_id: str) -> Answer:
        self._refuse_managed(item_id)
        record = self._find(item_id)
        sent = read_attributes(call, UPDATE_FIELDS, null_clears=self.settings.null_clears)
        wanted = {**record.attributes, **sent}
        self._check(wanted)
        refuse_unknown_part(wanted, self.settings.unknown_parts)
        record.attributes = with_defaults(wanted)
        record.updated = self.now()
        return json_answer(201, _shown(record, call))

    def delete(self, _call: Call, item_id: str) -> Answer:
        self._refuse_managed(item_id)
        self._find(item_id)
        self.tables.remove_item(item_id)
        return Answer(204)

    def _find(self, item_id: str) -> Record:
        record = self.tables.items.get(item_id)
        if record is None:
            message = f"No inventory item has the id '{item_id}'."
            raise RefusedError(404, Problem("not_found", message, "id"))
        return record

    def _check(self, attributes: Attributes) -> None:
        refuse_if(400, missing_problems(attributes, ("partNumber",)))
        refuse_if(400, attribute_problems(attributes))

    def _refuse_managed(self, item_id: str) -> None:
        sku = self.tables.skus.get(item_id)
        if sku is not None and sku.attributes.get("managedFulfillment") is not None:
            message = f"Digital River manages the inventory item '{item_id}' through its SKU."
            raise RefusedError(409, Problem("managed_fulfillment", message, "id"))


def with_defaults(attributes: Attributes) -> Attributes:
    """Fill in what the server fills in, and drop nulls."""
    defaults: Attributes = {
        "manufacturerId": DEFAULT_MANUFACTURER,
        "allowOversell": DEFAULT_ALLOW_OVERSELL,
    }
    return {**defaults, **without_nulls(attributes)}


def _shown(record: Record, call: Call) -> dict[str, object]:
    return {**record.as_json(), "liveMode": call.live}
