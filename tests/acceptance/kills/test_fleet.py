"""Killed at any step of the fleet's queue, a process loses no errand, and does none of it twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.acceptance.kills.fleet import FleetSweep
from tests.acceptance.kills.stage import Among, Stage
from tests.servers import Server, postgres_server

__all__ = ["postgres_server"]

TERM: Final = 1.0
"""Seconds that a lease lasts."""
FETCHED: Final[Among] = (("an errand has been fetched", ""),)
PUT_BACK: Final[Among] = (("an errand is put back", ""),)
SENT: Final[Among] = (("POST", "is sent"),)
PUT_IN_ANEW: Final[Among] = (("an errand has been put in anew", ""),)
ONCE: Final[tuple[Among, ...]] = (
    (("an errand has been put in", ""),),
    (("an errand is struck out", ""),),
)
"""The others are those at which there is as much to do as at one of these."""


@pytest.fixture
def sweep(
    postgres_server: Server, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FleetSweep]:
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    with closing(FleetSweep(stage, postgres_server, TERM)) as sweep:
        yield sweep


@pytest.mark.timeout(600)
def test_wherever_one_of_a_fleet_is_killed_another_one_goes_on_with_its_errands(
    sweep: FleetSweep,
) -> None:
    assert all(sweep.killed(1, step).was_killed for step in ONCE)
    assert sweep.killed_twice(FETCHED, PUT_BACK).was_killed
    assert sweep.killed_without_a_catalog(1, PUT_IN_ANEW).was_killed
    assert sweep.killed_and_removed(1, SENT).was_killed
