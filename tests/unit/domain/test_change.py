"""A change and what it sends; a plan and its parts."""

from __future__ import annotations

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change, Plan

CREATE = Change(ItemId("a"), Action.CREATE, 1)
UPDATE = Change(ItemId("b"), Action.UPDATE, 2)
DELETE = Change(ItemId("c"), Action.DELETE, 1)
OTHER_UPDATE = Change(ItemId("d"), Action.UPDATE, 1)
PLAN = Plan((CREATE, UPDATE, OTHER_UPDATE, DELETE))


def test_a_change_sends_what_is_desired_a_clear_included() -> None:
    change = Change(
        ItemId("a"),
        Action.UPDATE,
        1,
        {
            Attribute.ECCN: AttributeChange("EAR99", None),
            Attribute.ALLOW_OVERSELL: AttributeChange(True, False),
        },
    )

    assert change.payload() == {Attribute.ECCN: None, Attribute.ALLOW_OVERSELL: False}


def test_a_plan_counts_its_kinds_of_change() -> None:
    assert [PLAN.count(action) for action in Action] == [1, 2, 1]


def test_a_part_of_a_plan_keeps_its_order_and_its_approvals() -> None:
    plan = Plan(PLAN.changes, frozenset({UPDATE.id, DELETE.id}))

    assert plan.without({UPDATE.id, OTHER_UPDATE.id}) == Plan(
        (CREATE, DELETE), frozenset({DELETE.id})
    )
    assert plan.without(set()) == plan
