"""What is said of a cycle that has not said how it ended: whether it goes on."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.kills.arranged import ONE_BY_ONE
from tests.acceptance.kills.background import Background
from tests.acceptance.kills.stage import Stage
from tests.acceptance.kills.stories import STORIES
from tests.acceptance.kills.sweep import Sweep


def test_a_cycle_is_under_way_until_it_is_killed_and_is_cut_off_then(
    stage: Stage, tmp_path: Path
) -> None:
    sweep = Sweep.of(stage, STORIES["applying"], ONE_BY_ONE)
    at = sweep.undisturbed().boundaries.index("POST /inventory-items/SKU-0000 is answered") + 1
    stage.restore(sweep.before)
    gate = tmp_path.with_name("gate")
    run = Background(stage, at, gate, *sweep.arranged.line)
    run.wait_for_boundary(at)

    for looking in ("status", "history"):
        assert "under way" in stage.shop.run(looking).stdout
    gate.touch()

    assert run.ended().was_killed
    for looking in ("status", "history"):
        said = stage.run(looking).stdout
        assert "cut off with its process" in said
        assert "under way" not in said
