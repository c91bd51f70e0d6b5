"""The model of a large fleet: it agrees with plain sums, and shows where a queue grows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.model.costs import Cost, Costs
from tests.model.fleet import Fleet, Shape

SMALL = Shape(accounts=200, skus=1000, processes=2, server_cores=2, hours=2.0)
COSTS = Costs()


def test_processors_are_as_busy_as_the_sum_of_what_is_asked_of_them() -> None:
    seen = Fleet(SMALL, COSTS).run()
    polls = SMALL.accounts * SMALL.hours * 3600 / SMALL.poll
    assert len(seen.waits) == pytest.approx(polls, rel=0.02)
    each = COSTS.poll.server + COSTS.fetch.server + SMALL.processes * COSTS.put.server
    spent = polls * each + seen.writes * COSTS.write.server
    assert seen.server * SMALL.server_cores * SMALL.hours * 3600 == pytest.approx(spent, rel=0.02)


def test_every_account_is_changed_once_a_day() -> None:
    seen = Fleet(replace(SMALL, hours=24.0), COSTS).run()
    written = SMALL.accounts * SMALL.skus * SMALL.changed
    assert seen.writes == pytest.approx(written, rel=0.02)


def test_what_a_fleet_cannot_do_waits_longer_and_longer_and_more_cores_of_it_help() -> None:
    slow = replace(COSTS, poll=Cost(0.021, 4.0))
    behind, ahead = (Fleet(replace(SMALL, server_cores=cores), slow).run() for cores in (2, 4))
    assert behind.server > 1.0 > ahead.server
    assert behind.waits[-1] > 100 * max(ahead.waits[-1], 0.1)
    assert behind.bottleneck == "PostgreSQL"


def test_the_same_seed_has_the_same_day() -> None:
    assert Fleet(SMALL, COSTS).run() == Fleet(SMALL, COSTS).run()
