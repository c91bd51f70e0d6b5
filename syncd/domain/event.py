"""What Digital River tells of by itself, as far as a sync needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syncd.domain.attributes import ItemId


@dataclass(frozen=True, slots=True)
class Event:
    """One event by its own id, such as `sku.updated`; `about` is the SKU that it happened to."""

    id: str
    type: str
    about: ItemId
    received: datetime
