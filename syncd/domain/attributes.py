"""The attributes of SKU and inventory item, and when a wanted value differs from a known one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType, TypeAlias

ItemId = NewType("ItemId", str)
"""The id that a SKU and its inventory item share."""


class Attribute(StrEnum):
    """The attributes of SKU and item beside their id, by the API's own names.

    The first six are the item's, and the SKU has all but the sixth of them; the others are the
    SKU's alone.
    """

    MANUFACTURER_ID = "manufacturerId"
    PART_NUMBER = "partNumber"
    COUNTRY_OF_ORIGIN = "countryOfOrigin"
    ECCN = "eccn"
    HS_CODE = "hsCode"
    ALLOW_OVERSELL = "allowOversell"
    NAME = "name"
    TAX_CODE = "taxCode"
    DESCRIPTION = "description"
    IMAGE = "image"
    URL = "url"
    WEIGHT = "weight"
    WEIGHT_UNIT = "weightUnit"
    SKU_GROUP_ID = "skuGroupId"
    ITEM_BREADCRUMB = "itemBreadcrumb"
    METADATA = "metadata"

    __hash__ = str.__hash__  # that of enumerations takes ten times as long, for millions of values

    @property
    def key(self) -> str:
        """The attribute's name in configuration and code, such as `part_number`."""
        return self.name.lower()


Value: TypeAlias = str | bool | None
"""One attribute's value in canonical form; `None` is *no value*, an explicit `null` on the wire."""

Attributes: TypeAlias = Mapping[Attribute, Value]
"""Values by attribute; an attribute that is absent is not ours and is never compared."""

ITEM_ATTRIBUTES: Final = tuple(Attribute)[:6]
"""What an inventory item has."""
SHARED: Final = ITEM_ATTRIBUTES[:5]
"""What both halves of a pair have, and must have alike; a SKU takes no `allowOversell`."""
SKU_ONLY: Final = tuple(Attribute)[6:]
"""What the SKU alone has. Each row of a catalog whose SKUs are managed has a name among them, and
no other row has any: so a wish for a name is a wish for a SKU."""
SKU_ATTRIBUTES: Final = (*SHARED, *SKU_ONLY)
_NAME: Final = Attribute.NAME
"""To look it up in the enumeration takes longer than to look for it in a wish."""
FROM_THE_GROUP: Final = frozenset({Attribute.COUNTRY_OF_ORIGIN, Attribute.ECCN, Attribute.TAX_CODE})
"""What a SKU in a group need not have, for the group has it."""

SERVER_FILLED: Final = frozenset({Attribute.MANUFACTURER_ID, Attribute.ALLOW_OVERSELL})
"""Attributes the server fills in by itself when they were not sent (digital-river.md)."""


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """One attribute's way from the known value to the desired one."""

    known: Value
    desired: Value


def differences(
    desired: Attributes, known: Attributes, sent: frozenset[Attribute]
) -> dict[Attribute, AttributeChange]:
    """List what must be written to make `known` equal to `desired`; both in canonical form.

    An empty wish for a server-filled attribute accepts whatever the remote has, unless `sent` says
    that the value there is one that syncd itself has sent: that one is cleared (product.md).
    """
    return {
        attribute: AttributeChange(known.get(attribute), wanted)
        for attribute, wanted in desired.items()
        if _differs(attribute, wanted, known.get(attribute), sent)
    }


def _differs(attribute: Attribute, wanted: Value, known: Value, sent: frozenset[Attribute]) -> bool:
    if wanted is None and attribute in SERVER_FILLED:
        return known is not None and attribute in sent
    return wanted != known


def wants_sku(desired: Attributes | None) -> bool:
    """Whether this wish is for a pair, and not for an item alone."""
    return desired is not None and _NAME in desired


def item_half(values: Attributes) -> Attributes:
    """What of these values an inventory item has."""
    if _NAME not in values:
        return values
    return {name: values[name] for name in ITEM_ATTRIBUTES if name in values}


def sku_half(values: Attributes) -> Attributes:
    """What of these values a SKU has."""
    return {name: values[name] for name in SKU_ATTRIBUTES if name in values}


def item_differences(
    desired: Attributes, known: Attributes, sent: frozenset[Attribute]
) -> dict[Attribute, AttributeChange]:
    """The `differences` of the item, whatever else the wish is for."""
    return differences(item_half(desired), known, sent)


def sku_differences(
    desired: Attributes, known: Attributes, sent: frozenset[Attribute]
) -> dict[Attribute, AttributeChange]:
    """The `differences` of the SKU; what one in a group lacks, it has from there."""
    found = differences(sku_half(desired), known, sent)
    if desired.get(Attribute.SKU_GROUP_ID, known.get(Attribute.SKU_GROUP_ID)) is None:
        return found
    return {
        name: change
        for name, change in found.items()
        if name not in FROM_THE_GROUP or change.known is not None
    }
