"""An inventory item, and the SKU beside it, as the remote shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syncd.domain.attributes import Attributes, ItemId


@dataclass(frozen=True, slots=True)
class RemoteItem:
    """One inventory item in an answer; `attributes` holds all six, absent and null ones as None."""

    id: ItemId
    attributes: Attributes
    created: datetime | None = None
    updated: datetime | None = None
    live_mode: bool | None = None


@dataclass(frozen=True, slots=True)
class RemoteSku:
    """One SKU in an answer; `attributes` has those alone that have a value.

    `managed` says that Digital River fulfils it, and keeps its item. One that is not `physical` has
    no item; None where the answer does not say.
    """

    id: ItemId
    attributes: Attributes
    managed: bool = False
    physical: bool | None = None
    updated: datetime | None = None
