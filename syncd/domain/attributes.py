"""The shared attributes of an inventory item, and when a wanted value differs from a known one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType, TypeAlias

ItemId = NewType("ItemId", str)
"""The id that a SKU and its inventory item share."""


class Attribute(StrEnum):
    """The attributes that SKU and item share beside their id, by the API's own names."""

    MANUFACTURER_ID = "manufacturerId"
    PART_NUMBER = "partNumber"
    COUNTRY_OF_ORIGIN = "countryOfOrigin"
    ECCN = "eccn"
    HS_CODE = "hsCode"
    ALLOW_OVERSELL = "allowOversell"

    __hash__ = str.__hash__  # that of enumerations takes ten times as long, for millions of values

    @property
    def key(self) -> str:
        """The attribute's name in configuration and code, such as `part_number`."""
        return self.name.lower()


Value: TypeAlias = str | bool | None
"""One attribute's value in canonical form; `None` is *no value*, an explicit `null` on the wire."""

Attributes: TypeAlias = Mapping[Attribute, Value]
"""Values by attribute; an attribute that is absent is not ours and is never compared."""

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
