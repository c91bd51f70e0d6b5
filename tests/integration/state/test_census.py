"""How many SKUs are in each state is counted once for all that a cycle asks of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from syncd.domain.attributes import Attribute
from syncd.domain.snapshot import Certificate, Position, Reading
from syncd.domain.tracking import SkuState
from syncd.engine.wishes import Wishes
from syncd.ports import Census
from syncd.state import census, open_state
from tests.contract.state.examples import NOON, put, sku, wishes_for

READING = Reading(Position("a", "b"), "digest", Certificate("catalog.csv", 1, 1), NOON)


def test_who_asks_after_a_recorded_read_is_answered_by_its_count(tmp_path: Path) -> None:
    with closing(open_state(f"sqlite:///{tmp_path / 'syncd.db'}")) as state:
        with state.transaction() as transaction:
            transaction.put([sku("a"), sku("b", SkuState.HELD)])
            transaction.record_reading(READING)
        with pytest.MonkeyPatch.context() as without:
            without.delattr(census, "_counted")
            assert state.census() == Census({SkuState.PENDING: 1, SkuState.HELD: 1}, 0)
        put(state, [sku("a", SkuState.HELD)])
        assert state.census() == Census({SkuState.HELD: 2}, 0)


def test_rows_that_only_change_their_wish_are_not_counted_again(tmp_path: Path) -> None:
    rows = [*(sku(one, SkuState.IN_SYNC, owned=True) for one in "abc"), sku("d")]
    with closing(open_state(f"sqlite:///{tmp_path / 'syncd.db'}")) as state:
        with state.transaction() as transaction:
            transaction.put(rows)
            transaction.record_reading(READING)
        with pytest.MonkeyPatch.context() as without, state.transaction() as transaction:
            without.delattr(census, "_counted")
            for part in ("P-2", "P-3"):
                assert len(transaction.revise(_wishes(part, "a", "b", "d"))) == 3
            transaction.put([])
            transaction.forget([])
            transaction.record_reading(READING)
        assert state.census() == Census({SkuState.IN_SYNC: 1, SkuState.PENDING: 3}, 3)
        with state.transaction() as transaction:
            transaction.revise(wishes_for("a", "b", "c"))
        assert state.census() == Census({SkuState.IN_SYNC: 3, SkuState.PENDING: 1}, 3)
        with state.transaction() as transaction:
            transaction.put([sku("c", SkuState.HELD)])
            transaction.revise(_wishes("P-2", "a"))
        assert state.census() == Census(
            {SkuState.IN_SYNC: 1, SkuState.PENDING: 2, SkuState.HELD: 1}, 2
        )


def _wishes(part: str, *ids: str) -> Wishes:
    wishes = wishes_for(*ids)
    return replace(wishes, desired={**wishes.desired, Attribute.PART_NUMBER: [part] * len(ids)})
