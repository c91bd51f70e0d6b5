"""Stopped plans, kept once each, and the approvals that let their changes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.domain.approval import Approval
from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.cycle import Guard
from syncd.ports import State
from tests.contract.state import examples
from tests.contract.state.examples import CYCLE, NOON, intent

_UPDATE, _DELETE = intent("a").change, intent("b", Action.DELETE).change
_SOON = NOON + timedelta(hours=1)
_APPROVAL = Approval(_UPDATE, frozenset({Guard.MAX_UPDATE, Guard.CANARY}), CYCLE, _SOON)
_values = st.none() | st.booleans() | examples.texts
_changes = st.builds(
    Change,
    id=examples.ids,
    action=st.sampled_from(Action),
    revision=examples.counts,
    attributes=st.dictionaries(
        st.sampled_from(Attribute), st.builds(AttributeChange, known=_values, desired=_values)
    ),
    resource=st.sampled_from(Resource),
)


def _keep(state: State, *changes: Change) -> str:
    with state.transaction() as transaction:
        return transaction.record_stopped(changes)


def _approve(state: State, *approved: Approval) -> None:
    with state.transaction() as transaction:
        transaction.approve(approved)


def _in_force(state: State, *ids: str) -> Mapping[ItemId, Approval]:
    return state.approvals([ItemId(id_) for id_ in ids], NOON)


def _of(id_: str, **changed: Any) -> Approval:  # noqa: ANN401 - `replace` checks them
    return replace(_APPROVAL, change=intent(id_).change, **changed)


def test_stopped_changes_come_back_in_their_order(state: State) -> None:
    name = _keep(state, _UPDATE, _DELETE)

    assert list(state.stopped(name)) == [_UPDATE, _DELETE]


def test_the_same_changes_have_the_same_name(state: State) -> None:
    name = _keep(state, _UPDATE, _DELETE)

    assert _keep(state, _UPDATE, _DELETE) == name
    assert list(state.stopped(name)) == [_UPDATE, _DELETE]


@pytest.mark.parametrize(
    "other",
    [
        replace(_UPDATE, id=ItemId("c")),
        replace(_UPDATE, action=Action.CREATE),
        replace(_UPDATE, revision=4),
        replace(_UPDATE, resource=Resource.SKU),
        replace(_UPDATE, attributes={}),
        replace(_UPDATE, attributes={Attribute.ECCN: AttributeChange("CN", "DK")}),
        replace(_UPDATE, attributes={Attribute.COUNTRY_OF_ORIGIN: AttributeChange(None, "DK")}),
        replace(_UPDATE, attributes={Attribute.COUNTRY_OF_ORIGIN: AttributeChange("CN", None)}),
    ],
    ids=["id", "action", "revision", "resource", "nothing", "attribute", "known", "desired"],
)
def test_other_changes_have_another_name(state: State, other: Change) -> None:
    first, second = _keep(state, _UPDATE), _keep(state, other)

    assert first != second
    assert list(state.stopped(first)) == [_UPDATE]
    assert list(state.stopped(second)) == [other]


def test_a_name_that_was_never_given_has_no_changes(state: State) -> None:
    assert list(state.stopped("never")) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(changes=st.lists(_changes, max_size=5), expires=examples.moments)
def test_every_change_comes_back_as_it_was(
    state: State, changes: list[Change], expires: datetime
) -> None:
    name = _keep(state, *changes)
    assert list(state.stopped(name)) == changes

    by_id = {change.id: replace(_APPROVAL, change=change, expires=expires) for change in changes}
    _approve(state, *by_id.values())
    assert state.approvals(list(by_id), expires - timedelta(microseconds=1)) == by_id


def test_a_plan_of_many_changes_comes_back_whole_and_in_its_order(state: State) -> None:
    many = [replace(_UPDATE, id=ItemId(f"{number:06}")) for number in range(120_000)]
    name = _keep(state, *many)

    assert list(state.stopped(name)) == many


def test_the_order_of_changes_is_a_part_of_the_plan(state: State) -> None:
    first, second = _keep(state, _UPDATE, _DELETE), _keep(state, _DELETE, _UPDATE)

    assert list(state.stopped(first)) == [_UPDATE, _DELETE]
    assert list(state.stopped(second)) == [_DELETE, _UPDATE]


def test_an_approval_is_in_force_until_it_expires(state: State) -> None:
    _approve(state, _APPROVAL)

    ids = [ItemId("a")]
    assert state.approvals(ids, NOON) == {"a": _APPROVAL}
    assert state.approvals(ids, _SOON - timedelta(microseconds=1)) == {"a": _APPROVAL}
    assert state.approvals(ids, _SOON) == {}
    assert state.approvals(ids, _SOON + timedelta(days=1)) == {}


def test_approvals_come_for_the_ids_that_are_asked_for(state: State) -> None:
    _approve(state, _APPROVAL, _of("b"))

    assert _in_force(state, "b", "c") == {"b": _of("b")}
    assert _in_force(state) == {}


def test_a_newer_approval_takes_the_place_of_the_older_one_of_its_sku_alone(state: State) -> None:
    newer = _of("a", guards=frozenset({Guard.MAX_SAME_CHANGE}))
    _approve(state, _APPROVAL, _of("b"))
    _approve(state, newer)

    assert _in_force(state, "a", "b") == {"a": newer, "b": _of("b")}


def test_many_approvals_are_kept_at_once(state: State) -> None:
    many = [_of(f"{number:05}") for number in range(2500)]
    _approve(state, *many)
    _approve(state)

    assert _in_force(state, *(one.change.id for one in many)) == {
        one.change.id: one for one in many
    }


def test_only_expired_approvals_are_forgotten(state: State) -> None:
    longer = _of("b", expires=_SOON + timedelta(seconds=1))
    _approve(state, _APPROVAL, longer)
    with state.transaction() as transaction:
        transaction.forget_approvals(_SOON)

    assert _in_force(state, "a", "b") == {"b": longer}


def test_what_is_approved_in_an_overlay_stays_there(state: State) -> None:
    with state.overlay() as overlay:
        _approve(overlay, _APPROVAL)
        name = _keep(overlay, _UPDATE)
        assert _in_force(overlay, "a") == {"a": _APPROVAL}

    assert _in_force(state, "a") == {}
    assert list(state.stopped(name)) == []


def test_an_approved_write_counts_in_no_budget(state: State) -> None:
    approved = replace(intent("a"), approved=True)
    with state.transaction() as transaction:
        transaction.begin_writes([approved, intent("b")])

    assert state.written_since(NOON, Action.UPDATE) == {"b"}
    (entry,), (other,) = state.journal_of(ItemId("a")), state.journal_of(ItemId("b"))
    assert (entry.approved, other.approved) == (True, False)


def test_a_write_that_was_not_approved_counts_beside_one_that_was(state: State) -> None:
    with state.transaction() as transaction:
        transaction.begin_writes([replace(intent("a"), approved=True), intent("a")])

    assert state.written_since(NOON, Action.UPDATE) == {"a"}
