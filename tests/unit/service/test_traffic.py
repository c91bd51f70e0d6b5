"""What goes to Digital River, counted as it happens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from syncd.domain.change import Resource
from syncd.domain.delivery import Verb
from syncd.service.histogram import ANSWERS, Histogram
from syncd.service.traffic import Kind, Traffic
from tests.fakes.ticks import Ticks

ITEM = Resource.INVENTORY_ITEM


@pytest.fixture
def ticks() -> Ticks:
    return Ticks(100.0)


@pytest.fixture
def traffic(ticks: Ticks) -> Traffic:
    return Traffic(ticks)


def test_the_rate_is_that_of_the_last_whole_second(traffic: Traffic, ticks: Ticks) -> None:
    for moment in (100.0, 100.4, 100.9, 101.2):
        ticks.now = moment
        traffic.departed()
    assert traffic.rate() == 3
    ticks.now = 102.0
    assert traffic.rate() == 1
    ticks.now = 103.0
    assert traffic.rate() == 0


def test_answers_are_counted_by_what_was_asked_and_how_they_ended(traffic: Traffic) -> None:
    traffic.answered(Verb.CREATE, ITEM, 201, 0.03)
    traffic.answered(Verb.CREATE, ITEM, 200, 0.2)
    traffic.answered(Verb.CREATE, ITEM, 429, 0.01)
    traffic.answered(Verb.LOOK_UP, ITEM, None, 31.0)

    counted = traffic.latencies()
    assert sum(counted[Kind(Verb.CREATE, ITEM, "2xx")].counts) == 2
    assert counted[Kind(Verb.CREATE, ITEM, "2xx")].total == pytest.approx(0.23)
    assert sum(counted[Kind(Verb.CREATE, ITEM, "4xx")].counts) == 1
    assert counted[Kind(Verb.LOOK_UP, ITEM, "none")].counts[-1] == 1
    assert traffic.throttled == 1


@pytest.mark.parametrize(("seconds", "place"), [(0.0, 0), (0.01, 0), (0.011, 1), (30.0, 10)])
def test_a_bound_counts_what_took_as_long_as_it(seconds: float, place: int) -> None:
    counts = Histogram.empty(ANSWERS).with_one(seconds).counts

    assert (counts.index(1), sum(counts)) == (place, 1)


def test_nothing_is_lost_between_threads() -> None:
    traffic = Traffic()

    def send(_: int) -> None:
        for _ in range(500):
            traffic.departed()
            traffic.answered(Verb.UPDATE, ITEM, 200, 0.1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))

    assert sum(traffic.latencies()[Kind(Verb.UPDATE, ITEM, "2xx")].counts) == 4000
