"""Small notes are written beside a cycle of the same process, and never beside another's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.errors import LeaseHeldError, LeaseLostError
from syncd.ports import State

AT_ONCE = timedelta(0)


def noted(state: State, note: str) -> None:
    with state.transaction() as transaction:
        transaction.remember("note", note)


def test_a_cycle_of_the_same_process_is_not_waited_for_and_goes_on(state: State) -> None:
    with state.lease("a cycle", AT_ONCE) as lease:
        with state.alongside("a note", AT_ONCE):
            noted(state, "beside it")
        lease.check()
        noted(state, "after it")

    assert state.remembered("note") == "after it"


def test_another_process_s_cycle_is(state: State, other: State) -> None:
    with (
        other.lease("a cycle", AT_ONCE),
        pytest.raises(LeaseHeldError),
        state.alongside("a note", AT_ONCE),
    ):
        pytest.fail("it has not been waited for")


def test_where_there_is_none_nobody_else_may_write(state: State, other: State) -> None:
    with other.lease("a cycle", AT_ONCE):
        pass

    with state.alongside("a note", AT_ONCE):
        with pytest.raises(LeaseHeldError), other.lease("a cycle", AT_ONCE):
            pytest.fail("two have the lease")
        with pytest.raises(LeaseLostError):
            noted(other, "too late")
        noted(state, "in time")

    assert state.remembered("note") == "in time"
    with other.lease("a cycle", AT_ONCE):
        noted(other, "again")


def test_a_turn_that_is_over_counts_no_more(state: State, other: State) -> None:
    with state.lease("a cycle", AT_ONCE):
        pass
    with other.lease("another", AT_ONCE):
        pass

    with state.alongside("a note", AT_ONCE):
        noted(state, "with a turn of its own")

    assert other.remembered("note") == "with a turn of its own"
