"""The journal: every write with the values before it, and what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.domain.attributes import Attribute, AttributeChange, Attributes, ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Failure, Kind
from syncd.domain.journal import (
    Adoption,
    Deed,
    Intent,
    JournalEntry,
    Settlement,
    WritesOfAnHour,
)
from syncd.ports import State
from tests.contract.state import examples
from tests.contract.state.examples import CYCLE, FAILURE, NOON, intent

_LATER = NOON + timedelta(milliseconds=60)


def _begin(state: State, *intents: Intent) -> list[int]:
    with state.transaction() as transaction:
        return [int(number) for number in transaction.begin_writes(intents)]


def _end(state: State, intent: Intent, kind: Kind) -> None:
    with state.transaction() as transaction:
        (write,) = transaction.begin_writes([intent])
        transaction.end_writes([Settlement(write, kind, _LATER)])


def test_an_intent_is_an_entry_without_an_outcome(state: State) -> None:
    with state.transaction() as transaction:
        (write,) = transaction.begin_writes([intent("a")])

    assert state.journal_of(ItemId("a")) == [
        JournalEntry(
            write=write,
            cycle=CYCLE,
            id=ItemId("a"),
            deed=Deed.UPDATE,
            resource=Resource.INVENTORY_ITEM,
            revision=3,
            before={Attribute.COUNTRY_OF_ORIGIN: "CN"},
            after={Attribute.COUNTRY_OF_ORIGIN: "DK"},
            begun=NOON,
        )
    ]


def test_many_intents_at_once_get_their_ids_in_their_order(state: State) -> None:
    names = [f"{number}\t\\N ä€" for number in range(100, 0, -1)]
    before = _begin(state, intent("first"))
    writes = _begin(state, *map(intent, names))
    after = _begin(state, intent("last"))

    assert [*before, *writes, *after] == sorted({*before, *writes, *after})
    for name, write in zip(names, writes, strict=True):
        (entry,) = state.journal_of(ItemId(name))
        assert (entry.write, entry.deed) == (write, Deed.UPDATE)
        assert entry.before == {Attribute.COUNTRY_OF_ORIGIN: "CN"}


def test_many_adoptions_at_once_are_over_at_once(state: State) -> None:
    names = [ItemId(f"a{number}") for number in range(100)]
    with state.transaction() as transaction:
        transaction.adopt([Adoption(CYCLE, name, {}, NOON) for name in names])

    entries = [entry for name in names for entry in state.journal_of(name)]
    assert [(one.id, one.deed, one.kind, one.ended, one.approved) for one in entries] == [
        (name, Deed.ADOPT, Kind.ACCEPTED, NOON, False) for name in names
    ]


def test_an_outcome_stands_beside_its_intent(state: State) -> None:
    with state.transaction() as transaction:
        first, second = transaction.begin_writes([intent("a"), intent("b")])
    with state.transaction() as transaction:
        transaction.end_writes(
            [
                Settlement(second, Kind.REFUSED, _LATER, FAILURE, "req-1"),
                Settlement(first, Kind.ACCEPTED, _LATER, request_id="req-2"),
            ]
        )

    (accepted,), (refused,) = state.journal_of(ItemId("a")), state.journal_of(ItemId("b"))
    assert (accepted.kind, accepted.ended, accepted.failure, accepted.request_id) == (
        Kind.ACCEPTED,
        _LATER,
        None,
        "req-2",
    )
    assert (refused.kind, refused.failure, refused.request_id) == (Kind.REFUSED, FAILURE, "req-1")


def test_the_numbers_come_in_the_order_of_the_intents_and_grow(state: State) -> None:
    ids = [f"{number * 7919 % 1500:04}" for number in range(1500)]

    numbers = _begin(state, *(intent(id_) for id_ in ids))

    assert numbers == sorted(set(numbers))
    entries = chain(*state.journal_of_cycle(CYCLE))
    assert [(entry.write, entry.id) for entry in entries] == list(zip(numbers, ids, strict=True))
    assert _begin(state, intent("a"))[0] > numbers[-1]


def test_nothing_to_write_is_no_entry(state: State) -> None:
    with state.transaction() as transaction:
        assert transaction.begin_writes([]) == []
        transaction.end_writes([])
        transaction.adopt([])

    assert list(state.journal_of_cycle(CYCLE)) == []


def test_a_delete_sends_nothing_and_keeps_what_was_there(state: State) -> None:
    lost = Change(ItemId("a"), Action.DELETE, 3, {Attribute.ECCN: AttributeChange("EAR99", None)})
    _begin(state, Intent(CYCLE, lost, {Attribute.ECCN: "EAR99"}, NOON))

    (entry,) = state.journal_of(ItemId("a"))
    assert (entry.deed, entry.before, entry.after) == (Deed.DELETE, {Attribute.ECCN: "EAR99"}, {})


@pytest.mark.parametrize("resource", [Resource.INVENTORY_ITEM, Resource.SKU])
def test_an_adoption_is_over_when_it_is_written(state: State, resource: Resource) -> None:
    observed: Attributes = {Attribute.ECCN: None, Attribute.ALLOW_OVERSELL: False}
    with state.transaction() as transaction:
        transaction.adopt([Adoption(CYCLE, ItemId("a"), observed, NOON, resource)])

    (entry,) = state.journal_of(ItemId("a"))
    assert (entry.deed, entry.before, entry.after) == (Deed.ADOPT, observed, {})
    assert entry.resource is resource
    assert (entry.begun, entry.ended, entry.kind) == (NOON, NOON, Kind.ACCEPTED)


def test_the_journal_outlives_its_sku(state: State) -> None:
    examples.put(state, [examples.sku("a")])
    _begin(state, intent("a"))
    with state.transaction() as transaction:
        transaction.forget([ItemId("a")])

    assert len(state.journal_of(ItemId("a"))) == 1


def test_a_cycle_has_its_own_entries_alone(state: State) -> None:
    other = CycleId("20261122T120000Z-0000")
    _begin(state, intent("a"), Intent(other, intent("b").change, None, NOON))

    (batch,) = state.journal_of_cycle(other)
    assert [(entry.id, entry.before) for entry in batch] == [("b", None)]


@pytest.mark.parametrize("kind", Kind)
def test_a_write_counts_unless_it_was_certainly_not_carried_out(state: State, kind: Kind) -> None:
    _end(state, intent("a", Action.DELETE), kind)

    not_done = {Kind.REFUSED, Kind.UNDONE, Kind.KEY_REFUSED, Kind.FORBIDDEN}
    expected = set() if kind in not_done else {"a"}
    assert state.written_since(NOON, Action.DELETE) == expected


def test_a_write_whose_outcome_is_not_recorded_counts(state: State) -> None:
    _begin(state, intent("a"), intent("a"), intent("b"))

    assert state.written_since(NOON, Action.UPDATE) == {"a", "b"}


def test_one_try_that_may_have_been_carried_out_is_enough(state: State) -> None:
    _end(state, intent("a"), Kind.UNKNOWN)
    _end(state, intent("a"), Kind.REFUSED)

    assert state.written_since(NOON, Action.UPDATE) == {"a"}


def test_only_writes_of_this_kind_since_that_moment_count(state: State) -> None:
    early = NOON - timedelta(microseconds=1)
    _begin(state, intent("early", begun=early), intent("made", Action.CREATE), intent("a"))
    with state.transaction() as transaction:
        transaction.adopt([Adoption(CYCLE, ItemId("adopted"), {}, NOON)])

    assert state.written_since(NOON, Action.UPDATE) == {"a"}
    assert state.written_since(NOON, Action.CREATE) == {"made"}
    assert state.written_since(NOON, Action.DELETE) == frozenset()


def test_the_writes_of_each_hour_are_counted_by_action_and_outcome(state: State) -> None:
    hour = timedelta(hours=1)
    _begin(state, intent("before", begun=NOON - timedelta(microseconds=1)))
    _end(state, intent("a", begun=NOON), Kind.REFUSED)
    _end(state, intent("b", begun=NOON + hour - timedelta(microseconds=1)), Kind.ACCEPTED)
    _end(state, intent("c", begun=NOON), Kind.ACCEPTED)
    _end(state, intent("d", Action.CREATE, NOON), Kind.ACCEPTED)
    _begin(state, intent("e", Action.DELETE, NOON + hour))
    _begin(state, intent("after", begun=NOON + 2 * hour))
    with state.transaction() as transaction:
        transaction.adopt([Adoption(CYCLE, ItemId("adopted"), {}, NOON)])

    assert state.writes_by_hour(NOON, 2) == [
        WritesOfAnHour(NOON, Action.CREATE, Kind.ACCEPTED, 1),
        WritesOfAnHour(NOON, Action.UPDATE, Kind.ACCEPTED, 2),
        WritesOfAnHour(NOON, Action.UPDATE, Kind.REFUSED, 1),
        WritesOfAnHour(NOON + hour, Action.DELETE, None, 1),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    before=st.none() | examples.attributes,
    after=examples.attributes,
    failure=st.none() | examples.failures,
    begun=examples.moments,
)
def test_every_value_comes_back_as_it_was(
    state: State,
    before: Attributes | None,
    after: Attributes,
    failure: Failure | None,
    begun: datetime,
) -> None:
    change = Change(
        ItemId("a"),
        Action.CREATE,
        1,
        {attribute: AttributeChange(None, value) for attribute, value in after.items()},
        Resource.SKU,
    )
    with state.transaction() as transaction:
        (write,) = transaction.begin_writes([Intent(CYCLE, change, before, begun)])
        transaction.end_writes([Settlement(write, Kind.UNKNOWN, begun, failure)])

    entry = state.journal_of(ItemId("a"))[-1]
    assert (entry.before, entry.after, entry.failure) == (before, after, failure)
    assert (entry.begun, entry.ended, entry.resource) == (begun, begun, Resource.SKU)
