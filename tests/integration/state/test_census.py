"""How many SKUs are in each state is counted once for all that a cycle asks of it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from syncd.domain.snapshot import Certificate, Position, Reading
from syncd.domain.tracking import SkuState
from syncd.ports import Census
from syncd.state import census, open_state
from tests.contract.state.examples import NOON, put, sku

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
