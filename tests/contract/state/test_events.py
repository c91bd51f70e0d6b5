"""Events are received once, and go when the history does."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.event import Event
from syncd.ports import State
from tests.contract.state.histories import at


def event(id_: str, day: int = 0) -> Event:
    return Event(id_, "sku.updated", ItemId("a"), at(day))


def receive(state: State, one: Event) -> bool:
    with state.transaction() as transaction:
        return transaction.receive(one)


def test_an_event_is_received_once_whoever_tells_of_it(state: State, other: State) -> None:
    assert receive(state, event("evt_1"))
    assert not receive(other, event("evt_1", day=1))
    assert receive(other, event("evt_2"))


def test_an_event_is_not_received_where_the_transaction_fails(state: State) -> None:
    def break_off() -> None:
        with state.transaction() as transaction:
            transaction.receive(event("evt_1"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert receive(state, event("evt_1"))


def test_an_event_waits_until_it_is_seen_to(state: State, other: State) -> None:
    for number in (2, 1, 3):
        receive(state, event(f"evt_{number}", day=number))
    assert list(other.waiting_events()) == [
        event(f"evt_{number}", day=number) for number in (1, 2, 3)
    ]

    with other.transaction() as transaction:
        transaction.see_to_events(["evt_1", "evt_3", "another"])

    assert list(state.waiting_events()) == [event("evt_2", day=2)]
    assert not receive(state, event("evt_1"))


def test_events_from_before_the_history_are_forgotten(state: State) -> None:
    receive(state, event("old", day=0))
    receive(state, event("kept", day=1))

    assert sum(state.prune(at(1))) == 1
    assert receive(state, event("old", day=2))
    assert not receive(state, event("kept", day=2))
