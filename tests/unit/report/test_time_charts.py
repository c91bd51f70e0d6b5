"""Charts over time, read as the XML they are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.report.time_charts import Columns, Layer, Mark, Tick, columns, meter, sparkline, strip
from syncd.report.tokens import Role
from tests.unit.report.test_charts import drawn, percent, texts

figures = st.lists(st.integers(0, 10**6), min_size=3, max_size=3)


def chart(created: list[int], deleted: list[int], failed: list[int]) -> str:
    above = (
        Layer("created", Role.IN_SYNC, created, faint=True),
        Layer("deleted", Role.MISSING, deleted),
    )
    below = Layer("failed", Role.FAILED, failed)
    spans = [f"{hour}:00" for hour in range(len(failed))]
    return columns(Columns("Writes", "write", above, below, spans, [Tick(1, "now")]))


@given(figures, figures, figures)
def test_every_count_is_a_rectangle_that_can_be_seen(
    created: list[int], deleted: list[int], failed: list[int]
) -> None:
    rects = list(drawn(chart(created, deleted, failed)).iter("rect"))

    assert len(rects) == sum(map(bool, [*created, *deleted, *failed]))
    assert all(float(rect.attrib["height"]) >= 2 for rect in rects)
    assert all(0 <= percent(rect, "x") < 100 for rect in rects)


def test_layers_stand_on_each_other_and_failures_hang_below_the_line() -> None:
    root = drawn(chart([3], [1], [2]))
    created, deleted, failed = root.iter("rect")
    line = next(one for one in root.iter("line") if one.attrib["class"] == "base")
    base = float(line.attrib["y1"])

    def end(rect: object) -> float:
        return float(rect.attrib["y"]) + float(rect.attrib["height"])  # type: ignore[attr-defined]

    assert end(created) == pytest.approx(base, abs=0.2)
    assert end(deleted) == pytest.approx(float(created.attrib["y"]), abs=0.2)
    assert float(failed.attrib["y"]) == pytest.approx(base, abs=0.2)
    heights = [float(one.attrib["height"]) for one in (created, deleted, failed)]
    assert heights == pytest.approx([3 * heights[1], heights[1], 2 * heights[1]], abs=0.2)


def test_a_column_tells_its_figures_and_the_axis_its_highest() -> None:
    svg = chart([1_200, 0, 0], [0, 0, 5], [0, 0, 1])

    titles = [title.text for title in drawn(svg).iter("title")]
    assert titles == [
        "Writes",
        "0:00: created 1,200, deleted 0, failed 0",
        "2:00: created 0, deleted 5, failed 1",
    ]
    assert texts(svg) == ["1,200 writes", "now"]
    assert drawn(svg).findtext("desc") == "created 1,200, deleted 5, failed 1"


def test_two_layers_of_one_colour_are_told_apart() -> None:
    assert {
        Layer("a", Role.IN_SYNC, []).css,
        Layer("b", Role.IN_SYNC, [], faint=True).css,
    } == {"fill-in-sync stroke-in-sync", "fill-in-sync stroke-in-sync faint"}


marks = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 2)).map(
        lambda pair: Mark(pair[0], pair[1], Role.HELD, "<b>17:40</b>")
    ),
    min_size=1,
    max_size=9,
)


@given(marks)
def test_marks_stay_on_the_strip_and_can_be_seen(given: list[Mark]) -> None:
    rects = list(drawn(strip("Cycles", given, [])).iter("rect"))

    assert len(rects) == len(given)
    for rect in rects:
        assert percent(rect, "width") >= 0.34
        assert percent(rect, "x") >= 0
        assert percent(rect, "x") + percent(rect, "width") <= 100.001


def test_marks_come_in_the_order_of_time() -> None:
    given = [Mark(place / 10, 0.01, Role.IN_SYNC, "") for place in range(5)]
    places = [percent(rect, "x") for rect in drawn(strip("Cycles", given, [])).iter("rect")]

    assert all(one < other for one, other in pairwise(places))


@given(st.lists(st.floats(0, 1e9), max_size=60))
def test_a_sparkline_stays_in_its_frame(given: list[float]) -> None:
    root = drawn(sparkline("Took", given, "1 s"))
    line = root.find("polyline")
    assert line is not None
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]

    assert len(points) == len(given)
    assert all(0 <= x <= 120 and 0 <= y <= 24 for x, y in points)


def test_a_longer_time_stands_higher() -> None:
    line = drawn(sparkline("Took", [1, 3, 2], "")).find("polyline")
    assert line is not None
    heights = [float(point.split(",")[1]) for point in line.attrib["points"].split()]

    assert heights[1] < heights[2] < heights[0]


@pytest.mark.parametrize(
    ("value", "limit", "share"), [(0, 25, 0), (31, 250, 12.4), (40, 25, 100), (1, 0, 0)]
)
def test_a_meter_shows_how_much_is_used(value: float, limit: float, share: float) -> None:
    _, bar = drawn(meter("Rate", value, limit)).iter("rect")

    assert percent(bar, "width") == pytest.approx(share)


@pytest.mark.parametrize(
    "svg",
    [
        columns(
            Columns(
                "<All>",
                "<b>&",
                [Layer("<b>&", Role.HELD, [1])],
                Layer("<b>&", Role.FAILED, [1]),
                ["<b>&"],
                [Tick(0, "<b>&")],
            )
        ),
        strip("<All>", [Mark(0, 1, Role.HELD, "<b>&")], [Tick(0.5, "<b>&")]),
        sparkline("<All>", [1, 2], "<b>&"),
        meter("<All>", 1, 2),
    ],
    ids=["columns", "strip", "sparkline", "meter"],
)
def test_a_chart_over_time_has_a_title_and_escapes_words(svg: str) -> None:
    root = drawn(svg)
    assert root.findtext("title") == "<All>"
    assert root.findtext("desc")
    assert root.attrib["role"] == "img"
    assert "<b>" not in svg
