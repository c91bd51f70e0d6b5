"""Reads that may be gone by and reads that may not: empty, shrunken and partial ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from syncd.domain.change import Action
from syncd.domain.cycle import Guard
from syncd.domain.policy import Limit, Limits
from syncd.domain.snapshot import Certificate, Position, Reading
from syncd.engine.read_guard import partial_read_stop, reading_stops, unproven_stops

LIMITS = Limits()
DELETE = Action.DELETE


def read_of(rows: int, *doubts: str) -> Certificate:
    return Certificate("catalog.csv", rows, rows, doubts)


def reading(certificate: Certificate, yardstick: int | None = None, absent: int = 0) -> Reading:
    return Reading(
        Position("written-1", "meaning-1"),
        "digest-1",
        certificate,
        datetime(2026, 11, 21, tzinfo=UTC),
        yardstick=yardstick,
        absent=absent,
        joined_yardsticks={"erp": 100, "gone": 50},
    )


@pytest.mark.parametrize(
    ("certificate", "yardstick", "absent", "stops"),
    [
        pytest.param(read_of(100), 100, 0, [], id="as before"),
        pytest.param(read_of(100), None, 0, [], id="the first read"),
        pytest.param(read_of(0), None, 0, [Guard.EMPTY_CATALOG], id="empty from the start"),
        pytest.param(read_of(0), 0, 0, [Guard.EMPTY_CATALOG], id="empty as before"),
        pytest.param(read_of(0), 100, 100, [Guard.EMPTY_CATALOG], id="emptied"),
        pytest.param(read_of(0), 1, 1, [Guard.EMPTY_CATALOG], id="the only row is gone"),
        pytest.param(read_of(80), 100, 20, [], id="a fifth less"),
        pytest.param(read_of(79), 100, 21, [Guard.MAX_SHRINK], id="more than a fifth less"),
        pytest.param(read_of(8), 9, 1, [], id="one of few"),
        pytest.param(read_of(7), 9, 2, [Guard.MAX_SHRINK], id="two of few"),
        pytest.param(read_of(500), 100, 0, [], id="grown"),
        pytest.param(read_of(100, "cut short"), 100, 0, [], id="partial, nothing absent"),
        pytest.param(read_of(99, "cut short"), 100, 1, [Guard.PARTIAL_READ], id="partial"),
        pytest.param(read_of(5, "cut short"), None, 1, [Guard.PARTIAL_READ], id="no yardstick"),
        pytest.param(read_of(50, "cut short"), 100, 50, [Guard.PARTIAL_READ], id="partial, shrunk"),
        pytest.param(
            read_of(0, "cut short"),
            100,
            100,
            [Guard.EMPTY_CATALOG, Guard.PARTIAL_READ],
            id="empty and partial",
        ),
        pytest.param(
            read_of(50, "cut short"), 100, 0, [Guard.MAX_SHRINK], id="partial, shrunk, all there"
        ),
    ],
)
def test_a_read_is_judged_before_any_id_is_called_missing(
    certificate: Certificate, yardstick: int | None, absent: int, stops: list[Guard]
) -> None:
    found = reading_stops(reading(certificate, yardstick, absent), LIMITS)

    assert [stop.guard for stop in found] == stops
    assert all(stop.stopped == (DELETE,) for stop in found)
    assert all("catalog.csv" in stop.message for stop in found)


@pytest.mark.parametrize(
    ("limit", "rows", "actual"), [(0.2, 79, 0.21), (20, 79, 21), (0, 99, 1), (0.0, 99, 0.01)]
)
def test_a_shrunken_read_tells_how_much_in_the_unit_of_its_limit(
    limit: Limit, rows: int, actual: Limit
) -> None:
    (stop,) = reading_stops(reading(read_of(rows), 100, 100 - rows), Limits(max_shrink=limit))

    assert (stop.limit, stop.actual) == (limit, actual)
    assert type(stop.actual) is type(limit)


@pytest.mark.parametrize(("rows", "words"), [(1, "has 1 row after"), (2, "has 2 rows after")])
def test_a_shrunken_read_tells_what_is_left(rows: int, words: str) -> None:
    (stop,) = reading_stops(reading(read_of(rows), 100, 100 - rows), LIMITS)

    assert f"catalog.csv {words} the filter, {100 - rows} fewer than the 100" in stop.message


def test_an_empty_catalog_is_stopped_even_where_everything_may_be_lost() -> None:
    (stop,) = reading_stops(reading(read_of(0), 100, 100), Limits(max_shrink=1.0))

    assert stop.guard is Guard.EMPTY_CATALOG


@pytest.mark.parametrize("yardstick", [None, 50])
def test_nobody_is_told_to_delete_by_an_empty_read_that_is_in_doubt(yardstick: int | None) -> None:
    emptied = reading(read_of(0, "it ends within quotes"), yardstick, absent=yardstick or 0)

    (stop, *_) = reading_stops(emptied, LIMITS)

    assert stop.guard is Guard.EMPTY_CATALOG
    assert "that can be read (it ends within quotes)" in stop.message
    assert "delete the items" not in stop.message


def test_a_partial_read_says_what_is_doubtful_and_how_many_wait() -> None:
    stop = partial_read_stop(read_of(5, "the last record has no line end", "more"), 12)

    assert (stop.actual, stop.stopped) == (12, (DELETE,))
    assert "the last record has no line end" in stop.message


@pytest.mark.parametrize(
    ("certificate", "absent", "stops"),
    [
        pytest.param(read_of(1), 99, [], id="shrunk"),
        pytest.param(read_of(0), 100, [Guard.EMPTY_CATALOG], id="empty"),
        pytest.param(read_of(50, "cut short"), 50, [Guard.PARTIAL_READ], id="partial"),
        pytest.param(read_of(50, "cut short"), 0, [], id="partial, all there"),
    ],
)
def test_a_read_whose_loss_was_accepted_has_to_be_proven_all_the_same(
    certificate: Certificate, absent: int, stops: list[Guard]
) -> None:
    assert [stop.guard for stop in unproven_stops(reading(certificate, 100, absent))] == stops


@pytest.mark.parametrize(
    ("records", "words"),
    [(0, "delete the items at Digital River"), (30, "lets none of its 30 records through")],
)
def test_a_catalog_without_rows_is_told_with_what_may_have_emptied_it(
    records: int, words: str
) -> None:
    (stop,) = reading_stops(reading(Certificate("catalog.csv", 0, records), 30), LIMITS)

    assert words in stop.message
    assert ("catalog.filter" in stop.message) == bool(records)


def test_a_partial_read_hides_no_loss_in_a_joined_source() -> None:
    read = reading(replace(read_of(99, "cut short"), joined={"erp": 50}), 100, absent=1)

    found = reading_stops(read, LIMITS)

    assert [stop.guard for stop in found] == [Guard.PARTIAL_READ, Guard.MAX_SHRINK]
    assert found[1].stopped == (Action.UPDATE, DELETE)


@pytest.mark.parametrize(("rows", "stops"), [(100, []), (80, []), (79, [Guard.MAX_SHRINK])])
def test_a_joined_source_may_lose_no_more_rows_than_the_catalog_itself(
    rows: int, stops: list[Guard]
) -> None:
    read = reading(replace(read_of(100), joined={"erp": rows, "new": 1}), 100)

    found = reading_stops(read, LIMITS)

    assert [stop.guard for stop in found] == stops
    assert unproven_stops(read) == ()
    for stop in found:
        assert stop.stopped == (Action.UPDATE, DELETE)
        assert '"erp", joined to catalog.csv, has 79 rows, 21 fewer' in stop.message
