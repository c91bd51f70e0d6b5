"""Undoing what a cycle did to a pair: both halves go back together, or neither does."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from syncd.domain.attributes import Attribute, Attributes
from syncd.domain.change import Action, Resource
from syncd.domain.cycle_id import CycleId
from syncd.domain.delivery import Accepted, Failure, Transient
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.policy import Policy
from syncd.domain.tracking import Ownership, Reverted, SkuState, Tracked
from syncd.engine.absorb import absorb, gone
from syncd.engine.deeds import Deeds, HalfDeeds
from syncd.engine.forget import is_left_behind
from syncd.engine.observe import Observation, observe
from syncd.engine.plan import change_for
from syncd.engine.revert import Kept, Occasion, Standing, released, undone
from syncd.engine.settle import claim, settle
from tests.unit.engine.samples import DAY, ITEM, NOW, ORIGIN, PART

NAME: Final = Attribute.NAME
PAIRS: Final = Policy(skus=True, delete_skus=True)
NO_ADOPTION: Final = replace(PAIRS, adopt=False)
CYCLE: Final = CycleId("cycle-7")
OF_ITEM, SKU = Resource.INVENTORY_ITEM, Resource.SKU
WISH: Attributes = {PART: "A", ORIGIN: "DK", NAME: "Shoe"}
THE_ITEM: Attributes = {PART: "A", ORIGIN: "DK"}
THE_SKU: Attributes = WISH
IN_SYNC = Tracked(
    ITEM, 11, WISH, THE_ITEM, ownership=Ownership.OWNED, revision=3, known_sku=THE_SKU
)
HALF_MADE = replace(IN_SYNC, known=None, ownership=Ownership.UNKNOWN)


def changed(values: Attributes, name: Attribute, before: str | None) -> HalfDeeds:
    return HalfDeeds({**values, name: before}, values, frozenset({name}))


def did(item: HalfDeeds | None, sku: HalfDeeds | None) -> Deeds:
    return Deeds(ITEM, 3, item, sku)


MADE_ITEM, MADE_SKU = HalfDeeds(None, THE_ITEM), HalfDeeds(None, THE_SKU)
GONE_ITEM, GONE_SKU = HalfDeeds(THE_ITEM, None), HalfDeeds(THE_SKU, None)


def attempt(deeds: Deeds, row: Tracked | None, *, item: bool, sku: bool) -> Tracked | Kept:
    shown = RemoteItem(ITEM, THE_ITEM) if item else None
    standing = Standing(row, shown, sku=RemoteSku(ITEM, THE_SKU) if sku else None)
    return undone(deeds, standing, Occasion(CYCLE, NOW, read=9))


@pytest.mark.parametrize(
    ("deeds", "row", "expected"),
    [
        (
            did(changed(THE_ITEM, ORIGIN, "CA"), changed(THE_SKU, ORIGIN, "CA")),
            IN_SYNC,
            [(Action.UPDATE, SKU, {ORIGIN: "CA"}), (Action.UPDATE, OF_ITEM, {ORIGIN: "CA"})],
        ),
        (
            did(None, changed(THE_SKU, NAME, "Boot")),
            IN_SYNC,
            [(Action.UPDATE, SKU, {NAME: "Boot"})],
        ),
        (
            did(MADE_ITEM, MADE_SKU),
            IN_SYNC,
            [
                (Action.DELETE, OF_ITEM, dict.fromkeys(THE_ITEM)),
                (Action.DELETE, SKU, dict.fromkeys(THE_SKU)),
            ],
        ),
        (did(MADE_ITEM, None), IN_SYNC, [(Action.DELETE, OF_ITEM, dict.fromkeys(THE_ITEM))]),
        (did(None, MADE_SKU), HALF_MADE, [(Action.DELETE, SKU, dict.fromkeys(THE_SKU))]),
        (
            did(GONE_ITEM, GONE_SKU),
            None,
            [(Action.CREATE, SKU, THE_SKU), (Action.CREATE, OF_ITEM, THE_ITEM)],
        ),
    ],
)
def test_both_halves_go_back_in_their_order(
    deeds: Deeds, row: Tracked | None, expected: list[tuple[Action, Resource, Attributes]]
) -> None:
    there = row is not None
    found = attempt(deeds, row, item=there and row is not HALF_MADE, sku=there)

    assert isinstance(found, Tracked)
    assert found.state is SkuState.PENDING
    change = change_for(found, PAIRS, NOW, 0)
    assert change is not None
    assert [(one.action, one.resource, one.payload()) for one in change.halves] == expected
    keeps_sku = deeds == did(MADE_ITEM, None)
    assert found.reverted == Reverted(CYCLE, None if row is None else WISH, keeps_sku)
    told = deeds.undoing()
    assert told is not None
    assert [(one.action, one.resource) for one in told.halves] == [one[:2] for one in expected]


@pytest.mark.parametrize(
    ("deeds", "is_undone"),
    [
        (did(changed(THE_ITEM, ORIGIN, "CA"), changed(THE_SKU, ORIGIN, "CA")), True),
        (did(None, changed(THE_SKU, NAME, "Boot")), True),
        (did(MADE_ITEM, MADE_SKU), False),
    ],
)
def test_what_others_have_added_to_either_half_keeps_only_what_would_be_deleted_with_it(
    deeds: Deeds, *, is_undone: bool
) -> None:
    item = RemoteItem(ITEM, {**THE_ITEM, Attribute.ALLOW_OVERSELL: True})
    sku = RemoteSku(ITEM, {**THE_SKU, Attribute.DESCRIPTION: "theirs"})

    found = undone(deeds, Standing(IN_SYNC, item, sku=sku), Occasion(CYCLE, NOW, read=9))

    assert isinstance(found, Tracked) is is_undone
    assert is_undone or found is Kept.CHANGED_SINCE


@pytest.mark.parametrize("policy", [PAIRS, Policy(skus=True)])
def test_a_sku_that_a_revert_keeps_is_ours_when_its_item_is_wanted_again(policy: Policy) -> None:
    row = attempt(did(MADE_ITEM, None), IN_SYNC, item=True, sku=True)
    assert isinstance(row, Tracked)
    change = change_for(row, policy, NOW, 0)
    assert change is not None

    held = settle(claim(row, change), change, Accepted(None), policy, NOW)

    assert held is not None
    assert held.known_sku == IN_SYNC.known_sku
    again = change_for(released(held), policy, NOW, 0)
    assert again is not None
    assert [(one.action, one.resource) for one in again.halves] == [(Action.CREATE, OF_ITEM)]


@pytest.mark.parametrize("policy", [PAIRS, NO_ADOPTION])
def test_an_item_that_somebody_made_while_the_sku_was_in_doubt_ends_the_revert(
    policy: Policy,
) -> None:
    """It is not taken for what the revert brings back, and so neither changed nor deleted."""
    row = attempt(did(GONE_ITEM, GONE_SKU), None, item=False, sku=False)
    assert isinstance(row, Tracked)
    change = change_for(row, policy, NOW, 0)
    assert change is not None
    assert change.resource is SKU
    lost = Transient(Failure(None, "timeout", "no answer"), in_doubt=True)
    doubtful = settle(claim(row, change), change, lost, policy, NOW)
    assert doubtful is not None

    theirs = RemoteItem(ITEM, {**THE_ITEM, ORIGIN: "CN"})
    seen = observe(doubtful, Observation(theirs, sku=RemoteSku(ITEM, THE_SKU)), policy, NOW)

    assert seen is not None
    assert (seen.reverted, seen.ownership is Ownership.OWNED) == (None, False)
    assert seen.known_sku == THE_SKU
    assert seen.known is None


def test_a_sku_that_was_ours_before_its_item_was_made_stays_ours() -> None:
    """Or else it would outlive its row, once that has left the catalog."""
    row = attempt(did(MADE_ITEM, None), IN_SYNC, item=True, sku=True)
    assert isinstance(row, Tracked)
    change = change_for(row, PAIRS, NOW, 0)
    assert change is not None

    held = settle(claim(row, change), change, Accepted(None), PAIRS, NOW)

    assert held is not None
    assert (held.state, held.known, held.known_sku) == (SkuState.HELD, None, IN_SYNC.known_sku)
    assert change_for(held, PAIRS, NOW, 0) is None
    gone_since = gone(held, NOW - 2 * DAY, 3)
    assert gone_since is not None
    left = change_for(gone_since, PAIRS, NOW, 9)
    assert left is not None
    assert [(one.action, one.resource) for one in left.halves] == [(Action.DELETE, SKU)]


@pytest.mark.parametrize("adopt", [True, False])
def test_a_sku_that_the_policy_leaves_when_its_pair_is_undone_stays_ours(adopt: bool) -> None:
    policy = Policy(skus=True, adopt=adopt)
    row = attempt(did(MADE_ITEM, MADE_SKU), IN_SYNC, item=True, sku=True)
    assert isinstance(row, Tracked)
    change = change_for(row, policy, NOW, 0)
    assert change is not None
    assert [(one.action, one.resource) for one in change.halves] == [(Action.DELETE, OF_ITEM)]

    held = settle(claim(row, change), change, Accepted(None), policy, NOW)

    assert held is not None
    assert (held.state, held.known, held.known_sku) == (SkuState.HELD, None, THE_SKU)
    wished = absorb(held, 12, {**WISH, NAME: "Boot"})
    found = observe(wished, Observation(None, sku=RemoteSku(ITEM, THE_SKU)), policy, NOW)
    assert found is not None
    again = change_for(found, policy, NOW, 0)
    assert again is not None
    assert [(one.action, one.resource) for one in again.halves] == [
        (Action.UPDATE, SKU),
        (Action.CREATE, OF_ITEM),
    ]


def test_a_sku_that_stays_is_let_go_once_its_row_has_left_the_catalog() -> None:
    policy = Policy(skus=True)
    held = replace(HALF_MADE, desired=None, reverted=Reverted(CYCLE, WISH, keeps_sku=True))

    left = gone(held, NOW - 2 * DAY, 3)

    assert left is not None
    assert change_for(left, policy, NOW, 9) is None
    assert is_left_behind(left, policy)
    assert observe(left, Observation(None, sku=RemoteSku(ITEM, THE_SKU)), policy, NOW) is None


def test_an_item_comes_back_beside_the_sku_that_has_stayed() -> None:
    found = attempt(did(GONE_ITEM, None), None, item=False, sku=True)

    assert isinstance(found, Tracked)
    change = change_for(found, PAIRS, NOW, 0)
    assert change is not None
    assert [half.resource for half in change.halves] == [OF_ITEM]


@pytest.mark.parametrize(
    ("deeds", "row", "item", "sku", "reason"),
    [
        (did(changed(THE_ITEM, ORIGIN, "CA"), MADE_SKU), IN_SYNC, True, True, Kept.ONE_HALF),
        (did(MADE_ITEM, changed(THE_SKU, NAME, "Boot")), IN_SYNC, True, True, Kept.ONE_HALF),
        (did(None, MADE_SKU), IN_SYNC, True, True, Kept.ONE_HALF),
        (did(None, GONE_SKU), None, False, False, Kept.ONE_HALF),
        (
            did(changed(THE_ITEM, ORIGIN, "CA"), None),
            IN_SYNC,
            True,
            True,
            Kept.UNLIKE_BEFORE,
        ),
        (
            did(changed(THE_ITEM, ORIGIN, "CA"), changed(THE_SKU, ORIGIN, "SE")),
            IN_SYNC,
            True,
            True,
            Kept.UNLIKE_BEFORE,
        ),
        (
            did(HalfDeeds({**THE_ITEM, ORIGIN: "CA"}, None), GONE_SKU),
            None,
            False,
            False,
            Kept.UNLIKE_BEFORE,
        ),
        (did(None, changed(THE_SKU, NAME, "Boot")), IN_SYNC, True, False, Kept.CHANGED_SINCE),
        (did(GONE_ITEM, GONE_SKU), None, False, True, Kept.CHANGED_SINCE),
        (
            did(None, changed(THE_SKU, NAME, "Boot")),
            replace(IN_SYNC, desired={**WISH, ORIGIN: "CA"}),
            True,
            True,
            Kept.WISHED_SINCE,
        ),
    ],
)
def test_what_would_part_a_pair_or_has_moved_on_is_left_as_it_is(
    deeds: Deeds, row: Tracked | None, item: bool, sku: bool, reason: Kept
) -> None:
    assert attempt(deeds, row, item=item, sku=sku) is reason


def test_a_sku_whose_item_is_undone_is_still_to_be_deleted() -> None:
    left = replace(IN_SYNC, desired=None, known=None, reverted=Reverted(CYCLE, WISH))

    assert left.state is SkuState.PENDING
    assert replace(left, known_sku=None).state is SkuState.HELD
