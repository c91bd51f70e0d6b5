"""What a look-up makes of a row: adopted, created again, foreign, or settled at last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from syncd.domain.attributes import Attributes
from syncd.domain.change import Action
from syncd.domain.item import RemoteItem
from syncd.domain.policy import Policy
from syncd.domain.tracking import Delivery, Ownership, SkuState, Tracked
from syncd.engine.observe import Observation, is_adoption, observe, unseen
from syncd.engine.plan import change_for, needs_look_up
from tests.unit.engine.samples import (
    BROKEN_ROW,
    CREATE_DUE,
    DAY,
    EARLIER,
    FOREIGN,
    HELD,
    IN_SYNC,
    ITEM,
    LEFT,
    LOST,
    MAKER,
    MISSING,
    NO_ADOPTION,
    NOT_HEARD,
    NOW,
    ORIGIN,
    OTHER,
    OUTAGE,
    OVERSELL,
    PART,
    POLICY,
    REFUSED,
    SECOND,
    UPDATE_DUE,
    WISH,
    doubted,
    in_doubt,
    in_flight,
    the,
)

NOTHING = Observation(None)
MANAGED = Observation(None, managed=True)
unsettled_both = pytest.mark.parametrize("unsettled", [in_flight, in_doubt])
both_policies = pytest.mark.parametrize("policy", [POLICY, NO_ADOPTION])


def there(attributes: Attributes) -> Observation:
    return Observation(RemoteItem(ITEM, attributes))


def seen(row: Tracked, observation: Observation, policy: Policy = POLICY) -> Tracked:
    return the(observe(row, observation, policy, NOW))


def planned(row: Tracked) -> Action | None:
    change = change_for(row, POLICY, NOW, 4)
    return None if change is None else change.action


def test_an_equal_item_is_adopted_without_a_write() -> None:
    row = seen(CREATE_DUE, there(WISH))

    assert (row.ownership, row.known, row.state) == (Ownership.OWNED, WISH, SkuState.IN_SYNC)
    assert row.sent == frozenset()
    assert planned(row) is None
    assert is_adoption(CREATE_DUE, row)


def test_an_unequal_item_is_adopted_and_updated() -> None:
    row = seen(CREATE_DUE, there(OTHER))

    assert planned(row) is Action.UPDATE
    assert is_adoption(CREATE_DUE, row)


def test_an_item_is_foreign_where_the_policy_does_not_adopt() -> None:
    row = seen(CREATE_DUE, there(WISH), NO_ADOPTION)

    assert (row.state, row.known, row.next_attempt) == (SkuState.FOREIGN, None, NOW + DAY)
    assert "policy.adopt" in (row.foreign_reason or "")
    assert planned(row) is None
    assert not is_adoption(CREATE_DUE, row)


@both_policies
@pytest.mark.parametrize(
    "row", [CREATE_DUE, LOST, UPDATE_DUE, in_flight(CREATE_DUE), in_doubt(UPDATE_DUE), FOREIGN]
)
@pytest.mark.parametrize("item", [None, RemoteItem(ITEM, WISH)])
def test_what_digital_river_fulfils_is_foreign_whatever_it_was(
    row: Tracked, policy: Policy, item: RemoteItem | None
) -> None:
    found = seen(row, Observation(item, managed=True), policy)

    assert found.state is SkuState.FOREIGN
    assert (found.known, found.sent, found.delivery) == (None, frozenset(), Delivery.SETTLED)
    assert "managedFulfillment" in (found.foreign_reason or "")
    assert planned(found) is None
    assert not needs_look_up(found, NOW + DAY - SECOND)
    assert needs_look_up(found, NOW + DAY)


def test_a_quarantine_does_not_outlive_the_finding_that_an_item_is_foreign() -> None:
    row = seen(replace(REFUSED, next_attempt=NOW), MANAGED)

    assert (row.quarantine, row.quarantined_since, row.attempts) == (None, None, 0)


def test_where_nothing_is_there_it_is_created() -> None:
    row = seen(CREATE_DUE, NOTHING)

    assert row == CREATE_DUE
    assert planned(row) is Action.CREATE


def test_what_was_ours_and_is_not_there_is_created_again_and_stays_ours() -> None:
    row = seen(UPDATE_DUE, NOTHING)

    assert (row.known, row.sent, row.ownership) == (None, frozenset(), Ownership.OWNED)
    assert planned(row) is Action.CREATE


def test_what_was_ours_and_is_there_after_all_goes_on_being_ours() -> None:
    row = seen(LOST, there(OTHER), NO_ADOPTION)

    assert (row.ownership, planned(row)) == (Ownership.OWNED, Action.UPDATE)
    assert not is_adoption(LOST, row)


def test_a_lost_item_whose_row_is_held_is_not_created() -> None:
    row = seen(replace(LOST, held=BROKEN_ROW), NOTHING)

    assert row.state is SkuState.HELD
    assert planned(row) is None
    assert not needs_look_up(row, NOW + DAY)


def test_a_foreign_item_that_is_gone_leaves_its_place_free() -> None:
    row = seen(replace(FOREIGN, next_attempt=NOW), NOTHING, NO_ADOPTION)

    assert (row.ownership, row.foreign_reason) == (Ownership.UNKNOWN, None)
    assert planned(row) is Action.CREATE


def test_a_foreign_item_is_adopted_once_the_policy_does_so() -> None:
    row = seen(FOREIGN, there(WISH))

    assert (row.state, row.foreign_reason) == (SkuState.IN_SYNC, None)
    assert is_adoption(FOREIGN, row)


def test_a_foreign_item_that_stays_so_is_asked_for_a_day_later() -> None:
    row = seen(replace(FOREIGN, next_attempt=EARLIER), there(WISH), NO_ADOPTION)

    assert row.next_attempt == NOW + DAY


@unsettled_both
@both_policies
def test_an_item_that_is_there_after_a_create_in_doubt_is_the_one_we_made(
    unsettled: Callable[[Tracked], Tracked], policy: Policy
) -> None:
    row = unsettled(CREATE_DUE)

    found = seen(row, there(WISH), policy)

    assert found == replace(CREATE_DUE, known=WISH, sent=frozenset(WISH), ownership=Ownership.OWNED)
    assert found.state is SkuState.IN_SYNC
    assert not is_adoption(row, found)


@unsettled_both
def test_a_create_in_doubt_that_did_not_arrive_is_made_again(
    unsettled: Callable[[Tracked], Tracked],
) -> None:
    row = seen(unsettled(CREATE_DUE), NOTHING)

    assert (row.ownership, row.delivery) == (Ownership.UNKNOWN, Delivery.SETTLED)
    assert planned(row) is Action.CREATE


@unsettled_both
@pytest.mark.parametrize(
    ("observed", "then"), [(WISH, None), (OTHER, Action.UPDATE), (None, Action.CREATE)]
)
def test_an_update_in_doubt_has_arrived_or_is_made_again(
    unsettled: Callable[[Tracked], Tracked], observed: Attributes | None, then: Action | None
) -> None:
    row = seen(unsettled(UPDATE_DUE), NOTHING if observed is None else there(observed))

    assert row.delivery is Delivery.SETTLED
    assert planned(row) is then


@unsettled_both
@pytest.mark.parametrize("observation", [NOTHING, MANAGED])
@pytest.mark.parametrize("row", [MISSING, replace(CREATE_DUE, missing=MISSING.missing)])
def test_a_missing_row_is_forgotten_once_no_item_of_ours_is_there(
    unsettled: Callable[[Tracked], Tracked], observation: Observation, row: Tracked
) -> None:
    assert observe(unsettled(row), observation, POLICY, NOW) is None


def test_a_missing_row_that_is_found_managed_just_before_its_delete_is_forgotten() -> None:
    assert observe(MISSING, MANAGED, POLICY, NOW) is None


@unsettled_both
def test_a_missing_row_whose_item_is_still_there_waits_for_its_delete(
    unsettled: Callable[[Tracked], Tracked],
) -> None:
    row = seen(unsettled(MISSING), there(WISH))

    assert (row.state, row.ownership) == (SkuState.MISSING, Ownership.OWNED)
    assert planned(row) is Action.DELETE


def test_a_create_in_doubt_whose_row_went_missing_is_ours_to_delete() -> None:
    row = seen(in_doubt(replace(CREATE_DUE, missing=MISSING.missing)), there(WISH))

    assert planned(row) is Action.DELETE


@both_policies
def test_an_item_that_the_catalog_does_not_have_is_never_adopted(policy: Policy) -> None:
    unowned = replace(CREATE_DUE, missing=MISSING.missing)

    assert observe(unowned, there(WISH), policy, NOW) is None


@pytest.mark.parametrize("row", [CREATE_DUE, UPDATE_DUE])
def test_a_write_in_doubt_that_arrived_leaves_no_trouble_behind(row: Tracked) -> None:
    found = seen(in_doubt(replace(row, next_attempt=EARLIER)), there(WISH))

    assert (found.attempts, found.next_attempt, found.last_error) == (0, None, None)


@pytest.mark.parametrize("observation", [NOTHING, there(OTHER)])
def test_a_write_in_doubt_that_did_not_arrive_keeps_its_count_of_attempts(
    observation: Observation,
) -> None:
    doubtful = replace(in_doubt(UPDATE_DUE), attempts=5, next_attempt=EARLIER)

    assert seen(doubtful, observation).attempts == 5


def test_a_delete_in_doubt_that_did_not_arrive_keeps_its_count_of_attempts() -> None:
    doubtful = replace(in_doubt(MISSING), attempts=5, next_attempt=EARLIER)

    assert seen(doubtful, there(WISH)).attempts == 5


@pytest.mark.parametrize("row", [REFUSED, in_doubt(REFUSED), replace(REFUSED, known=None)])
def test_a_refused_wish_that_somebody_has_fulfilled_leaves_quarantine(row: Tracked) -> None:
    found = seen(replace(row, next_attempt=EARLIER), there(WISH))

    assert found.state is SkuState.IN_SYNC
    assert (found.quarantine, found.quarantined_since) == (None, None)


@pytest.mark.parametrize("observation", [NOTHING, there(OTHER)])
def test_a_refused_wish_that_nobody_has_fulfilled_is_tried_again_in_quarantine(
    observation: Observation,
) -> None:
    found = seen(replace(REFUSED, known=None, next_attempt=EARLIER), observation)

    assert found.state is SkuState.QUARANTINED
    assert planned(found) is not None


def test_a_quarantine_for_an_answer_with_other_values_ends_with_the_item() -> None:
    assert planned(seen(NOT_HEARD, NOTHING)) is Action.CREATE


def test_a_quarantine_for_an_answer_with_other_values_lasts_while_they_stand() -> None:
    found = seen(NOT_HEARD, there(OTHER))

    assert found.state is SkuState.QUARANTINED
    assert planned(found) is None


def test_such_a_quarantine_waits_for_a_look_up_that_fails_and_lasts_after_it() -> None:
    waiting = unseen(doubted(NOT_HEARD), OUTAGE, NOW)

    assert not needs_look_up(waiting, NOW)
    assert needs_look_up(waiting, NOW + DAY)
    assert seen(waiting, there(OTHER)) == NOT_HEARD
    assert planned(seen(waiting, NOTHING)) is Action.CREATE
    assert seen(waiting, there(WISH)).state is SkuState.IN_SYNC


def test_a_delete_of_such_a_row_goes_on_to_back_off_after_a_look_up() -> None:
    leaving = replace(NOT_HEARD, missing=LEFT, attempts=3, next_attempt=NOW, last_error=OUTAGE)

    found = seen(in_doubt(leaving), there(OTHER))

    assert (found.attempts, found.next_attempt) == (in_doubt(leaving).attempts, NOW)


def test_a_held_row_with_a_write_in_doubt_is_settled_and_stays_held() -> None:
    found = seen(in_flight(HELD), there(WISH))

    assert (found.state, found.known) == (SkuState.HELD, WISH)


@pytest.mark.parametrize(
    ("observation", "policy"),
    [(MANAGED, POLICY), (there(WISH), NO_ADOPTION)],
)
def test_what_turns_out_foreign_while_its_row_is_broken_stays_held(
    observation: Observation, policy: Policy
) -> None:
    found = seen(doubted(replace(CREATE_DUE, held=BROKEN_ROW)), observation, policy)

    assert (found.state, found.foreign_reason) == (SkuState.HELD, None)
    assert needs_look_up(replace(found, held=None), NOW)


def test_a_value_that_the_server_gave_an_adopted_item_is_never_cleared() -> None:
    wished = replace(CREATE_DUE, desired={**WISH, MAKER: None, OVERSELL: None})

    found = seen(wished, there({**WISH, MAKER: "M", OVERSELL: False}))

    assert found.state is SkuState.IN_SYNC


def test_a_value_that_arrived_with_a_write_in_doubt_counts_as_sent() -> None:
    wished = replace(UPDATE_DUE, desired={**WISH, MAKER: "M"}, sent=frozenset())

    assert seen(in_doubt(wished), there({**WISH, MAKER: "M"})).sent == {ORIGIN, MAKER}


def test_a_value_that_somebody_else_has_set_since_does_not_count_as_sent() -> None:
    sent = replace(IN_SYNC, known={**WISH, MAKER: "M"}, sent=frozenset({MAKER, PART}))

    assert seen(sent, there({**WISH, MAKER: "N"})).sent == {PART}


@pytest.mark.parametrize("before", [{}, {MAKER: "M"}])
def test_a_value_that_another_hand_has_set_does_not_count_as_sent_for_a_doubt(
    before: Attributes,
) -> None:
    """Nor where it is what syncd wishes for, which makes it equal without a write."""
    sent = frozenset({MAKER, PART} if before else {PART})
    wished = replace(IN_SYNC, desired={**WISH, MAKER: "N"}, known={**WISH, **before}, sent=sent)

    found = seen(doubted(wished), there({**WISH, MAKER: "N"}))

    assert found.delivery is Delivery.SETTLED
    assert found.sent == {PART}
    assert seen(in_doubt(wished), there({**WISH, MAKER: "N"})).sent == {PART, MAKER}


def test_a_clear_in_doubt_is_sent_again_unless_nothing_is_there() -> None:
    cleared = replace(
        IN_SYNC, desired={**WISH, MAKER: None}, known={**WISH, MAKER: "M"}, sent=frozenset({MAKER})
    )

    assert planned(seen(in_doubt(cleared), there({**WISH, MAKER: "M"}))) is Action.UPDATE
    assert planned(seen(in_doubt(cleared), there({**WISH, MAKER: "M?"}))) is Action.UPDATE
    assert planned(seen(in_doubt(cleared), there(WISH))) is None


def test_an_error_of_a_row_that_differs_is_kept_for_why() -> None:
    assert seen(in_doubt(UPDATE_DUE), there(OTHER)).last_error == OUTAGE
