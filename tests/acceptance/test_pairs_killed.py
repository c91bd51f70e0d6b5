"""A pair whose run is killed anywhere in its life is completed by the next, and made once."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import pytest

from tests.acceptance.kills.stage import Stage
from tests.acceptance.test_pairs import configure, pair, sku_of, stock
from tests.shop import item_of

HOUR: Final = 3600.0
MINUTE: Final = 60.0


@pytest.mark.timeout(300)
def test_wherever_a_pair_is_left_the_next_run_completes_it(stage: Stage) -> None:
    """One pair is made, one changed in both halves, one deleted."""
    configure(stage.shop, "[policy]\ndelete_skus = true\n")
    stock(stage.shop, [pair(0), pair(1)])
    stage.well("--once")
    stock(stage.shop, [pair(1, origin="CA"), pair(2)])
    before = stage.world()
    undisturbed = stage.run("--once").boundaries
    places = [number for number, name in enumerate(undisturbed, 1) if _is_of_a_write(name)]
    assert len(places) >= 24

    for at in places:
        stage.restore(before)
        assert stage.run("--once", kill_at=at).was_killed, undisturbed[at - 1]
        recovered = stage.run("--once", later=HOUR)
        assert recovered.code == 0, (undisturbed[at - 1], recovered)
        _check(stage, undisturbed[at - 1])
        stage.remote.forget_requests()
        assert stage.run("--once", later=HOUR + MINUTE).code == 0
        assert stage.remote.requests() == [], undisturbed[at - 1]


def _is_of_a_write(name: str) -> bool:
    return name.startswith(("POST", "DELETE"))


def _check(stage: Stage, place: str) -> None:
    wanted = {"SKU-0001": pair(1, origin="CA"), "SKU-0002": pair(2)}
    items = {name: item_of(one) for name, one in wanted.items()}
    assert stage.remote.items() == items, place
    assert stage.remote.skus() == {name: sku_of(one) for name, one in wanted.items()}, place
    done = Counter(_deed(one) for one in stage.remote.requests() if one["carriedOut"])
    made = {deed: count for deed, count in done.items() if deed[0] != "GET"}
    assert set(made.values()) <= {1}, (place, made)


def _deed(request: dict[str, Any]) -> tuple[str, str]:
    return request["method"], request["path"]
