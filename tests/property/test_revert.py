"""Whatever has happened to a SKU: undoing leads back, holds, and lets go when it should."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from syncd.domain.attributes import SERVER_FILLED, Attribute, Attributes, differences
from syncd.domain.change import Action, Change
from syncd.domain.cycle_id import CycleId
from syncd.domain.delivery import Accepted, Outcome
from syncd.domain.item import RemoteItem
from syncd.domain.tracking import Delivery, Ownership, SkuState, Tracked
from syncd.engine.absorb import absorb, gone
from syncd.engine.deeds import Deeds, HalfDeeds
from syncd.engine.forget import unless_spent
from syncd.engine.observe import Observation, observe
from syncd.engine.plan import change_for, needs_look_up
from syncd.engine.revert import Occasion, Standing, released, undone
from syncd.engine.settle import claim, settle
from tests.property.engine_lives import (
    ITEM,
    START,
    Life,
    held,
    items,
    key_refusals,
    lives,
    setbacks,
    wishes,
)
from tests.property.test_engine import FAR

CYCLE = CycleId("cycle-1")
_FEW = settings(
    max_examples=40, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
befores = st.none() | items
outcomes: st.SearchStrategy[Outcome] = setbacks | key_refusals | st.builds(Accepted, wishes)


@st.composite
def undoings(draw: st.DrawFn) -> tuple[Life, Tracked]:
    """A life in whose present state a write can be undone, and the row that wishes it back."""
    life, before = draw(lives), draw(befores)
    row = life.row
    known = None if row is None else row.known
    assume(row is None or row.delivery is Delivery.SETTLED)
    assume(before is not None or known is not None)
    if row is not None and known is not None and before is not None:
        before = {**known, **{name: before[name] for name in list(before)[:2]}}
        assume(before != known)
    touched = frozenset(
        name
        for name in Attribute
        if before is None or known is None or before.get(name) != known.get(name)
    )
    written = HalfDeeds(before, known, touched if known is not None else frozenset())
    deeds = Deeds(ITEM, revision=1, item=written)
    item = None if known is None else RemoteItem(ITEM, known)
    found = undone(deeds, Standing(row, item), Occasion(CYCLE, life.now, life.read))
    assume(isinstance(found, Tracked))
    assert isinstance(found, Tracked)
    assume(change_for(found, life.policy, life.now, life.read))
    return life, found


@_FEW
@given(undoings())
def test_undoing_is_due_at_once_and_leads_back(undoing: tuple[Life, Tracked]) -> None:
    life, row = undoing
    before = row.known

    after, item = carried_out(life, row, before)

    if after is None:
        assert (row.desired, item) == (None, None)
    elif row.desired is None:
        assert (item, after.state) == (None, SkuState.HELD)
    else:
        assert item is not None
        assert differences(row.desired, item, after.sent) == {}
        assert after.state in {SkuState.HELD, SkuState.IN_SYNC}


@_FEW
@given(wishes, items, items)
def test_an_update_that_stands_is_undone_whatever_server_and_others_have_put_beside_it(
    wish: Attributes, before: Attributes, theirs: Attributes
) -> None:
    payload = {name: value for name, value in wish.items() if value != before[name]}
    assume(payload)
    filled = {name: "the server's" for name in SERVER_FILLED if payload.get(name, "") is None}
    known = {**before, **payload, **filled}
    row = Tracked(ITEM, 1, wish, known, ownership=Ownership.OWNED, revision=1)
    shown = {**known, **{name: value for name, value in theirs.items() if name not in wish}}
    written = HalfDeeds(before, {**before, **payload}, frozenset(payload))
    deeds = Deeds(ITEM, revision=1, item=written)

    found = undone(deeds, Standing(row, RemoteItem(ITEM, shown)), Occasion(CYCLE, START, 1))

    assert isinstance(found, Tracked)
    assert found.desired == {**wish, **{name: before[name] for name in payload}}


@_FEW
@given(undoings(), outcomes)
def test_what_is_to_be_undone_is_told_in_every_state(
    undoing: tuple[Life, Tracked], outcome: Outcome
) -> None:
    life, row = undoing
    change = change_for(row, life.policy, life.now, life.read)
    assert change is not None
    assert row.state is SkuState.PENDING

    after = settle(claim(row, change), change, outcome, life.policy, life.now)

    if after is None:
        assert change.action is Action.DELETE
    elif after.state is SkuState.HELD:
        assert after.hold is not None
        assert change_for(after, life.policy, life.now + FAR, life.read + 9) is None
    elif after.state is not SkuState.IN_SYNC:
        again = change_for(after, life.policy, life.now + FAR, life.read + 9)
        assert again or after.was_answered_otherwise or needs_look_up(after, life.now + FAR)


@_FEW
@given(undoings(), wishes | held)
def test_only_another_wish_ends_the_hold(undoing: tuple[Life, Tracked], wish: Attributes) -> None:
    _, row = undoing
    assert row.reverted is not None

    read = absorb(row, 99, wish)

    unusable = read.held is not None
    same = not unusable and wish == row.reverted.wish
    assert (read.reverted is not None) is (unusable or same)
    if read.reverted is None:
        assert read.desired == wish
    else:
        assert read.desired == row.desired
    assert absorb(read, 99, wish) == read


@_FEW
@given(undoings())
def test_going_and_coming_back_costs_the_hold_nothing(undoing: tuple[Life, Tracked]) -> None:
    life, row = undoing
    assert row.reverted is not None
    wish = row.reverted.wish
    away = gone(row, life.now, life.read)

    assert away is None or gone(away, life.now + FAR, life.read + 9) == away
    if away is not None and wish is not None and row.missing is None:
        assert away.is_missing
        back = absorb(away, 99, wish)
        assert (back.desired, back.reverted) == (row.desired, row.reverted)


@_FEW
@given(undoings(), outcomes, wishes)
def test_an_older_answer_never_keeps_the_wish_after_it_waiting(
    undoing: tuple[Life, Tracked], outcome: Outcome, wish: Attributes
) -> None:
    life, row = undoing
    change = change_for(row, life.policy, life.now, life.read)
    assert change is not None
    assert row.reverted is not None
    assume(wish not in (row.desired, row.reverted.wish))

    for newer in (absorb(claim(row, change), 99, wish), released(claim(row, change))):
        after = settle(newer, change, outcome, life.policy, life.now)
        if after is None:
            assert newer.missing is not None
            continue
        assert after.desired == newer.desired
        assert after.revision > change.revision
        assert (after.next_attempt, after.quarantine, after.reverted) == (None, None, None)


@_FEW
@given(undoings(), st.booleans())
def test_what_is_released_comes_to_what_the_catalog_wants(
    undoing: tuple[Life, Tracked], written_first: bool
) -> None:
    life, row = undoing
    item = row.known
    if written_first:
        found, item = carried_out(life, row, item)
        if found is None:
            return
        row = found
    wish = row.desired if row.reverted is None else row.reverted.wish
    missing = row.missing

    free = unless_spent(released(row))

    if free is None:
        assert (missing is not None, item) == (True, None)
        return
    assert free.reverted is None
    if missing is None and wish is not None and free.held is None:
        after, item = carried_out(life, free, item)
        assert after is not None
        assert item is not None
        assert differences(wish, item, after.sent) == {}
        assert after.state is SkuState.IN_SYNC


def carried_out(
    life: Life, row: Tracked, item: Attributes | None
) -> tuple[Tracked | None, Attributes | None]:
    """What becomes of a row and its item where the remote does as it is told."""
    now: Tracked | None = row
    for _ in range(4):
        if now is None:
            break
        if needs_look_up(now, life.now):
            seen = None if item is None else RemoteItem(ITEM, item)
            now = observe(now, Observation(seen), life.policy, life.now)
        change = None if now is None else change_for(now, life.policy, life.now, 0)
        if now is None or change is None:
            break
        item = _stored(change, item)
        now = settle(claim(now, change), change, Accepted(item), life.policy, life.now)
    return now, item


def _stored(change: Change, item: Attributes | None) -> Attributes | None:
    if change.action is Action.DELETE:
        return None
    assert (item is None) is (change.action is Action.CREATE)
    return {**dict.fromkeys(Attribute), **(item or {}), **change.payload()}
