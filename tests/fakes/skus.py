"""The SKUs of an account as a test has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from syncd.domain.attributes import ItemId
from syncd.domain.listing import CountedSpan
from syncd.errors import RemoteError
from syncd.ports import TakeSkus

Sku = Mapping[str, object]
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class FakeSkuListing:
    """The `SkuListing` port.

    `changed` has for some ids when they were changed. `meanwhile` is called after each call, as a
    change from outside would come; `refusal` is raised where events are asked for.
    """

    skus: list[Sku] = field(default_factory=list)
    changed: dict[str, datetime] = field(default_factory=dict)
    gone: dict[str, datetime] = field(default_factory=dict)
    meanwhile: Callable[[], None] = lambda: None
    refusal: RemoteError | None = None
    asked: list[datetime | None] = field(default_factory=list)

    def read(self, since: datetime | None, take: TakeSkus) -> Sequence[CountedSpan]:
        self.asked.append(since)
        found = [
            sku
            for sku in self.skus
            if since is None or self.changed.get(str(sku["id"]), _NEVER) >= since
        ]
        take(found)
        self.meanwhile()
        return (CountedSpan(None, None, len(found)),)

    def latest(self, count: int) -> Sequence[Mapping[str, object]]:
        return self.skus[-count:]

    def deleted(self, since: datetime) -> frozenset[ItemId]:
        if self.refusal is not None:
            raise self.refusal
        present = {sku["id"] for sku in self.skus}
        gone = frozenset(
            ItemId(item)
            for item, moment in self.gone.items()
            if moment >= since and item not in present
        )
        self.meanwhile()
        return gone
