"""The bodies that Digital River answers with, read tolerantly but never in part."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter
from typing import Final, Generic, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from syncd.domain.attributes import ITEM_ATTRIBUTES, SKU_ATTRIBUTES, ItemId
from syncd.domain.canonical import observed, observed_item
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.level import Level

Body = TypeVar("Body", bound=BaseModel)


_values_of: Final = attrgetter(*(attribute.key for attribute in ITEM_ATTRIBUTES))
"""What an item's fields here hold, in the order of its attributes."""
_SKU_FIELDS: Final = tuple((attribute, attribute.key) for attribute in SKU_ATTRIBUTES)
"""The attributes of a SKU, and the names of their fields here."""


class UnreadableError(ValueError):
    """A body is not JSON, is cut short or lacks what it must have."""


class _Wire(BaseModel):
    """Unknown fields are passed over, and known ones that may be anything are `object`."""

    model_config = ConfigDict(frozen=True)


class WireObject(_Wire):
    """What every object has."""

    live_mode: object = Field(None, alias="liveMode")


class WireIdentified(WireObject):
    """What every object has that can be a cursor."""

    id: str = Field(min_length=1)


class WireDated(WireIdentified):
    """What every object has that can be listed by its times."""

    created_time: object = Field(None, alias="createdTime")
    updated_time: object = Field(None, alias="updatedTime")

    @property
    def created(self) -> datetime | None:
        """When it was created; None where that cannot be read."""
        return _moment(self.created_time)


class WireItem(WireDated):
    """An inventory item."""

    manufacturer_id: object = Field(None, alias="manufacturerId")
    part_number: object = Field(None, alias="partNumber")
    country_of_origin: object = Field(None, alias="countryOfOrigin")
    eccn: object = None
    hs_code: object = Field(None, alias="hsCode")
    allow_oversell: object = Field(None, alias="allowOversell")

    def as_item(self) -> RemoteItem:
        """Bring the values into canonical form."""
        return RemoteItem(
            id=ItemId(self.id),
            attributes=observed_item(_values_of(self)),
            created=self.created,
            updated=_moment(self.updated_time),
            live_mode=self.live_mode if isinstance(self.live_mode, bool) else None,
        )


class WireSku(WireIdentified):
    """A SKU, as far as its fulfilment goes."""

    managed_fulfillment: object = Field(None, alias="managedFulfillment")


class WireKeptSku(WireDated):
    """A SKU with all that a catalog may say of it."""

    managed_fulfillment: object = Field(None, alias="managedFulfillment")
    physical: object = None
    manufacturer_id: object = Field(None, alias="manufacturerId")
    part_number: object = Field(None, alias="partNumber")
    country_of_origin: object = Field(None, alias="countryOfOrigin")
    eccn: object = None
    hs_code: object = Field(None, alias="hsCode")
    name: object = None
    tax_code: object = Field(None, alias="taxCode")
    description: object = None
    image: object = None
    url: object = None
    weight: object = None
    weight_unit: object = Field(None, alias="weightUnit")
    sku_group_id: object = Field(None, alias="skuGroupId")
    item_breadcrumb: object = Field(None, alias="itemBreadcrumb")
    metadata: object = None

    def as_sku(self) -> RemoteSku:
        """Bring the values into canonical form."""
        values = ((name, observed(name, getattr(self, key))) for name, key in _SKU_FIELDS)
        return RemoteSku(
            id=ItemId(self.id),
            attributes={name: value for name, value in values if value is not None},
            managed=bool(self.managed_fulfillment),
            physical=self.physical if isinstance(self.physical, bool) else None,
            updated=_moment(self.updated_time),
        )


class WireWholeSku(WireDated):
    """A SKU with everything that it has."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def columns(self) -> dict[str, object]:
        """Give all its properties by the API's own names."""
        return self.model_dump(by_alias=True)


class WireEvent(WireIdentified):
    """What happened to an object; `data` is nothing to rely on."""

    type: object = None
    data: object = None

    @property
    def about(self) -> str | None:
        """The id of the object that it happened to; None where that is not told."""
        shown = self.data.get("object") if isinstance(self.data, dict) else None
        found = shown.get("id") if isinstance(shown, dict) else None
        return found if isinstance(found, str) and found else None


class WireLevel(WireObject):
    """What one location has of one item."""

    item: str = Field(alias="inventoryItemId")
    location: object = Field(None, alias="locationId")
    available: bool | None = None
    quantity: float | None = Field(None, alias="availableQuantity")
    available_time: object = Field(None, alias="availableTime")
    updated_time: object = Field(None, alias="updatedTime")

    @property
    def updated(self) -> datetime | None:
        """When it was changed last; None where that cannot be read."""
        return _moment(self.updated_time)

    def as_level(self) -> Level:
        """Read its times, and leave out the one of its return where there is stock."""
        return Level(
            item=ItemId(self.item),
            location="" if self.location is None else str(self.location),
            available=self.available,
            quantity=self.quantity,
            back=None if self.available else _moment(self.available_time),
            updated=self.updated,
        )


Entry = TypeVar("Entry", bound=WireObject)
Listed = TypeVar("Listed", bound=WireIdentified)
Dated = TypeVar("Dated", bound=WireDated)


class Page(_Wire, Generic[Entry]):
    """A list's answer."""

    data: tuple[Entry, ...]
    has_more: bool | None = Field(None, alias="hasMore")

    def goes_on(self, limit: int) -> bool:
        """Whether there is more than this; where nothing says so, a full page does."""
        return len(self.data) >= limit if self.has_more is None else self.has_more


def read_body(shape: type[Body], body: bytes) -> Body:
    """Read a whole body; UnreadableError names its first flaw where it is not of the shape."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        flaw = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in flaw["loc"])
        raise UnreadableError(f"{where}: {flaw['msg']}" if where else flaw["msg"]) from error


def read_item(body: bytes) -> WireItem:
    """Read an answer that is one item."""
    return read_body(WireItem, body)


def read_sku(body: bytes) -> WireKeptSku:
    """Read an answer that is one SKU."""
    return read_body(WireKeptSku, body)


def read_nothing(body: bytes) -> None:
    """Accept an empty body, or any JSON; a page in HTML is not Digital River's own answer."""
    try:
        if body:
            orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UnreadableError(str(error)) from error


def _moment(raw: object) -> datetime | None:
    if not isinstance(raw, str):
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
