"""The lease, the overlay and the copy of fingerprints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import SkuState, Tracked
from syncd.errors import LeaseHeldError, LeaseLostError
from syncd.ports import State
from tests.contract.state import examples
from tests.contract.state.examples import NOON, hash_of, put, sku, wishes_for
from tests.contract.state.known import known_by

_AT_ONCE = timedelta(0)


def test_only_one_holds_the_lease(state: State) -> None:
    with (
        state.lease("syncd --once, process 7", _AT_ONCE),
        pytest.raises(LeaseHeldError, match=r"syncd --once, process 7 \(since 20.."),
        state.lease("another", _AT_ONCE),
    ):
        pytest.fail("two hold the lease")


def test_since_when_the_lease_is_held_is_seen_by_others_and_by_its_holder(
    state: State, other: State
) -> None:
    assert other.held_since() is None
    began = datetime.now(UTC)
    with state.lease("a cycle", _AT_ONCE):
        for each in (state, other):
            since = each.held_since()
            assert since is not None
            assert began - timedelta(seconds=1) <= since <= datetime.now(UTC)
    assert other.held_since() is None


def test_a_lease_is_free_after_its_block_however_it_ends(state: State) -> None:
    with pytest.raises(ZeroDivisionError), state.lease("broken", _AT_ONCE):
        raise ZeroDivisionError

    with state.lease("next", _AT_ONCE):
        put(state, [sku("a")])

    assert state.census().states == {SkuState.PENDING: 1}


def test_writing_needs_no_lease(state: State) -> None:
    with state.lease("cycle", _AT_ONCE):
        put(state, [sku("a")])

    assert state.census().states == {SkuState.PENDING: 1}


def test_who_has_held_the_lease_writes_until_somebody_else_takes_it(
    state: State, other: State
) -> None:
    with state.lease("first", _AT_ONCE) as lease:
        lease.check()
        put(other, [sku("a"), sku("b")])
    put(state, [sku("c")])
    with other.lease("second", _AT_ONCE):
        with pytest.raises(LeaseLostError, match="taken it over"):
            put(state, [sku("d")])
        put(other, [sku("e")])
    with pytest.raises(LeaseLostError):
        list(state.prune(NOON))

    assert list(state.tracked([ItemId(id_) for id_ in "abcde"])) == ["a", "b", "c", "e"]
    with state.lease("first again", _AT_ONCE):
        put(state, [sku("d")])


def test_only_one_is_on_duty_and_cycles_run_beside_it(state: State, other: State) -> None:
    with state.duty("the daemon, process 7") as duty:
        duty.show()
        with pytest.raises(LeaseHeldError, match=r"the daemon, process 7.* is on duty"):
            other.duty("another").__enter__()
        with other.lease("syncd --once", _AT_ONCE):
            put(other, [sku("a")])
        duty.show()

    with other.duty("another") as duty:
        duty.show()


def test_an_overlay_is_written_whoever_holds_the_lease(state: State, other: State) -> None:
    with state.lease("first", _AT_ONCE):
        pass
    with other.lease("second", _AT_ONCE), state.overlay() as overlay:
        put(overlay, [sku("a")])
        assert overlay.tracked([ItemId("a")])


def test_an_overlay_begins_with_all_there_is(state: State) -> None:
    put(state, [sku("a")])
    with state.transaction() as transaction:
        transaction.begin_writes([examples.intent("a")])
        transaction.remember("account", "one")

    with state.overlay() as overlay:
        assert overlay.tracked([ItemId("a")]) == {"a": sku("a")}
        assert overlay.journal_of(ItemId("a")) == state.journal_of(ItemId("a"))
        assert overlay.remembered("account") == "one"


def test_what_is_written_to_an_overlay_stays_there(state: State) -> None:
    put(state, [sku("a")])
    with state.overlay() as overlay:
        put(overlay, [sku("b"), sku("a", SkuState.HELD)])

        assert overlay.census().states == {SkuState.PENDING: 1, SkuState.HELD: 1}
        assert state.census().states == {SkuState.PENDING: 1}
    assert state.tracked([ItemId("a"), ItemId("b")]) == {"a": sku("a")}


def test_an_overlay_does_not_follow_the_state(state: State) -> None:
    with state.overlay() as overlay:
        put(state, [sku("a")])

        assert overlay.census().states == {}


def test_an_overlay_has_an_overlay_a_lease_and_fingerprints_of_its_own(state: State) -> None:
    put(state, [sku("a")])
    with (
        state.lease("the cycle", _AT_ONCE),
        state.overlay() as overlay,
        overlay.lease("the dry run", _AT_ONCE),
        overlay.overlay() as second,
    ):
        put(overlay, [sku("b")])
        put(second, [sku("c")])
        for each, ids in ((state, "a"), (overlay, "ab"), (second, "ac")):
            with each.fingerprints() as copy:
                assert {row[0] for row in known_by(copy)} == set(ids)


def test_the_copy_of_fingerprints_of_an_empty_state_has_its_columns(state: State) -> None:
    with state.fingerprints() as copy, duckdb.connect() as engine:
        description = engine.execute(f"DESCRIBE {copy.known('')}")
        columns = [(name, type_) for name, type_, *_ in description.fetchall()]

        assert columns == [("id", "VARCHAR"), ("fingerprint", "BIGINT"), ("missing", "BOOLEAN")]
        assert known_by(copy) == []


def test_the_copy_of_fingerprints_holds_every_sku_whatever_its_state(state: State) -> None:
    put(state, [sku(str(word), word) for word in SkuState])
    put(state, [Tracked(ItemId("without"))])

    with state.fingerprints() as copy:
        assert set(known_by(copy)) == {
            ("without", None, False),
            *((str(word), hash_of(word), word is SkuState.MISSING) for word in SkuState),
        }


def test_the_copy_of_fingerprints_follows_every_change(state: State) -> None:
    steps = [[sku("a")], [sku("a", SkuState.MISSING)], [Tracked(ItemId("a"), fingerprint=5)]]
    expected = [("a", hash_of("a"), False), ("a", hash_of("a"), True), ("a", 5, False)]
    for rows, row in zip(steps, expected, strict=True):
        put(state, rows)
        with state.fingerprints() as copy:
            assert set(known_by(copy)) == {row}

    with state.transaction() as transaction:
        transaction.forget([ItemId("a")])
    with state.fingerprints() as copy:
        assert known_by(copy) == []


def test_the_copy_of_fingerprints_follows_rows_that_begin(state: State) -> None:
    for begun in ("a", "b"):
        with state.transaction() as transaction:
            assert transaction.begin(wishes_for(begun))
        with state.fingerprints() as copy:
            assert (begun, hash_of(begun), False) in known_by(copy)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=40,
)
@given(ids=st.lists(examples.ids | st.sampled_from(['"', ",", "a\nb", "\r", "\\N", "NULL", " "])))
def test_ids_of_any_shape_are_held(state: State, ids: list[ItemId]) -> None:
    put(state, [Tracked(id_, fingerprint=1) for id_ in ids])

    with state.fingerprints() as copy:
        assert {(id_, 1, False) for id_ in ids} <= set(known_by(copy))
