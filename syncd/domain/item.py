"""An inventory item as the remote shows it."""

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
