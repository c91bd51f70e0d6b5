"""The chain over cycles and journal, and what may be removed from its beginning."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.chain import Seal
from syncd.domain.change import Action
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Kind
from syncd.domain.journal import Intent, Settlement
from syncd.domain.tracking import SkuState
from syncd.ports import State
from tests.contract.state.examples import NOON, intent, put, sku
from tests.contract.state.histories import A, B, C, D, at, result, run


def seals(state: State) -> list[Seal]:
    return list(state.seals())


# --------------------------------------------------------------------------------- the chain


def test_nothing_is_sealed_before_the_first_cycle_has_finished(state: State) -> None:
    run(state, A, "a", finishes=False)

    assert (seals(state), state.last_seal(), list(state.unsealed())) == ([], None, [A])


def test_each_finished_cycle_has_a_seal_of_its_own(state: State) -> None:
    run(state, A, "a", "b")
    run(state, B, day=1)

    first, second = seals(state)
    assert (first.number, first.cycle, first.at, first.cycles) == (1, A, at(0), 1)
    assert (second.number, second.cycle, second.at, second.cycles) == (2, B, at(1), 1)
    assert first.digest != second.digest == state.last_seal()
    assert first.is_intact
    assert second.is_intact
    assert list(state.unsealed()) == []


def test_a_cycle_that_never_finished_is_covered_by_the_next_that_does(state: State) -> None:
    run(state, A, "a", finishes=False)
    run(state, B, "b", day=1)

    (seal,) = seals(state)
    assert (seal.cycle, seal.cycles, seal.is_intact) == (B, 2, True)
    assert list(state.unsealed()) == []


def test_a_write_without_an_outcome_is_sealed_as_it_is(state: State) -> None:
    with state.transaction() as transaction:
        transaction.record_cycle(result(A))
        transaction.begin_writes([Intent(A, intent("a").change, None, NOON)])
        transaction.seal(A, NOON)

    assert [seal.is_intact for seal in seals(state)] == [True]


def _settle_late(state: State) -> None:
    (entry,) = state.journal_of(ItemId("b"))
    with state.transaction() as transaction:
        transaction.end_writes([Settlement(entry.write, Kind.REFUSED, NOON)])


def _write_late(state: State) -> None:
    with state.transaction() as transaction:
        transaction.begin_writes([Intent(B, intent("late").change, None, NOON)])


@pytest.mark.parametrize("meddle", [_settle_late, _write_late])
def test_what_happens_to_a_sealed_cycle_shows_at_its_own_seal(
    state: State, meddle: Callable[[State], None]
) -> None:
    for cycle, item in ((A, "a"), (B, "b"), (C, "c")):
        run(state, cycle, item)

    meddle(state)

    assert [seal.is_intact for seal in seals(state)] == [True, False, True]


def test_entries_of_a_cycle_that_is_not_recorded_are_known(state: State) -> None:
    run(state, A)
    with state.transaction() as transaction:
        transaction.begin_writes([Intent(B, intent("a").change, None, NOON)])

    assert list(state.unsealed()) == [B]


def test_a_cycle_that_is_recorded_again_loses_its_seal(state: State) -> None:
    run(state, A, "a")
    with state.transaction() as transaction:
        transaction.record_cycle(result(A))

    assert list(state.unsealed()) == [A]
    assert [seal.is_intact for seal in seals(state)] == [False]


# ------------------------------------------------------------------------------- pruning


def test_what_was_sealed_before_a_moment_is_removed_and_its_digest_stays(state: State) -> None:
    for day, (cycle, item) in enumerate(((A, "a"), (B, "b"), (C, "c"))):
        run(state, cycle, item, day=day)
    before = seals(state)

    removed = sum(state.prune(at(1)))

    assert removed == 2
    assert [one.id for one in state.cycles(9)] == [C, B]
    assert list(state.journal_of(ItemId("a"))) == []
    assert [len(state.journal_of(ItemId(item))) for item in "bc"] == [1, 1]
    after = seals(state)
    assert [seal.digest for seal in after] == [seal.digest for seal in before]
    assert [seal.is_pruned for seal in after] == [True, False, False]
    assert all(seal.is_intact for seal in after)
    assert list(state.unsealed()) == []
    assert list(state.prune(at(1))) == []


def test_of_the_seals_that_cover_nothing_the_last_one_stays(state: State) -> None:
    for day, cycle in enumerate((A, B, C, D)):
        run(state, cycle, str(cycle)[-1].lower(), day=day)
    before = seals(state)

    list(state.prune(at(3)))

    assert [seal.digest for seal in seals(state)] == [seal.digest for seal in before[2:]]
    assert [seal.is_pruned for seal in seals(state)] == [True, False]
    assert all(seal.is_intact for seal in seals(state))
    assert list(state.prune(at(3))) == []
    run(state, CycleId("20261125T120000Z-0000"), "e", day=4)
    assert [seal.number for seal in seals(state)] == [3, 4, 5]
    assert all(seal.is_intact for seal in seals(state))


def test_a_seal_stays_as_long_as_a_cycle_stands_under_it(state: State) -> None:
    with state.transaction() as transaction:
        transaction.begin_writes([Intent(A, intent("flying").change, None, NOON)])
        transaction.put([sku("flying", SkuState.IN_FLIGHT)])
    for day, cycle in enumerate((A, B, C, D)):
        run(state, cycle, day=day)

    list(state.prune(at(3)))

    assert [seal.number for seal in seals(state)] == [1, 2, 3, 4]
    put(state, [sku("flying", SkuState.IN_SYNC)])
    list(state.prune(at(3)))
    assert [seal.number for seal in seals(state)] == [3, 4]


def test_the_cycle_that_was_sealed_last_stays_however_old(state: State) -> None:
    run(state, A, "a")
    run(state, B, "b", day=1)

    list(state.prune(at(99)))

    assert [one.id for one in state.cycles(9)] == [B]
    assert len(state.journal_of(ItemId("b"))) == 1


def test_a_running_cycle_and_its_entries_stay(state: State) -> None:
    run(state, A, "a")
    run(state, B, day=1)
    run(state, C, "c", finishes=False)

    list(state.prune(at(99)))

    assert [one.id for one in state.cycles(9)] == [C, B]
    assert len(state.journal_of(ItemId("c"))) == 1


def test_a_cycle_with_a_write_in_flight_stays(state: State) -> None:
    with state.transaction() as transaction:
        transaction.record_cycle(result(A))
        transaction.begin_writes([Intent(A, intent("flying").change, None, NOON)])
        transaction.put([sku("flying", SkuState.IN_FLIGHT)])
        transaction.seal(A, NOON)
    run(state, B, "flying", "b", day=1)
    run(state, C, day=2)

    list(state.prune(at(99)))

    assert [one.id for one in state.cycles(9)] == [C, A]
    assert [entry.cycle for entry in state.journal_of(ItemId("flying"))] == [A]

    put(state, [sku("flying", SkuState.IN_SYNC)])
    list(state.prune(at(99)))
    assert [one.id for one in state.cycles(9)] == [C]


def test_the_stopped_plans_of_the_cycles_that_remain_stay(state: State) -> None:
    plans = {
        name: [intent(item, Action.DELETE).change for item in items]
        for name, items in (("old", "xy"), ("shared", "yz"), ("kept", "z"))
    }
    names: dict[str, str] = {}
    for day, (cycle, plan) in enumerate(zip((A, B, C), ("old", "shared", "kept"), strict=True)):
        with state.transaction() as transaction:
            names[plan] = transaction.record_stopped(plans[plan])
            transaction.record_cycle(result(cycle, names[plan]))
            transaction.seal(cycle, at(day))
    with state.transaction() as transaction:
        transaction.record_cycle(result(D, names["shared"]))
        transaction.seal(D, at(9))

    list(state.prune(at(2)))

    assert {plan: list(state.stopped(name)) for plan, name in names.items()} == {
        "old": [],
        "shared": plans["shared"],
        "kept": plans["kept"],
    }


def test_a_great_history_is_removed_in_many_short_steps(state: State) -> None:
    ids = [f"{number:04}" for number in range(5_000)]
    with state.transaction() as transaction:
        transaction.record_cycle(result(A))
        transaction.begin_writes([Intent(A, intent(id_).change, None, NOON) for id_ in ids])
        transaction.seal(A, NOON)
    run(state, B, "kept", day=1)

    steps = list(state.prune(at(1)))

    assert sum(steps) == 5_001
    assert [seal.is_pruned for seal in seals(state)] == [True, False]
    assert list(state.journal_of_cycle(A)) == []
    assert len(state.journal_of(ItemId("kept"))) == 1


def test_a_removal_that_was_broken_off_leaves_nothing_that_looks_changed(state: State) -> None:
    with state.transaction() as transaction:
        transaction.record_cycle(result(A))
        changes = [intent(f"{number:04}").change for number in range(3_000)]
        transaction.begin_writes([Intent(A, change, None, NOON) for change in changes])
        transaction.seal(A, NOON)
    run(state, B, day=1)

    next(iter(state.prune(at(1))))

    assert all(seal.is_intact for seal in seals(state))
    assert list(state.unsealed()) == []
    list(state.prune(at(1)))
    assert [one.id for one in state.cycles(9)] == [B]


def test_entries_that_were_begun_in_the_future_count_in_budgets(state: State) -> None:
    run(state, A, "a", day=30)

    assert state.written_since(at(1), Action.UPDATE) == {"a"}
