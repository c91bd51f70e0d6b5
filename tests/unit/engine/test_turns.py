"""A fair order, and a fair share of the places on the way."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Plan
from syncd.engine.turns import in_turn, places
from tests.unit.engine.samples import changes

CREATE, UPDATE, DELETE = Action.CREATE, Action.UPDATE, Action.DELETE


def test_what_was_tried_before_comes_last() -> None:
    plan = Plan(changes(UPDATE, 100))
    retried = {ItemId(f"{number:04}") for number in range(50)}

    ordered = [change.id for change in in_turn(plan, retried).changes]

    assert set(ordered[50:]) == retried
    assert sorted(ordered) == [change.id for change in plan.changes]


def test_neighbours_are_spread_and_always_alike() -> None:
    plan = Plan(changes(CREATE, 1000), frozenset({ItemId("0001")}))

    ordered = in_turn(plan, frozenset())

    poison = [number for number, one in enumerate(ordered.changes) if one.id < "0050"]
    assert max(later - sooner for sooner, later in itertools.pairwise(poison)) > 5
    assert poison[:25] != list(range(25))
    assert ordered == in_turn(Plan(plan.changes[::-1], plan.approved), frozenset())


@pytest.mark.parametrize(
    ("work", "in_flight", "shared"),
    [
        ({CREATE: 1000}, 128, {CREATE: 128}),
        ({CREATE: 5}, 128, {CREATE: 5}),
        ({CREATE: 100_000, DELETE: 1}, 128, {CREATE: 127, DELETE: 1}),
        ({CREATE: 100_000, UPDATE: 0, DELETE: 100}, 128, {CREATE: 111, DELETE: 16}),
        ({CREATE: 1000, UPDATE: 1000}, 128, {CREATE: 64, UPDATE: 64}),
        ({CREATE: 1000, UPDATE: 1000, DELETE: 1000}, 2, {CREATE: 1, UPDATE: 1, DELETE: 1}),
        ({}, 128, {}),
    ],
)
def test_places_go_by_the_work_and_every_kind_has_some(
    work: dict[Action, int], in_flight: int, shared: dict[Action, int]
) -> None:
    assert places(work, in_flight) == shared


@given(
    st.dictionaries(st.sampled_from(Action), st.integers(0, 10_000)),
    st.integers(len(Action), 512),
)
def test_there_are_never_too_many_and_nobody_has_none(
    work: dict[Action, int], in_flight: int
) -> None:
    shared = places(work, in_flight)

    assert sum(shared.values()) <= in_flight
    for action, count in work.items():
        assert shared.get(action, 0) <= count
        assert bool(shared.get(action)) is bool(count)
