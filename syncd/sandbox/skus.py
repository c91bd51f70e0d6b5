"""SKUs, as the vendor answers for them, and the items that it keeps for managed ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from syncd.sandbox.answers import Answer, Problem, RefusedError, json_answer, refuse_if
from syncd.sandbox.calls import Call
from syncd.sandbox.events import Events
from syncd.sandbox.fields import METADATA, NUMBER, STRING, Fields, one_of, read_attributes
from syncd.sandbox.items import with_defaults
from syncd.sandbox.listing import list_answer
from syncd.sandbox.rules import (
    attribute_problems,
    id_problems,
    missing_problems,
    refuse_unknown_part,
)
from syncd.sandbox.settings import SandboxSettings
from syncd.sandbox.tables import Attributes, Record, Tables, without_nulls

MANAGED = "DRGlobalFulfillment"
# The vendor tells `physical` by the tax code and takes it from nobody; software codes begin so.
DIGITAL_TAX_CODES = "4323"

UPDATE_FIELDS: Fields = {
    "eccn": STRING,
    "hsCode": STRING,
    "skuGroupId": STRING,
    "partNumber": STRING,
    "manufacturerId": STRING,
    "managedFulfillment": one_of(MANAGED),
    "taxCode": STRING,
    "name": STRING,
    "description": STRING,
    "image": STRING,
    "url": STRING,
    "countryOfOrigin": STRING,
    "weight": NUMBER,
    "weightUnit": one_of("oz", "lb", "g", "kg"),
    "metadata": METADATA,
    # The vendor's document of this version does not name it.
    "itemBreadcrumb": STRING,
}
CREATE_FIELDS: Fields = {"id": STRING, **UPDATE_FIELDS}
FILTERS = frozenset({"eccn", "partNumber", "hsCode", "taxCode", "skuGroupId"})
SHARED = ("manufacturerId", "partNumber", "countryOfOrigin", "eccn", "hsCode")


@dataclass(frozen=True, slots=True)
class SkuCalls:
    """One method per call; each raises RefusedError for what the vendor refuses."""

    tables: Tables
    settings: SandboxSettings
    now: Callable[[], datetime]
    events: Events

    def list(self, call: Call) -> Answer:
        return list_answer(call, self.tables.skus, FILTERS)

    def create(self, call: Call) -> Answer:
        sent = read_attributes(call, CREATE_FIELDS, null_clears=False)
        sku_id = str(sent.pop("id", None) or uuid4())
        if sku_id in self.tables.skus:
            message = f"A SKU with the id '{sku_id}' already exists."
            raise RefusedError(409, Problem("already_exists", message, "id"))
        return json_answer(201, _shown(self._write(sku_id, sent), call))

    def read(self, call: Call, sku_id: str) -> Answer:
        return json_answer(200, _shown(self._find(sku_id), call))

    def upsert(self, call: Call, sku_id: str) -> Answer:
        """Replace all attributes; managed fulfilment alone outlives not being sent."""
        sent = read_attributes(call, UPDATE_FIELDS, null_clears=self.settings.null_clears)
        known = self.tables.skus.get(sku_id)
        if known is not None and "managedFulfillment" in known.attributes:
            sent.setdefault("managedFulfillment", known.attributes["managedFulfillment"])
        status = 201 if known is None else 200
        return json_answer(status, _shown(self._write(sku_id, sent), call))

    def update(self, call: Call, sku_id: str) -> Answer:
        record = self._find(sku_id)
        sent = read_attributes(call, UPDATE_FIELDS, null_clears=self.settings.null_clears)
        return json_answer(200, _shown(self._write(sku_id, {**record.attributes, **sent}), call))

    def delete(self, _call: Call, sku_id: str) -> Answer:
        record = self._find(sku_id)
        if _is_managed(record):
            self.tables.remove_item(sku_id)
        self.tables.skus.remove(sku_id)
        self.events.note("sku.deleted", record)
        return Answer(204)

    def _find(self, sku_id: str) -> Record:
        record = self.tables.skus.get(sku_id)
        if record is None:
            raise RefusedError(404, Problem("not_found", f"No SKU has the id '{sku_id}'.", "id"))
        return record

    def _write(self, sku_id: str, wanted: Attributes) -> Record:
        refuse_if(400, id_problems(sku_id))
        refuse_if(400, missing_problems(wanted, _required(wanted)))
        refuse_if(400, attribute_problems(wanted))
        refuse_unknown_part(wanted, self.settings.unknown_parts)
        before = self.tables.skus.get(sku_id)
        now = self.now()
        created = now if before is None else before.created
        attributes = with_physical(without_nulls(wanted))
        record = self.tables.skus.put(Record(sku_id, attributes, created, updated=now))
        if _is_managed(record):
            self._keep_item(record)
        elif before is not None and _is_managed(before):
            self.tables.remove_item(sku_id)
        self._note(record, before)
        return record

    def _note(self, record: Record, before: Record | None) -> None:
        if before is None:
            self.events.note("sku.created", record)
            return
        now = record.attributes
        changed = {
            name: value for name, value in before.attributes.items() if now.get(name) != value
        }
        self.events.note("sku.updated", record, changed)

    def _keep_item(self, sku: Record) -> None:
        known = self.tables.items.get(sku.id)
        created = sku.updated if known is None else known.created
        shared = {name: sku.attributes[name] for name in SHARED if name in sku.attributes}
        self.tables.items.put(Record(sku.id, with_defaults(shared), created, sku.updated))


def with_physical(attributes: Attributes) -> Attributes:
    """Say whether the product is physical, unless that is known already."""
    managed = attributes.get("managedFulfillment") is not None
    digital = str(attributes.get("taxCode", "")).startswith(DIGITAL_TAX_CODES)
    return {"physical": managed or not digital, **attributes}


def _required(wanted: Attributes) -> tuple[str, ...]:
    grouped = wanted.get("skuGroupId") is not None
    managed = wanted.get("managedFulfillment") is not None
    return (
        "name",
        *(() if grouped else ("countryOfOrigin", "eccn", "taxCode")),
        *(("partNumber",) if managed else ()),
    )


def _is_managed(record: Record) -> bool:
    return record.attributes.get("managedFulfillment") is not None


def _shown(record: Record, call: Call) -> dict[str, object]:
    return {**record.as_json(), "liveMode": call.live}
