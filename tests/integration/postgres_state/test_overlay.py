"""A dry run's layer over a state: nobody waits for it, and nothing of it stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action
from syncd.domain.tracking import SkuState
from syncd.errors import StateError
from syncd.ports import State
from tests.contract.state.examples import NOON, intent, put, sku
from tests.contract.state.histories import A, result
from tests.postgres_states import Account

_HIDDEN = (
    "SELECT count(*) FROM pg_class WHERE relnamespace IN"
    " (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg_temp%%')"
)


def test_it_locks_no_row_and_sees_nothing_of_what_others_write(
    state: State, account: Account
) -> None:
    put(state, [sku("a"), sku("b")])
    with closing(account.open()) as other, state.overlay() as overlay:
        put(overlay, [sku("a", SkuState.HELD)])
        with overlay.transaction() as transaction:
            transaction.forget([ItemId("b")])
            transaction.remember("account", "dry")
        with ThreadPoolExecutor(1) as pool:
            pool.submit(put, other, [sku("a", SkuState.IN_SYNC), sku("c")]).result(10)

        assert overlay.tracked([ItemId(id_) for id_ in "abc"]) == {"a": sku("a", SkuState.HELD)}
        assert overlay.remembered("account") == "dry"
    assert state.tracked([ItemId(id_) for id_ in "abc"]).keys() == {"a", "b", "c"}
    assert state.remembered("account") is None


def test_everything_that_a_cycle_writes_can_be_written_and_nothing_stays(
    state: State, account: Account
) -> None:
    with state.transaction() as transaction:
        transaction.put([sku(f"{number:03}") for number in range(100)])
        transaction.begin_writes([intent("000")])
        transaction.record_cycle(result(A))
    before = account.ask(_HIDDEN)
    journal = account.ask("SELECT * FROM journal")
    with state.overlay() as overlay:
        with overlay.lease("dry run", timedelta(0)) as lease, overlay.transaction() as transaction:
            lease.check()
            transaction.put([sku(f"{number:03}", SkuState.HELD) for number in range(50, 150)])
            transaction.forget([ItemId("000"), ItemId("149")])
            writes = transaction.begin_writes([intent("001"), intent("002", Action.DELETE)])
            transaction.record_cycle(replace(result(A), finished=NOON))
            transaction.seal(A, NOON)
        assert writes == sorted(writes)
        assert overlay.census().states == {SkuState.PENDING: 49, SkuState.HELD: 99}
        assert [row.id for row in next(overlay.in_states(frozenset(SkuState)))][:2] == [
            "001",
            "002",
        ]
        (seal,) = overlay.seals()
        assert (seal.found, seal.cycles) == (seal.digest, 1)
        entries = overlay.journal_of(ItemId("001"))
        assert [entry.write for entry in entries] == writes[:1]
    assert account.ask("SELECT * FROM journal") == journal
    assert (list(state.seals()), state.census().states) == ([], {SkuState.PENDING: 100})
    assert account.ask(_HIDDEN) == before


def test_a_write_that_breaks_off_leaves_the_layer_as_it_was(state: State) -> None:
    with state.overlay() as overlay:
        put(overlay, [sku("a")])
        with pytest.raises(ZeroDivisionError):
            _break_off_after_writing(overlay)
        put(overlay, [sku("c")])
        assert overlay.tracked([ItemId(id_) for id_ in "abc"]).keys() == {"a", "c"}


def test_the_numbers_of_entries_go_on_where_the_state_is(state: State) -> None:
    with state.transaction() as transaction:
        (first,) = transaction.begin_writes([intent("a")])
    with state.overlay() as overlay:
        with overlay.transaction() as transaction:
            (second,) = transaction.begin_writes([intent("a")])
        assert [entry.write for entry in overlay.journal_of(ItemId("a"))] == [first, second]
    with state.transaction() as transaction:
        (third,) = transaction.begin_writes([intent("a")])
    assert (second, third) == (first + 1, first + 1)


def test_one_that_is_cut_off_says_so_and_leaves_nothing(state: State, account: Account) -> None:
    put(state, [sku("a")])
    with pytest.raises(StateError, match="connection was lost"), state.overlay() as overlay:
        _cut_off(overlay, account)
    with state.overlay() as overlay:
        assert overlay.tracked([ItemId("a"), ItemId("b")]) == {"a": sku("a")}


def _cut_off(overlay: State, account: Account) -> None:
    put(overlay, [sku("b")])
    account.cut_connections()
    with pytest.raises(StateError, match="connection was lost"):
        overlay.census()
    overlay.census()


def _break_off_after_writing(state: State) -> None:
    with state.transaction() as transaction:
        transaction.put([sku("b")])
        transaction.remember("never", str(1 // 0))
