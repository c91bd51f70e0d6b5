"""The one word for a SKU."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.delivery import Failure
from syncd.domain.tracking import Delivery, Held, Missing, Ownership, SkuState, Tracked

A = {Attribute.PART_NUMBER: "A"}
B = {Attribute.PART_NUMBER: "B"}
EQUAL = Tracked(ItemId("shoe-1"), desired=A, known=A, ownership=Ownership.OWNED)
QUARANTINED = replace(EQUAL, known=B, quarantine=Failure(409, "invalid_parameter", "no"))
HELD = replace(QUARANTINED, held=Held("hsCode", "x", "rule"))
MISSING = replace(HELD, missing=Missing(datetime(2026, 11, 21, tzinfo=UTC), read=3))
FOREIGN = replace(MISSING, ownership=Ownership.FOREIGN)
IN_FLIGHT = replace(FOREIGN, delivery=Delivery.IN_FLIGHT)


@pytest.mark.parametrize(
    ("tracked", "state"),
    [
        (EQUAL, SkuState.IN_SYNC),
        (replace(EQUAL, known=B), SkuState.PENDING),
        (replace(EQUAL, known=None), SkuState.PENDING),
        (replace(EQUAL, desired=None), SkuState.PENDING),
        (replace(EQUAL, delivery=Delivery.IN_DOUBT), SkuState.PENDING),
        (Tracked(ItemId("shoe-1"), desired=A), SkuState.PENDING),
        (QUARANTINED, SkuState.QUARANTINED),
        (HELD, SkuState.HELD),
        (MISSING, SkuState.MISSING),
        (FOREIGN, SkuState.FOREIGN),
        (IN_FLIGHT, SkuState.IN_FLIGHT),
    ],
)
def test_the_first_state_that_holds_is_the_word(tracked: Tracked, state: SkuState) -> None:
    assert tracked.state is state


def test_a_value_the_server_filled_in_leaves_a_sku_in_sync_unless_it_was_sent() -> None:
    maker = Attribute.MANUFACTURER_ID
    filled = replace(EQUAL, desired={**A, maker: None}, known={**A, maker: "M"})

    assert filled.state is SkuState.IN_SYNC
    assert replace(filled, sent=frozenset({maker})).state is SkuState.PENDING
