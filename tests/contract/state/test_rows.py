"""The change-tracking table: what is put there is found there, whole, or not at all."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.tracking import Ownership, SkuState, Tracked
from syncd.engine.absorb import absorb
from syncd.engine.wishes import Wishes
from syncd.ports import Census, State
from tests.contract.state import examples
from tests.contract.state.examples import put, sku

_SHARED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def _break_off_after_writing(state: State) -> None:
    with state.transaction() as transaction:
        transaction.put([sku("new"), sku("kept", SkuState.HELD)])
        transaction.forget([ItemId("kept")])
        transaction.begin_writes([examples.intent("kept")])
        transaction.remember("account", "after")
        raise BreakOffError


class BreakOffError(Exception):
    """What a test raises to break a transaction off."""


@_SHARED
@given(rows=st.lists(examples.skus(), max_size=5, unique_by=lambda row: row.id))
def test_every_field_of_a_row_comes_back_as_it_was(state: State, rows: list[Tracked]) -> None:
    put(state, rows)

    assert state.tracked([row.id for row in rows]) == {row.id: row for row in rows}


def test_moments_come_back_in_utc(state: State) -> None:
    put(state, [sku("a", SkuState.MISSING)])

    missing = state.tracked([ItemId("a")])[ItemId("a")].missing
    assert missing is not None
    assert missing.since.tzinfo is UTC


def test_unknown_ids_are_left_out(state: State) -> None:
    put(state, [sku("a")])

    assert list(state.tracked([ItemId("a"), ItemId("b")])) == ["a"]
    assert state.tracked([]) == {}


def test_more_ids_are_found_than_a_query_takes_parameters(state: State) -> None:
    rows = [sku(f"{number:05}") for number in range(2500)]
    put(state, rows)

    assert len(state.tracked([row.id for row in rows])) == 2500


def test_a_row_that_is_put_again_replaces_the_whole_row(state: State) -> None:
    put(state, [sku("a", SkuState.QUARANTINED)])
    put(state, [Tracked(ItemId("a"))])

    assert state.tracked([ItemId("a")]) == {"a": Tracked(ItemId("a"))}


BEGUN = Wishes(
    [ItemId("a"), ItemId("b'"), ItemId("ü")],
    [11, -(2**63), 2**63 - 1],
    {
        Attribute.PART_NUMBER: ["P-1", 'P, "2"\n', "Ü\\'"],
        Attribute.HS_CODE: [None, "6404.20", None],
        Attribute.ALLOW_OVERSELL: [True, None, False],
    },
)


def _ids(*ids: str) -> list[ItemId]:
    return list(map(ItemId, ids))


def _begin(state: State, wishes: Wishes) -> bool:
    with state.transaction() as transaction:
        return transaction.begin(wishes)


def _in(state: State, wishes: Wishes) -> dict[ItemId, Tracked]:
    return state.tracked(wishes.ids)


def test_rows_that_begin_are_as_if_they_had_been_put(state: State) -> None:
    put(state, [sku("there")])
    with state.overlay() as overlay:
        put(overlay, list(BEGUN.tracked()))
        expected, census = _in(overlay, BEGUN), overlay.census()

    assert _begin(state, BEGUN)

    assert _in(state, BEGUN) == expected == {row.id: row for row in BEGUN.tracked()}
    assert state.census() == census


def test_rows_may_begin_over_the_layer_of_a_rehearsal(state: State) -> None:
    put(state, [sku("below")])

    with state.overlay() as overlay:
        assert _begin(overlay, BEGUN)
        assert _in(overlay, BEGUN) == {row.id: row for row in BEGUN.tracked()}
        assert not _begin(overlay, BEGUN)
        assert not _begin(overlay, replace(BEGUN, ids=_ids("below", "c", "d")))
        assert overlay.census().states == {SkuState.PENDING: 4}


def test_where_one_id_has_a_row_none_begins_and_the_transaction_goes_on(state: State) -> None:
    there = sku("ü", SkuState.IN_SYNC)
    put(state, [there])

    with state.transaction() as transaction:
        assert not transaction.begin(BEGUN)
        assert transaction.tracked(BEGUN.ids) == {there.id: there}
        assert transaction.begin(replace(BEGUN, ids=_ids("x", "y", "z")))

    assert state.census().states == {SkuState.IN_SYNC: 1, SkuState.PENDING: 3}


def test_plain_rows_take_in_their_wishes_as_they_would_one_by_one(state: State) -> None:
    rows = [sku("a", SkuState.IN_SYNC, owned=True), sku("b'"), sku("ü", SkuState.FOREIGN)]
    put(state, rows)

    with state.overlay() as overlay:
        taken = _revise(overlay, BEGUN)
        found = _in(overlay, BEGUN)
        assert found == _absorbed(rows, taken)
        assert overlay.census().states == Counter(row.state for row in found.values())
        assert overlay.census().owned == 1
    assert _in(state, BEGUN) == {row.id: row for row in rows}
    assert _revise(state, BEGUN) == taken >= {"a", "b'"}
    assert _in(state, BEGUN) == _absorbed(rows, taken)
    assert not _revise(state, replace(BEGUN, ids=_ids("x", "y", "z")))


def _revise(state: State, wishes: Wishes) -> AbstractSet[ItemId]:
    with state.transaction() as transaction:
        return transaction.revise(wishes)


def _absorbed(rows: Sequence[Tracked], taken: AbstractSet[ItemId]) -> dict[ItemId, Tracked]:
    begun = {row.id: row for row in BEGUN.tracked()}
    return {
        row.id: absorb(row, begun[row.id].fingerprint, begun[row.id].desired or {})
        if row.id in taken
        else row
        for row in rows
    }


def test_where_nothing_is_to_begin_nothing_happens(state: State) -> None:
    nothing = Wishes([], [], {Attribute.PART_NUMBER: []})

    assert _begin(state, nothing)
    assert state.census().states == {}


def test_forgotten_rows_are_gone_and_the_others_are_not(state: State) -> None:
    put(state, [sku("a"), sku("b")])
    with state.transaction() as transaction:
        transaction.forget([ItemId("a"), ItemId("never there")])

    assert list(state.tracked([ItemId("a"), ItemId("b")])) == ["b"]


def test_rows_that_begin_go_on_from_those_that_were_forgotten(state: State) -> None:
    put(state, [replace(sku("a"), revision=5), replace(sku("b"), revision=2), sku("c")])
    for forgotten, highest in (("never there", 0), ("b", 2), ("a", 5), ("c", 5)):
        with state.transaction() as transaction:
            transaction.forget([ItemId(forgotten)])
            assert transaction.last_forgotten() == highest
    with state.overlay() as overlay:
        assert _begin(overlay, BEGUN)
        rehearsed = _in(overlay, BEGUN)

    assert _begin(state, BEGUN)

    assert _in(state, BEGUN) == rehearsed == {row.id: row for row in BEGUN.tracked(5)}
    assert {row.revision for row in rehearsed.values()} == {6}


def test_a_transaction_sees_its_own_writes(state: State) -> None:
    with state.transaction() as transaction:
        transaction.put([sku("a"), sku("b")])
        transaction.forget([ItemId("b")])

        assert transaction.tracked([ItemId("a"), ItemId("b")]) == {"a": sku("a")}


def test_nobody_else_sees_them_before_the_end(state: State) -> None:
    with state.transaction() as transaction:
        transaction.put([sku("a")])
        with ThreadPoolExecutor(1) as pool:
            seen = pool.submit(state.tracked, [ItemId("a")]).result(timeout=60)

    assert seen == {}
    assert state.tracked([ItemId("a")]) == {"a": sku("a")}


def test_a_transaction_that_breaks_off_leaves_everything_as_it_was(state: State) -> None:
    put(state, [sku("kept")])
    with state.transaction() as transaction:
        transaction.remember("account", "before")

    with pytest.raises(BreakOffError):
        _break_off_after_writing(state)

    assert state.tracked([ItemId("kept"), ItemId("new")]) == {"kept": sku("kept")}
    assert state.journal_of(ItemId("kept")) == []
    assert state.remembered("account") == "before"


def test_what_the_block_raises_is_not_dressed_up(state: State) -> None:
    with pytest.raises(ConnectionResetError), state.transaction():
        raise ConnectionResetError


def test_eight_threads_counting_together_lose_nothing(state: State) -> None:
    put(state, [Tracked(ItemId("counter"))])
    start = threading.Barrier(8)

    def count() -> None:
        start.wait()
        for _ in range(10):
            with state.transaction() as transaction:
                row = transaction.tracked([ItemId("counter")])[ItemId("counter")]
                transaction.put([replace(row, revision=row.revision + 1)])

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(count) for _ in range(8)]:
            done.result()

    assert state.tracked([ItemId("counter")])[ItemId("counter")].revision == 80


@pytest.mark.parametrize("word", SkuState)
def test_rows_are_found_by_their_state(state: State, word: SkuState) -> None:
    put(state, [sku(f"in {each}", each) for each in SkuState])

    assert list(state.in_states(frozenset({word}))) == [[sku(f"in {word}", word)]]


def test_rows_of_several_states_come_in_the_order_of_ids(state: State) -> None:
    states = [SkuState.PENDING, SkuState.HELD, SkuState.IN_SYNC]
    put(state, [sku(f"{number:04}", states[number % 3]) for number in reversed(range(3600))])

    batches = list(state.in_states(frozenset({SkuState.PENDING, SkuState.HELD})))

    expected = [f"{number:04}" for number in range(3600) if number % 3 != 2]
    assert [row.id for row in chain(*batches)] == expected
    assert len(batches) > 1


def test_ids_are_ordered_by_code_point(state: State) -> None:
    put(state, [sku(id_) for id_ in ("ä", "a", "B", "\U0001d538", "ﬀ")])

    (batch,) = state.in_states(frozenset({SkuState.PENDING}))

    assert [row.id for row in batch] == ["B", "a", "ä", "ﬀ", "\U0001d538"]


def test_rows_may_be_written_while_they_are_walked_through(state: State) -> None:
    put(state, [sku(f"{number:04}") for number in range(2100)])
    walked = 0
    for batch in state.in_states(frozenset({SkuState.PENDING})):
        walked += len(batch)
        put(state, [replace(row, known=row.desired) for row in batch])

    assert walked == 2100
    assert state.census() == Census({SkuState.IN_SYNC: 2100}, 0)


def test_no_states_are_no_rows(state: State) -> None:
    put(state, [sku("a")])

    assert list(state.in_states(frozenset())) == []


def test_the_census_counts_each_state_and_the_owned(state: State) -> None:
    put(state, [sku("a", owned=True), sku("b", SkuState.HELD, owned=True), sku("c", SkuState.HELD)])

    assert state.census() == Census({SkuState.PENDING: 1, SkuState.HELD: 2}, 2)


def test_the_census_of_an_empty_state_is_empty(state: State) -> None:
    assert state.census() == Census({}, 0)


def test_the_census_follows_a_row_that_changes_its_state(state: State) -> None:
    put(state, [sku("a")])
    put(state, [sku("a", SkuState.IN_SYNC)])

    assert state.census() == Census({SkuState.IN_SYNC: 1}, 0)


@pytest.mark.parametrize(
    ("number", "limit", "expected"),
    [
        (0, 3, []),
        (2, 3, [0, 1]),
        (3, 3, [0, 1, 2]),
        (10, 1, [0]),
        (100, 4, [0, 25, 50, 75]),
        (10, 0, []),
    ],
)
def test_owned_ids_are_taken_from_all_over(
    state: State, number: int, limit: int, expected: list[int]
) -> None:
    put(state, [sku(f"{place:03}", owned=True) for place in range(number)])
    put(state, [sku(f"{place:03}x") for place in range(number)])

    assert state.owned(limit) == [f"{place:03}" for place in expected]


def test_a_foreign_item_is_not_owned(state: State) -> None:
    put(state, [sku("a", SkuState.FOREIGN)])

    assert state.owned(5) == []
    assert state.tracked([ItemId("a")])[ItemId("a")].ownership is Ownership.FOREIGN


def test_an_absent_attribute_is_not_one_without_a_value(state: State) -> None:
    row = replace(sku("a"), desired={Attribute.ECCN: None}, known={})
    put(state, [row])

    assert state.tracked([row.id])[row.id] == row


def test_rows_behind_an_id_are_those_of_a_walk_that_goes_on(state: State) -> None:
    put(state, [sku(id_, SkuState.HELD) for id_ in "abd"] + [sku("c"), sku("e")])
    held = frozenset({SkuState.HELD})

    assert [row.id for row in chain(*state.in_states(held, ItemId("a")))] == ["b", "d"]
    assert [row.id for row in chain(*state.in_states(held, ItemId("c")))] == ["d"]
    assert list(chain(*state.in_states(held, ItemId("d")))) == []


def test_ids_are_found_by_how_they_begin(state: State) -> None:
    put(state, map(sku, ["A-1", "A-2", "A", "AB", "B-1", "a-1", "_A"]))

    assert [row.id for row in state.beginning_with("A-", 9)] == ["A-1", "A-2"]
    assert [row.id for row in state.beginning_with("A", 3)] == ["A", "A-1", "A-2"]
    assert [row.id for row in state.beginning_with("a-1", 9)] == ["a-1"]
    assert [row.id for row in state.beginning_with("%", 9)] == []
    assert state.beginning_with("A", 1) == [sku("A")]
