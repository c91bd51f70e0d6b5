"""A SKU that a revert holds: what lets it go, what does not, and what its write may meet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.attributes import Attributes
from syncd.domain.change import Action
from syncd.domain.cycle_id import CycleId
from syncd.domain.delivery import Accepted, Gone
from syncd.domain.item import RemoteItem
from syncd.domain.policy import Policy
from syncd.domain.tracking import Delivery, Held, Ownership, Reverted, SkuState, Tracked
from syncd.engine.absorb import absorb, gone
from syncd.engine.observe import Observation, observe
from syncd.engine.plan import change_for, needs_look_up, next_try
from syncd.engine.revert import released
from syncd.engine.settle import claim, settle
from tests.unit.engine.samples import (
    ABSENCE,
    BROKEN_ROW,
    DAY,
    IN_SYNC,
    ITEM,
    LEFT,
    NEW,
    NOW,
    ORIGIN,
    OTHER,
    POLICY,
    THIRD,
    WISH,
    due,
    in_doubt,
    the,
)

CYCLE = CycleId("cycle-7")
HELD_BACK = replace(IN_SYNC, desired=OTHER, known=OTHER, reverted=Reverted(CYCLE, WISH))
"""An update was undone: the catalog wants WISH, the item has OTHER again."""
TO_GO_BACK = replace(HELD_BACK, known=WISH)
"""The same, before the write."""
TAKEN_AWAY = replace(
    HELD_BACK, desired=None, known=None, sent=frozenset(), ownership=Ownership.UNKNOWN
)
"""A create was undone: the catalog wants WISH, and there is no item."""
TO_TAKE_AWAY = replace(HELD_BACK, desired=None, known=WISH)
BROUGHT_BACK = replace(HELD_BACK, fingerprint=None, missing=LEFT, reverted=Reverted(CYCLE, None))
"""A delete was undone: the catalog has no row, the item is there again."""
TO_BRING_BACK = replace(BROUGHT_BACK, known=None, sent=frozenset(), ownership=Ownership.UNKNOWN)
ALL_HELD = [HELD_BACK, TAKEN_AWAY, BROUGHT_BACK]
ALL_DUE = [
    (TO_GO_BACK, Action.UPDATE),
    (TO_TAKE_AWAY, Action.DELETE),
    (TO_BRING_BACK, Action.CREATE),
]


@pytest.mark.parametrize("row", ALL_HELD)
def test_what_is_undone_is_held_and_says_by_which_cycle(row: Tracked) -> None:
    assert row.state is SkuState.HELD
    assert row.hold == Held("", "", "reverted from cycle-7")
    assert change_for(row, POLICY, NOW + 9 * DAY, 99) is None
    assert not needs_look_up(row, NOW)
    assert next_try(row, POLICY, NOW) is None


@pytest.mark.parametrize(("row", "action"), ALL_DUE)
def test_what_is_yet_to_be_undone_is_pending_and_due_at_once(row: Tracked, action: Action) -> None:
    assert (row.state, row.hold) == (SkuState.PENDING, None)
    assert due(row).action is action
    assert next_try(row, POLICY, NOW) == NOW
    assert needs_look_up(row, NOW) is (action is Action.CREATE)


@pytest.mark.parametrize(("row", "action"), ALL_DUE)
def test_an_unusable_catalog_row_keeps_no_undoing_waiting(row: Tracked, action: Action) -> None:
    broken = replace(row, held=BROKEN_ROW)

    assert (broken.state, due(broken).action) == (SkuState.PENDING, action)


@pytest.mark.parametrize(
    ("row", "answer"),
    [(TO_GO_BACK, Accepted(OTHER)), (TO_BRING_BACK, Accepted(OTHER)),
     (TO_TAKE_AWAY, Accepted(None)), (TO_TAKE_AWAY, Gone(ABSENCE))],
)  # fmt: skip
def test_the_write_leads_to_the_hold(row: Tracked, answer: Accepted | Gone) -> None:
    found = the(settle(claim(row, due(row)), due(row), answer, POLICY, NOW))

    assert found.state is SkuState.HELD
    assert found.reverted == row.reverted


def test_the_item_of_a_row_that_left_the_catalog_is_forgotten_with_its_delete() -> None:
    row = replace(TO_TAKE_AWAY, missing=LEFT, reverted=Reverted(CYCLE, None))

    assert due(row).action is Action.DELETE
    assert settle(claim(row, due(row)), due(row), Accepted(None), POLICY, NOW) is None


def test_an_undoing_that_leads_to_what_the_catalog_wants_holds_nothing() -> None:
    row = replace(TO_GO_BACK, desired=WISH, known=OTHER)

    found = the(settle(claim(row, due(row)), due(row), Accepted(WISH), POLICY, NOW))

    assert (found.state, found.reverted, found.desired) == (SkuState.IN_SYNC, None, WISH)


class TestALookAtTheCatalog:
    @pytest.mark.parametrize("row", [HELD_BACK, TAKEN_AWAY])
    def test_that_finds_the_same_wish_lets_nothing_go(self, row: Tracked) -> None:
        assert absorb(row, 99, dict(WISH)) == replace(row, fingerprint=99)

    @pytest.mark.parametrize("row", ALL_HELD)
    def test_that_finds_another_wish_goes_by_it(self, row: Tracked) -> None:
        found = absorb(row, 99, THIRD)

        assert (found.desired, found.reverted, found.missing) == (THIRD, None, None)
        assert found.state is SkuState.PENDING
        assert found.revision > row.revision

    def test_that_finds_what_the_item_has_again_leaves_nothing_to_write(self) -> None:
        found = absorb(HELD_BACK, 99, OTHER)

        assert (found.state, found.reverted) == (SkuState.IN_SYNC, None)

    @pytest.mark.parametrize("wish", [WISH, OTHER])
    def test_that_finds_any_row_where_there_was_none_goes_by_it(self, wish: Attributes) -> None:
        found = absorb(BROUGHT_BACK, 99, wish)

        assert (found.desired, found.reverted, found.missing) == (wish, None, None)

    @pytest.mark.parametrize("row", ALL_HELD)
    def test_that_finds_an_unusable_row_holds_it_for_that(self, row: Tracked) -> None:
        found = absorb(row, 99, BROKEN_ROW)

        assert (found.state, found.hold, found.reverted) == (
            SkuState.HELD, BROKEN_ROW, row.reverted
        )  # fmt: skip

    @pytest.mark.parametrize("row", [HELD_BACK, TAKEN_AWAY])
    def test_that_finds_the_mended_row_is_back_where_it_was(self, row: Tracked) -> None:
        assert absorb(absorb(row, 98, BROKEN_ROW), 99, WISH) == replace(row, fingerprint=99)

    def test_in_doubt_counts_what_the_undoing_may_have_sent(self) -> None:
        row = replace(in_doubt(TO_GO_BACK), sent=frozenset())

        assert ORIGIN in absorb(row, 99, THIRD).sent

    def test_that_lacks_the_row_makes_it_missing_and_keeps_the_hold_for_its_return(self) -> None:
        missing = the(gone(HELD_BACK, NOW, 7))

        assert missing.state is SkuState.MISSING
        assert due(missing, NOW + 2 * DAY, 9).action is Action.DELETE
        back = absorb(missing, 99, WISH)
        assert (back.state, back.hold) == (SkuState.HELD, HELD_BACK.hold)

    def test_that_lacks_the_row_of_an_item_that_is_gone_forgets_it(self) -> None:
        assert gone(TAKEN_AWAY, NOW, 7) is None

    @pytest.mark.parametrize("row", [BROUGHT_BACK, TO_BRING_BACK])
    def test_that_still_lacks_the_row_changes_nothing(self, row: Tracked) -> None:
        assert gone(row, NOW + 9 * DAY, 9) == row

    def test_that_lacks_an_unusable_row_again_is_back_where_it_was(self) -> None:
        row = the(gone(absorb(BROUGHT_BACK, 99, BROKEN_ROW), NOW, 9))

        assert (row.state, row.hold) == (SkuState.HELD, BROUGHT_BACK.hold)


class TestALookAtTheRemote:
    def test_finds_an_item_that_somebody_has_made_meanwhile_and_leaves_it_alone(self) -> None:
        assert observe(TO_BRING_BACK, _shows(THIRD), POLICY, NOW) is None

    def test_finds_nothing_where_an_item_is_to_come_back(self) -> None:
        found = the(observe(TO_BRING_BACK, Observation(None), POLICY, NOW))

        assert due(found).action is Action.CREATE

    def test_finds_the_item_that_a_create_in_doubt_has_brought_back(self) -> None:
        found = the(observe(in_doubt(TO_BRING_BACK), _shows(OTHER), POLICY, NOW))

        assert (found.state, found.ownership) == (SkuState.HELD, Ownership.OWNED)

    def test_finds_that_a_delete_in_doubt_is_done(self) -> None:
        found = the(observe(in_doubt(TO_TAKE_AWAY), Observation(None), POLICY, NOW))

        assert (found.state, found.ownership) == (SkuState.HELD, Ownership.UNKNOWN)

    def test_finds_that_a_delete_in_doubt_is_still_to_be_made(self) -> None:
        found = the(observe(in_doubt(TO_TAKE_AWAY), _shows(WISH), POLICY, NOW))

        assert (found.delivery, found.state) == (Delivery.SETTLED, SkuState.PENDING)

    @pytest.mark.parametrize("row", [TO_GO_BACK, TO_TAKE_AWAY])
    def test_finds_a_sku_that_is_not_ours_to_write_and_lets_go(self, row: Tracked) -> None:
        found = the(observe(row, Observation(None, managed=True), POLICY, NOW))

        assert (found.state, found.reverted) == (SkuState.FOREIGN, None)
        assert absorb(found, 99, WISH).desired == WISH

    def test_adopts_for_the_catalog_what_was_to_be_made_by_an_undoing(self) -> None:
        row = replace(TAKEN_AWAY, desired=OTHER)

        found = the(observe(row, _shows(THIRD), Policy(adopt=True), NOW))

        assert (found.desired, found.reverted, found.ownership) == (WISH, None, Ownership.OWNED)


class TestRelease:
    def test_goes_by_the_catalog_again(self) -> None:
        found = released(HELD_BACK)

        assert (found.desired, found.state) == (WISH, SkuState.PENDING)
        assert found.revision > HELD_BACK.revision
        assert due(found).payload() == {ORIGIN: "DK"}

    def test_of_what_was_taken_away_wishes_for_it_again(self) -> None:
        found = released(TAKEN_AWAY)

        assert (found.desired, found.state) == (WISH, SkuState.PENDING)
        assert needs_look_up(found, NOW)

    def test_of_what_was_brought_back_leaves_it_missing(self) -> None:
        found = released(BROUGHT_BACK)

        assert found.state is SkuState.MISSING
        assert due(found).action is Action.DELETE

    def test_before_anything_was_written_leaves_nothing_to_write(self) -> None:
        assert released(TO_GO_BACK).state is SkuState.IN_SYNC

    def test_of_what_is_foreign_and_has_a_broken_row_leaves_it_held(self) -> None:
        foreign = replace(HELD_BACK, foreign_reason="its SKU existed already", held=BROKEN_ROW)

        assert foreign.state is SkuState.FOREIGN
        assert released(foreign).state is SkuState.HELD

    def test_of_what_no_revert_holds_changes_nothing(self) -> None:
        assert released(IN_SYNC) is IN_SYNC
        assert released(replace(NEW, held=BROKEN_ROW)).held == BROKEN_ROW


def _shows(values: Attributes) -> Observation:
    return Observation(RemoteItem(ITEM, values))
