"""What the journal is asked about stretches of time: what was sent, made again, or overtaken."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Kind
from syncd.domain.journal import Adoption, Settlement
from syncd.ports import State
from tests.contract.state.examples import CYCLE, NOON, intent
from tests.contract.state.histories import A, B, C, at, run

EARLIER = NOON - timedelta(hours=1)
NEXT = CycleId("20261121T130000Z-0000")
LAST = CycleId("20261121T140000Z-0000")
DONE = [Kind.ACCEPTED, Kind.GONE, Kind.EXISTS, Kind.UNKNOWN, None]
NOT_DONE = [Kind.REFUSED, Kind.UNDONE, Kind.KEY_REFUSED, Kind.FORBIDDEN]


def _written(
    state: State,
    item: str,
    action: Action = Action.UPDATE,
    kind: Kind | None = Kind.ACCEPTED,
    cycle: CycleId = CYCLE,
    begun: datetime = NOON,
    *,
    approved: bool = False,
    recreates: bool = False,
) -> None:
    begins = replace(
        intent(item, action, begun), cycle=cycle, approved=approved, recreates=recreates
    )
    with state.transaction() as transaction:
        (write,) = transaction.begin_writes([begins])
        if kind is not None:
            transaction.end_writes([Settlement(write, kind, begun)])


def _adopted(state: State, item: str, cycle: CycleId = CYCLE) -> None:
    with state.transaction() as transaction:
        transaction.adopt([Adoption(cycle, ItemId(item), {}, NOON)])


class TestUpdatesSince:
    @pytest.mark.parametrize("kind", DONE)
    def test_come_with_what_they_sent(self, state: State, kind: Kind | None) -> None:
        _written(state, "a", kind=kind)

        assert list(chain(*state.updates_since(NOON))) == [
            ("a", {Attribute.COUNTRY_OF_ORIGIN: "DK"})
        ]

    @pytest.mark.parametrize("kind", NOT_DONE)
    def test_leave_out_what_was_not_carried_out(self, state: State, kind: Kind) -> None:
        _written(state, "a", kind=kind)

        assert list(state.updates_since(NOON)) == []

    def test_leave_out_older_ones_other_deeds_and_what_was_approved(self, state: State) -> None:
        _written(state, "old", begun=EARLIER)
        _written(state, "new", Action.CREATE)
        _written(state, "approved", approved=True)
        _adopted(state, "adopted")

        assert list(state.updates_since(NOON)) == []

    def test_are_all_given_however_many_began_at_one_moment(self, state: State) -> None:
        ids = [f"{number:05}" for number in range(2500)]
        with state.transaction() as transaction:
            transaction.begin_writes([intent(item) for item in ids])

        given = [item for item, _ in chain(*state.updates_since(EARLIER))]

        assert sorted(given) == ids


class TestRecreatedSince:
    @pytest.mark.parametrize("kind", DONE)
    def test_names_what_was_created_although_it_was_ours(
        self, state: State, kind: Kind | None
    ) -> None:
        _written(state, "a", Action.CREATE, kind, recreates=True)

        assert state.recreated_since(NOON) == {"a"}

    def test_leaves_out_a_first_create(self, state: State) -> None:
        _written(state, "a", Action.CREATE)

        assert state.recreated_since(NOON) == frozenset()

    @pytest.mark.parametrize("kind", NOT_DONE)
    def test_leaves_out_what_was_not_carried_out(self, state: State, kind: Kind) -> None:
        _written(state, "a", Action.CREATE, kind, recreates=True)

        assert state.recreated_since(NOON) == frozenset()

    def test_leaves_out_older_creates_and_approved_ones(self, state: State) -> None:
        _written(state, "old", Action.CREATE, begun=EARLIER, recreates=True)
        _written(state, "approved", Action.CREATE, approved=True, recreates=True)

        assert state.recreated_since(NOON) == frozenset()

    def test_needs_no_earlier_entry_which_may_be_pruned(self, state: State) -> None:
        run(state, A, "a")
        run(state, B, "b", day=1)
        _written(state, "a", Action.CREATE, cycle=C, begun=at(2), recreates=True)

        assert list(state.prune(at(2))) != []

        assert [entry.cycle for entry in state.journal_of(ItemId("a"))] == [C]
        assert state.recreated_since(at(2)) == {"a"}


class TestWrittenAfter:
    @pytest.mark.parametrize("kind", DONE)
    def test_names_what_later_cycles_may_have_written(
        self, state: State, kind: Kind | None
    ) -> None:
        _written(state, "a")
        _written(state, "a", kind=kind, cycle=NEXT)

        assert state.written_after(CYCLE, [ItemId("a"), ItemId("b")]) == {"a"}
        assert state.written_after(NEXT, [ItemId("a")]) == frozenset()

    @pytest.mark.parametrize("kind", NOT_DONE)
    def test_leaves_out_what_was_not_carried_out(self, state: State, kind: Kind) -> None:
        _written(state, "a")
        _written(state, "a", kind=kind, cycle=NEXT)

        assert state.written_after(CYCLE, [ItemId("a")]) == frozenset()

    def test_leaves_out_earlier_cycles_adoptions_and_other_ids(self, state: State) -> None:
        _written(state, "a", cycle=CYCLE)
        _written(state, "a", cycle=NEXT)
        _written(state, "other", cycle=LAST)
        _adopted(state, "a", LAST)

        assert state.written_after(NEXT, [ItemId("a")]) == frozenset()

    def test_takes_more_ids_than_a_query_has_parameters(self, state: State) -> None:
        ids = [ItemId(f"{number:05}") for number in range(2500)]
        _written(state, ids[-1])
        _written(state, ids[-1], cycle=NEXT)

        assert state.written_after(CYCLE, ids) == {ids[-1]}
