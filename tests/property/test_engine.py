"""What holds for every row the engine can reach, whatever happened to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from syncd.domain.approval import Approval
from syncd.domain.attributes import SERVER_FILLED, Attributes, ItemId, differences
from syncd.domain.change import Action, Change, Plan
from syncd.domain.cycle import CycleId, Guard
from syncd.domain.delivery import Accepted, Outcome, Refused
from syncd.domain.item import RemoteItem
from syncd.domain.policy import Limit, Limits, Policy, PolicyMode
from syncd.domain.tracking import Delivery, Held, Ownership, SkuState, Tracked
from syncd.engine.absorb import absorb, gone
from syncd.engine.guard import guard
from syncd.engine.limit import allowed_count
from syncd.engine.observe import Observation, observe, unseen
from syncd.engine.plan import change_for, is_due, needs_look_up, next_try
from syncd.engine.settle import claim, settle
from syncd.engine.situation import Situation
from tests.property.engine_lives import (
    FAILURE,
    ITEM,
    Answer,
    Event,
    Life,
    Seen,
    Worked,
    answer_to,
    doubtless_lives,
    held,
    histories,
    is_settled_and_ours,
    key_refusals,
    lived,
    lives,
    policies,
    rows,
    setbacks,
    wishes,
)

FAR = timedelta(days=400)
STEPS = ("doubted", "unseen", "later", "seen", "away")


def row_of(life: Life) -> Tracked:
    assert life.row is not None
    return life.row


@given(policies, histories)
def test_two_engines_that_lived_through_the_same_agree(
    policy: Policy, history: list[Event]
) -> None:
    assert lived(policy, history) == lived(policy, history)


@given(rows)
def test_a_delete_is_planned_only_for_an_item_of_ours_that_is_missing_long_enough(
    life: Life,
) -> None:
    row, change = row_of(life), life.due

    if change is not None and change.action is Action.DELETE:
        assert is_settled_and_ours(row)
        assert row.missing is not None
        assert row.held is None
        assert life.now - row.missing.since >= life.policy.delete_after
        assert life.read - row.missing.read + 1 >= life.policy.delete_reads


@given(rows)
def test_a_write_is_never_planned_for_what_is_not_ours_or_not_certain(life: Life) -> None:
    row = row_of(life)

    change = change_for(row, life.policy, life.now + FAR, life.read + 9)

    if change is not None:
        assert row.delivery is Delivery.SETTLED
        assert row.ownership is not Ownership.FOREIGN
        assert row.held is None
        assert change.revision == row.revision
        assert (change.action is Action.CREATE) is (row.known is None)
        assert (change.action is Action.DELETE) is (row.missing is not None)


@given(rows)
def test_an_update_never_writes_what_is_there_already(life: Life) -> None:
    row = row_of(life)
    change = change_for(row, life.policy, life.now + FAR, life.read)

    if change is not None and change.action is Action.UPDATE:
        assert change.attributes
        assert all(each.known != each.desired for each in change.attributes.values())
        for name, each in change.attributes.items():
            assert each.desired is not None or name not in SERVER_FILLED or name in row.sent


@given(rows)
def test_each_state_means_what_it_says(life: Life) -> None:
    row = row_of(life)
    change = change_for(row, life.policy, life.now + FAR, life.read + 9)
    asks = needs_look_up(row, life.now + FAR)

    match row.state:
        case SkuState.IN_SYNC:
            assert row.ownership is Ownership.OWNED
            assert (change, asks) == (None, False)
            assert (row.quarantine, row.next_attempt, row.attempts) == (None, None, 0)
        case SkuState.HELD:
            assert change is None
            assert asks is (row.delivery is not Delivery.SETTLED)
        case SkuState.FOREIGN:
            assert (row.known, row.missing, row.quarantine, change) == (None, None, None, None)
            assert row.foreign_reason
            assert asks
        case SkuState.MISSING:
            assert asks or (change is not None and change.action is Action.DELETE)
        case SkuState.QUARANTINED:
            assert not row.is_equal
            lasting = row.was_answered_otherwise and row.delivery is Delivery.SETTLED
            assert (change is None and not asks) is lasting
            assert row.quarantined_since is not None
        case SkuState.PENDING:
            assert asks or change is not None
        case SkuState.IN_FLIGHT:
            assert asks
            assert change is None


@settings(max_examples=50)
@given(wishes, wishes, st.lists(st.sampled_from(STEPS), min_size=12, max_size=12))
def test_a_wish_that_was_answered_with_other_values_is_not_sent_again_while_they_stand(
    wish: Attributes, stored: Attributes, happened: list[str]
) -> None:
    answered = Worked(Observation(None), Answer(None, altered=stored))
    life = lived(Policy(), [Seen(wish), answered])
    row, now = row_of(life), life.now
    assume(row.was_answered_otherwise)

    for step in happened:
        now += timedelta(hours=25) if step == "later" else timedelta()
        row = _after_such(step, row, now)
        assert change_for(row, life.policy, now, life.read) is None
        assert row.state is SkuState.QUARANTINED


def _after_such(step: str, row: Tracked, now: datetime) -> Tracked:
    """The row once this has happened, the item being what it was all the time."""
    assert row.known is not None
    assert row.desired is not None
    after: Tracked | None = row
    if step == "doubted":
        after = replace(row, delivery=Delivery.DOUBTED)
    elif step == "unseen" and needs_look_up(row, now):
        after = unseen(row, FAILURE, now)
    elif step == "seen" and needs_look_up(row, now):
        after = observe(row, Observation(RemoteItem(ITEM, row.known)), Policy(), now)
    elif step == "away":
        absent = gone(row, now, 2)
        assert absent is not None
        after = absorb(absent, 99, row.desired)
    assert after is not None
    return after


@given(rows, setbacks)
def test_after_a_setback_nothing_is_due_at_once(life: Life, outcome: Outcome) -> None:
    change = life.due
    if change is None:
        return

    row = settle(claim(row_of(life), change), change, outcome, life.policy, life.now)

    if row is not None:
        assert row.state is not SkuState.IN_FLIGHT
        assert not is_due(row, life.now)
        assert not needs_look_up(row, life.now)
        moment = next_try(row, life.policy, life.now)
        assert moment is None or moment > life.now


@given(rows, wishes)
def test_after_an_accepted_write_nothing_is_due_at_once_whatever_the_answer(
    life: Life, altered: Attributes
) -> None:
    change = life.due
    if change is None:
        return
    row = row_of(life)

    after = settle(
        claim(row, change),
        change,
        answer_to(row, change, Answer(None, altered)),
        life.policy,
        life.now,
    )

    if after is not None:
        assert change_for(after, life.policy, life.now, life.read) is None
        assert not needs_look_up(after, life.now)
        assert after.state in {SkuState.IN_SYNC, SkuState.QUARANTINED, SkuState.PENDING}
        carried = change.attributes.keys() & differences(
            after.desired or {}, after.known or {}, after.sent
        )
        assert (after.state is SkuState.QUARANTINED) is bool(carried)


@given(rows)
def test_a_wish_that_is_answered_as_it_was_sent_is_in_sync_after_two_writes_at_most(
    life: Life,
) -> None:
    row, now = row_of(life), life.now
    for _ in range(2):  # a create does not carry the values that must be empty
        change = change_for(row, life.policy, now, life.read)
        if change is None or change.action is Action.DELETE or needs_look_up(row, now):
            return
        after = settle(
            claim(row, change), change, answer_to(row, change, Answer(None)), life.policy, now
        )
        assert after is not None
        assert differences(after.desired or {}, after.known or {}, after.sent) == {}
        assert after.state is SkuState.IN_SYNC
        row = after


@given(rows, wishes, setbacks | key_refusals | st.builds(Accepted, wishes))
def test_an_older_answer_never_keeps_a_newer_wish_waiting(
    life: Life, wish: Attributes, outcome: Outcome
) -> None:
    change, row = life.due, row_of(life)
    if change is None or (wish == row.desired and row.missing is None):
        return

    after = settle(absorb(claim(row, change), 99, wish), change, outcome, life.policy, life.now)

    assert after is not None
    assert after.desired == wish
    assert after.revision > change.revision
    assert after.next_attempt is None
    assert after.quarantine is None or after.quarantine == row.quarantine


@given(rows, wishes | held)
def test_reading_the_same_row_twice_is_reading_it_once(life: Life, wish: Attributes | Held) -> None:
    once = absorb(row_of(life), 7, wish)

    assert absorb(once, 7, wish) == once


@given(rows)
def test_an_absence_is_the_same_however_often_it_is_seen(life: Life) -> None:
    once = gone(row_of(life), life.now, life.read)

    assert once is None or gone(once, life.now + FAR, life.read + 9) == once


@given(rows)
def test_a_row_that_goes_and_comes_back_as_it_was_costs_no_write(life: Life) -> None:
    row = row_of(life)
    if row.state is not SkuState.IN_SYNC or row.desired is None:
        return

    away = gone(row, life.now, life.read)

    assert away is not None
    assert absorb(away, row.fingerprint, row.desired) == replace(row, revision=row.revision + 2)


@given(lives)
def test_a_row_is_kept_only_while_it_is_in_the_catalog_or_may_stand_for_an_item_of_ours(
    life: Life,
) -> None:
    row = life.row
    if row is not None and row.missing is not None:
        assert is_settled_and_ours(row) or row.delivery is not Delivery.SETTLED


@given(doubtless_lives)
def test_what_counts_as_sent_is_a_value_that_syncd_has_sent(life: Life) -> None:
    row = life.row
    if row is not None and row.known is not None:
        assert all((name, row.known[name]) in life.sent for name in row.sent)


@given(rows)
def test_a_different_answer_is_never_asked_for_twice_with_the_same_wish(life: Life) -> None:
    change, row = life.due, row_of(life)
    if change is None or change.action is not Action.UPDATE or row.known is None:
        return
    if all(
        each.desired is None and name in SERVER_FILLED for name, each in change.attributes.items()
    ):
        return  # the server may fill these in again

    after = settle(claim(row, change), change, Accepted(row.known), life.policy, life.now)

    assert after is not None
    assert after.state is SkuState.QUARANTINED
    away = gone(after, life.now, life.read)
    assert away is not None
    for now in (after, absorb(after, 5, row.desired or {}), absorb(away, 5, row.desired or {})):
        assert change_for(now, life.policy, life.now + FAR, life.read + 99) is None


@given(rows)
def test_a_refusal_is_tried_again_when_the_policy_says_and_not_before(life: Life) -> None:
    change = life.due
    if change is None:
        return

    row = settle(claim(row_of(life), change), change, Refused(FAILURE), life.policy, life.now)

    assert row is not None
    retry = life.now + life.policy.retry_quarantined
    assert not is_due(row, retry - timedelta(seconds=1))
    assert needs_look_up(row, retry) or change_for(row, life.policy, retry, life.read) == change


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    numbers = draw(st.sets(st.integers(0, 60), max_size=40))
    action = st.sampled_from(Action)
    return Plan(tuple(Change(ItemId(f"{n:02}"), draw(action), 1) for n in sorted(numbers)))


limits_of_one = st.one_of(st.floats(0, 1), st.integers(0, 40))
all_limits = st.builds(
    Limits,
    max_delete=limits_of_one,
    max_update=limits_of_one,
    max_create=st.none() | limits_of_one,
    min_items_for_share=st.integers(0, 30),
)
LATE = datetime(2027, 1, 1, tzinfo=UTC)
written_ids = st.frozensets(st.integers(0, 60).map(lambda n: ItemId(f"{n:02}")), max_size=30)
situations = st.builds(
    Situation,
    owned=st.integers(0, 80),
    written=st.dictionaries(st.sampled_from(Action), written_ids),
    deleted_now=written_ids,
    half_deleted=written_ids,
    recreated=written_ids,
)


def begun_with(situation: Situation) -> int:
    """How many items there were at most before anything was deleted."""
    deleted = situation.written.get(Action.DELETE, frozenset()) | situation.deleted_now
    return situation.owned + len(deleted - situation.half_deleted)


@given(plans(), situations, all_limits)
def test_a_guard_passes_a_kind_of_change_whole_or_not_at_all(
    plan: Plan, situation: Situation, limits: Limits
) -> None:
    verdict = guard(plan, situation, limits)
    stopped = {action for stop in verdict.stops for action in stop.stopped}

    assert verdict.passed.changes == tuple(
        change for change in plan.changes if change.action not in stopped
    )
    assert all(stop.message and stop.actual > stop.limit for stop in verdict.stops)


@given(plans(), situations, all_limits)
def test_a_guard_never_passes_more_than_its_limit(
    plan: Plan, situation: Situation, limits: Limits
) -> None:
    passed = guard(plan, situation, limits).passed
    items = begun_with(situation)
    by_action: dict[Action, Limit | None] = {
        Action.DELETE: limits.max_delete,
        Action.UPDATE: limits.max_update,
        Action.CREATE: limits.max_create,
    }

    for action, limit in by_action.items():
        ids = {change.id for change in passed.changes if change.action is action}
        if ids and limit is not None:
            in_window = ids | situation.written.get(action, frozenset())
            assert len(in_window) <= allowed_count(limit, items, limits.min_items_for_share)


@given(plans(), situations, all_limits, st.data())
def test_what_is_approved_passes_and_takes_nothing_else_with_it(
    plan: Plan, situation: Situation, limits: Limits, data: st.DataObject
) -> None:
    ids = [change.id for change in plan.changes]
    chosen = data.draw(st.frozensets(st.sampled_from(ids))) if ids else frozenset()
    approvals = {
        change.id: Approval(change, frozenset(Guard), CycleId("c"), LATE)
        for change in plan.changes
        if change.id in chosen
    }
    passed = guard(plan, replace(situation, approvals=approvals), limits).passed
    items = begun_with(situation)

    assert passed.approved == chosen <= {change.id for change in passed.changes}
    rest = passed.without(chosen)
    for action, limit in ((Action.DELETE, limits.max_delete), (Action.UPDATE, limits.max_update)):
        others = {change.id for change in rest.changes if change.action is action}
        if others:
            in_window = others | situation.written.get(action, frozenset())
            assert len(in_window) <= allowed_count(limit, items, limits.min_items_for_share)


@given(plans(), situations, all_limits)
def test_what_is_not_stopped_is_not_over_its_limit_and_the_other_way_round(
    plan: Plan, situation: Situation, limits: Limits
) -> None:
    stops = {stop.guard for stop in guard(plan, situation, limits).stops}
    no_limits = Limits(max_delete=100, max_update=100, max_same_change=100)

    assert stops <= {Guard.MAX_DELETE, Guard.MAX_UPDATE, Guard.MAX_CREATE}
    assert guard(plan, situation, no_limits).passed == plan


@given(rows, st.sampled_from(PolicyMode))
def test_a_mode_plans_what_mirror_plans_or_nothing(life: Life, mode: PolicyMode) -> None:
    row = row_of(life)
    mirrored = change_for(row, life.policy, life.now, life.read)
    planned = change_for(row, replace(life.policy, mode=mode), life.now, life.read)

    assert planned in {None, mirrored} if mirrored is None else planned in (None, mirrored)
