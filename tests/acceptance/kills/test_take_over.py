"""A daemon that stands by goes on where the one on duty was killed, in the middle of its cycle."""

from __future__ import annotations

import pytest

from tests.acceptance.daemon.served import serving
from tests.acceptance.kills import evidence
from tests.acceptance.kills.arranged import ONE_BY_ONE
from tests.acceptance.kills.background import Background
from tests.acceptance.kills.stage import Stage
from tests.acceptance.kills.stories import STORIES
from tests.acceptance.kills.sweep import Sweep
from tests.shop import wait_until


@pytest.mark.parametrize(
    "boundary",
    [
        "GET /skus is read",
        "POST /inventory-items SKU-0002 is sent",
        "DELETE /inventory-items/SKU-0000 leaves",
    ],
)
def test_a_standby_ends_what_the_one_on_duty_had_begun(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory, boundary: str
) -> None:
    sweep = Sweep.of(stage, STORIES["serving"], ONE_BY_ONE)
    at = sweep.undisturbed().boundaries.index(boundary) + 1
    stage.restore(sweep.before)
    gate = tmp_path_factory.mktemp("gate") / "open"
    first = Background(stage, at, gate)
    first.wait_for_boundary(at)
    with serving(stage.shop, "--log-format", "json") as standby:
        standby.wait_for_log("daemon.stands_by")
        gate.touch()
        assert first.ended().was_killed
        standby.wait_for_log("daemon.came_on_duty")
        wait_until(lambda: _is_done(sweep))
        assert standby.stop().code == 143

    sweep.check_recovered()


def _is_done(sweep: Sweep) -> bool:
    found = evidence.without_nothing(sweep.stage.remote.items())
    is_wanted = found == evidence.wanted_items(sweep.arranged, sweep.before)
    return is_wanted and not evidence.unsettled(sweep.stage.shop.state)
