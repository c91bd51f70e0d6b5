"""Which halves of a pair an explanation shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.attributes import Attribute, Attributes
from syncd.domain.tracking import Ownership, Tracked
from syncd.service.explanation import Explanation
from syncd.service.outlook import Outlook
from tests.unit.engine.samples import ITEM, NOW

ITEM_WISH: Attributes = {Attribute.PART_NUMBER: "A"}
PAIR_WISH: Attributes = {**ITEM_WISH, Attribute.NAME: "Shoe"}
PAIR = Tracked(
    ITEM, desired=PAIR_WISH, known=ITEM_WISH, ownership=Ownership.OWNED, known_sku=PAIR_WISH
)


@pytest.mark.parametrize(
    ("row", "labels"),
    [
        pytest.param(None, [""], id="nothing is known"),
        pytest.param(PAIR, ["SKU ", ""], id="a pair"),
        pytest.param(replace(PAIR, known_sku=None), ["SKU ", ""], id="a SKU is to be made"),
        pytest.param(replace(PAIR, desired=None), ["SKU ", ""], id="a SKU is left"),
        pytest.param(replace(PAIR, desired=ITEM_WISH), [""], id="a SKU is not kept any more"),
        pytest.param(replace(PAIR, desired=ITEM_WISH, known_sku=None), [""], id="an item alone"),
    ],
)
def test_the_sku_is_shown_where_one_is_kept(row: Tracked | None, labels: list[str]) -> None:
    told = Explanation(
        at=NOW,
        id=ITEM,
        tracked=row,
        history=(),
        catalog=None,
        wish=None,
        catalog_absence=None,
        observed=None,
        observed_absence=None,
        next=Outlook("Nothing."),
    )

    assert [half.name for half in told.halves] == labels
