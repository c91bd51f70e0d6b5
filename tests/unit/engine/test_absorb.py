"""One look at the catalog: a wish, a broken row, an absence, a return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from syncd.domain.attributes import Attributes
from syncd.domain.tracking import Delivery, Held, Missing, Ownership, SkuState, Tracked
from syncd.engine.absorb import absorb, first_seen, gone
from syncd.engine.observe import Observation, observe, unseen
from syncd.engine.plan import change_for, needs_look_up
from tests.unit.engine.samples import (
    BROKEN_ROW,
    CREATE_DUE,
    DAY,
    FOREIGN,
    HELD,
    IN_SYNC,
    LATER,
    LOST,
    MAKER,
    MISSING,
    NEW,
    NOT_HEARD,
    NOW,
    ORIGIN,
    OTHER,
    OUTAGE,
    PART,
    POLICY,
    REFUSAL,
    REFUSED,
    THIRD,
    UNHEARD,
    UPDATE_DUE,
    WISH,
    doubted,
    in_doubt,
    in_flight,
    the,
)

SPARED = replace(MISSING, attempts=2, next_attempt=NOW + DAY, last_error=REFUSAL)
"""Missing, and its delete was refused or put off."""


def test_a_new_row_becomes_a_wish_with_a_revision() -> None:
    row = first_seen(NEW.id, 11, WISH)

    assert (row.desired, row.fingerprint, row.revision) == (WISH, 11, 1)
    assert row.state is SkuState.PENDING
    assert row.ownership is Ownership.UNKNOWN


@pytest.mark.parametrize("wish", [WISH, {}, BROKEN_ROW])
@pytest.mark.parametrize(("fingerprint", "forgotten"), [(11, 0), (None, 7)])
def test_a_row_first_seen_is_a_bare_one_that_has_absorbed_the_catalogs(
    fingerprint: int | None, forgotten: int, wish: Attributes | Held
) -> None:
    bare = replace(NEW, revision=forgotten)

    assert first_seen(NEW.id, fingerprint, wish, forgotten) == absorb(bare, fingerprint, wish)


def test_a_new_row_that_is_broken_is_held_without_a_wish() -> None:
    row = first_seen(NEW.id, 11, BROKEN_ROW)

    assert (row.desired, row.held, row.revision) == (None, BROKEN_ROW, 0)
    assert row.state is SkuState.HELD
    assert not needs_look_up(row, NOW)
    assert change_for(row, POLICY, NOW, 1) is None


@pytest.mark.parametrize(
    "row", [IN_SYNC, UPDATE_DUE, CREATE_DUE, LOST, REFUSED, NOT_HEARD, in_flight(UPDATE_DUE)]
)
def test_the_same_wish_again_changes_nothing_but_the_fingerprint(row: Tracked) -> None:
    assert absorb(row, 12, dict(row.desired or {})) == replace(row, fingerprint=12)


@pytest.mark.parametrize("row", [REFUSED, NOT_HEARD, replace(UPDATE_DUE, attempts=9)])
def test_a_new_wish_ends_quarantine_and_back_off(row: Tracked) -> None:
    wished = absorb(replace(row, next_attempt=LATER), 12, THIRD)

    assert wished == replace(UPDATE_DUE, desired=THIRD, fingerprint=12, revision=4)
    assert change_for(wished, POLICY, NOW, 1) is not None


def test_a_wish_for_what_is_known_already_is_in_sync() -> None:
    assert absorb(REFUSED, 12, OTHER).state is SkuState.IN_SYNC


def test_a_wish_for_one_attribute_less_or_more_is_a_new_wish() -> None:
    assert absorb(IN_SYNC, 12, {PART: "A"}).revision == 4
    assert absorb(IN_SYNC, 12, {**WISH, MAKER: None}).revision == 4


@pytest.mark.parametrize("row", [IN_SYNC, UPDATE_DUE, LOST, CREATE_DUE, REFUSED, NOT_HEARD])
def test_a_broken_row_leaves_wish_and_item_as_they_are_and_is_never_written(row: Tracked) -> None:
    held = absorb(row, 12, BROKEN_ROW)

    assert held == replace(row, fingerprint=12, held=BROKEN_ROW)
    assert held.state is SkuState.HELD
    assert change_for(held, POLICY, NOW + DAY, 9) is None
    assert not needs_look_up(held, NOW + DAY)


def test_a_held_row_is_let_go_by_a_wish() -> None:
    assert absorb(HELD, 12, WISH) == replace(UPDATE_DUE, fingerprint=12)


def test_a_held_row_that_was_refused_before_is_in_quarantine_again_with_the_same_wish() -> None:
    assert absorb(absorb(REFUSED, 12, BROKEN_ROW), 13, WISH).state is SkuState.QUARANTINED


@pytest.mark.parametrize("wish", [WISH, OTHER])
def test_a_foreign_item_is_asked_for_again_when_its_row_comes(wish: Attributes) -> None:
    row = absorb(FOREIGN, 12, wish)

    assert (row.ownership, row.foreign_reason) == (Ownership.UNKNOWN, None)
    assert needs_look_up(row, NOW)


def test_a_foreign_item_whose_row_is_broken_is_held_until_it_can_be_asked_for_again() -> None:
    row = absorb(FOREIGN, 12, BROKEN_ROW)

    assert row == replace(CREATE_DUE, fingerprint=12, held=BROKEN_ROW)
    assert row.state is SkuState.HELD
    assert not needs_look_up(row, NOW + DAY)
    assert needs_look_up(absorb(row, 13, WISH), NOW)


def test_the_half_of_a_foreign_row_that_is_ours_stays_so_while_the_row_is_broken() -> None:
    row = absorb(replace(IN_SYNC, foreign_reason="its SKU existed already"), 12, BROKEN_ROW)

    assert row == replace(IN_SYNC, fingerprint=12, held=BROKEN_ROW)
    assert the(gone(row, NOW, 5)).state is SkuState.MISSING


def test_an_item_that_was_found_foreign_while_quarantined_is_asked_for_again() -> None:
    due = replace(REFUSED, next_attempt=NOW)
    foreign = the(observe(due, Observation(None, managed=True), POLICY, NOW))

    assert needs_look_up(absorb(foreign, 12, WISH), NOW)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(NEW, id="never recorded"),
        pytest.param(absorb(NEW, 1, BROKEN_ROW), id="only ever held"),
        pytest.param(CREATE_DUE, id="never created"),
        pytest.param(replace(CREATE_DUE, quarantine=REFUSAL), id="create refused"),
        pytest.param(FOREIGN, id="foreign"),
        pytest.param(replace(FOREIGN, missing=MISSING.missing), id="missing when found foreign"),
        pytest.param(replace(IN_SYNC, ownership=Ownership.UNKNOWN), id="known, not ours"),
        pytest.param(replace(IN_SYNC, ownership=Ownership.FOREIGN), id="known, another's"),
        pytest.param(LOST, id="ours, gone at the remote"),
        pytest.param(replace(LOST, held=BROKEN_ROW), id="ours, gone at the remote, held"),
        pytest.param(replace(LOST, missing=MISSING.missing), id="missing when found gone"),
    ],
)
def test_an_absent_row_without_an_item_of_ours_is_forgotten(row: Tracked) -> None:
    assert gone(row, NOW, 5) is None


@pytest.mark.parametrize(
    "row", [IN_SYNC, UPDATE_DUE, HELD, REFUSED, replace(UPDATE_DUE, attempts=4, next_attempt=LATER)]
)
def test_an_absent_row_whose_item_is_ours_is_missing_and_nothing_else(row: Tracked) -> None:
    absent = the(gone(replace(row, last_error=OUTAGE), NOW, 5))

    assert absent == replace(
        row,
        fingerprint=None,
        revision=4,
        missing=Missing(NOW, 5),
        held=None,
        quarantine=None,
        quarantined_since=None,
        attempts=0,
        next_attempt=None,
        last_error=None,
    )
    assert absent.state is SkuState.MISSING


@pytest.mark.parametrize("row", [CREATE_DUE, LOST, UPDATE_DUE, HELD])
@pytest.mark.parametrize("unsettled", [in_flight, in_doubt])
def test_an_absent_row_with_a_write_in_doubt_is_kept_and_looked_up_at_once(
    row: Tracked, unsettled: Callable[[Tracked], Tracked]
) -> None:
    absent = the(gone(replace(unsettled(row), next_attempt=LATER), NOW, 5))

    assert absent.delivery is not Delivery.SETTLED
    assert needs_look_up(absent, NOW)
    assert change_for(absent, POLICY, NOW + 9 * DAY, 99) is None


def test_being_absent_again_does_not_start_the_wait_anew() -> None:
    assert gone(MISSING, NOW + DAY, 9) == MISSING


@pytest.mark.parametrize("row", [MISSING, SPARED])
def test_a_missing_row_that_comes_back_equal_needs_no_write(row: Tracked) -> None:
    back = absorb(row, 11, WISH)

    assert back == replace(IN_SYNC, revision=4)
    assert back.state is SkuState.IN_SYNC
    assert not needs_look_up(back, NOW)


def test_a_missing_row_that_comes_back_with_another_wish_is_updated_at_once() -> None:
    back = absorb(SPARED, 12, OTHER)

    assert back.state is SkuState.PENDING
    assert the_origin(back) == ("DK", "CA")


def the_origin(row: Tracked) -> tuple[object, object]:
    change = change_for(row, POLICY, NOW, 1)
    assert change is not None
    return change.attributes[ORIGIN].known, change.attributes[ORIGIN].desired


def test_a_missing_row_that_comes_back_broken_is_held_and_not_deleted() -> None:
    back = absorb(SPARED, 12, BROKEN_ROW)

    assert (back.missing, back.state) == (None, SkuState.HELD)
    assert change_for(back, POLICY, NOW + 9 * DAY, 99) is None


def test_what_a_doubted_row_wished_for_does_not_count_as_sent() -> None:
    wished = replace(IN_SYNC, desired={**WISH, MAKER: "M"})

    assert MAKER in absorb(in_doubt(wished), 12, OTHER).sent
    assert MAKER not in absorb(doubted(wished), 12, OTHER).sent


def test_a_missing_row_with_a_delete_in_doubt_that_comes_back_is_looked_up_first() -> None:
    back = absorb(in_doubt(replace(MISSING, next_attempt=LATER)), 11, WISH)

    assert back.state is SkuState.PENDING
    assert needs_look_up(back, NOW)
    assert change_for(back, POLICY, NOW, 1) is None


def test_what_was_refused_is_tried_once_more_when_its_row_has_been_away() -> None:
    back = absorb(the(gone(REFUSED, NOW, 5)), 11, WISH)

    assert back.state is SkuState.PENDING
    assert change_for(back, POLICY, NOW, 5) is not None


@pytest.mark.parametrize("row", [NOT_HEARD, unseen(NOT_HEARD, OUTAGE, NOW)])
def test_what_was_answered_with_other_values_is_not_repeated_although_its_row_was_away(
    row: Tracked,
) -> None:
    absent = the(gone(row, NOW, 5))
    back = absorb(absent, 11, WISH)

    assert absent.state is SkuState.MISSING
    assert back == replace(NOT_HEARD, revision=5)
    assert back.last_error == UNHEARD
    assert change_for(back, POLICY, NOW + 99 * DAY, 99) is None


def test_such_a_row_is_deleted_in_its_time_all_the_same() -> None:
    absent = the(gone(NOT_HEARD, NOW, 5))

    assert change_for(absent, POLICY, NOW + DAY, 6) is not None


def test_such_a_row_is_looked_up_when_its_delete_was_in_doubt_and_created_where_gone() -> None:
    doubtful = in_doubt(the(gone(NOT_HEARD, NOW, 5)))
    back = absorb(doubtful, 11, WISH)

    assert needs_look_up(back, NOW)
    assert the(observe(back, Observation(None), POLICY, NOW)).state is SkuState.PENDING


def test_such_a_row_whose_item_was_mended_meanwhile_comes_back_in_sync() -> None:
    mended = replace(the(gone(NOT_HEARD, NOW, 5)), known=WISH)

    assert absorb(mended, 11, WISH).state is SkuState.IN_SYNC


def test_going_and_coming_back_are_wishes_of_their_own() -> None:
    absent = the(gone(IN_SYNC, NOW, 5))

    assert (absent.revision, absorb(absent, 11, WISH).revision) == (4, 5)


@pytest.mark.parametrize("unsettled", [in_flight, in_doubt])
def test_a_value_that_a_write_in_doubt_may_have_brought_is_cleared_by_the_next_wish(
    unsettled: Callable[[Tracked], Tracked],
) -> None:
    created = replace(CREATE_DUE, desired={**WISH, MAKER: "M"})

    adopted = replace(
        UPDATE_DUE, desired=created.desired, known={**WISH, MAKER: "N"}, sent=frozenset()
    )

    for row in (created, adopted):
        assert MAKER in absorb(unsettled(row), 12, {**WISH, MAKER: None}).sent


def test_a_value_that_was_there_before_a_write_in_doubt_does_not_count_as_sent() -> None:
    adopted = replace(
        UPDATE_DUE, desired={**WISH, MAKER: "M"}, known={**OTHER, MAKER: "M"}, sent=frozenset()
    )

    assert MAKER not in absorb(in_doubt(adopted), 12, {**WISH, MAKER: None}).sent


def test_a_wish_that_was_never_sent_does_not_count_as_sent() -> None:
    planned = replace(CREATE_DUE, desired={**WISH, MAKER: "M"})

    assert absorb(planned, 12, {**WISH, MAKER: None}).sent == frozenset()
