"""Charts, read as the XML they are."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.report.charts import Segment, limit_bar, sorted_bars, whole_bar
from syncd.report.tokens import Role

counts = st.lists(st.integers(0, 10**7), min_size=1, max_size=8).filter(any)


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in drawn(svg).iter("text")]


def percent(element: ET.Element, name: str) -> float:
    return float(element.attrib[name].removesuffix("%"))


@given(counts)
def test_the_parts_fill_the_bar_and_each_is_labelled(figures: list[int]) -> None:
    segments = [Segment(f"part {place}", count, Role.HELD) for place, count in enumerate(figures)]
    svg = whole_bar("All", segments)
    parts = list(drawn(svg).iter("rect"))
    assert sum(percent(part, "width") for part in parts) == pytest.approx(100, abs=0.1)
    assert all(percent(part, "width") > 0.5 for part in parts)
    present = [one for one in segments if one.count]
    assert sorted(texts(svg)) == sorted(f"{one.word} {one.count:,}" for one in present)


@given(counts)
def test_no_two_labels_under_the_bar_share_a_line(figures: list[int]) -> None:
    segments = [Segment("part", count, Role.HELD) for count in figures]
    heights = [
        text.attrib["y"]
        for text in drawn(whole_bar("All", segments)).iter("text")
        if text.attrib.get("class") != "inside"
    ]
    assert len(set(heights)) == len(heights)


def test_a_part_that_has_room_bears_its_label_inside() -> None:
    svg = whole_bar("All", [Segment("in sync", 980, Role.IN_SYNC), Segment("held", 3, Role.HELD)])
    inside = [text.text for text in drawn(svg).iter("text") if text.attrib.get("class") == "inside"]
    assert inside == ["in sync 980"]


def test_bars_stand_sorted_the_longest_first() -> None:
    svg = sorted_bars("By attribute", [("eccn", 2), ("hsCode", 1_200), ("partNumber", 7)])
    assert texts(svg) == ["hsCode", "1,200", "partNumber", "7", "eccn", "2"]
    bars = [part for part in drawn(svg).iter("rect") if part.attrib["class"] == "bar"]
    assert [percent(bar, "width") for bar in bars] == [100, 0.583, 0.167]


@pytest.mark.parametrize(
    ("limit", "actual"), [(0.1, 0.4), (0.0, 1.0), (10, 11), (0.9, 1.0), (0, 0)]
)
def test_a_limit_and_what_was_found_share_one_scale(limit: float, actual: float) -> None:
    svg = drawn(limit_bar("Guard", limit, actual))
    bar = next(part for part in svg.iter("rect") if part.attrib["class"] == "fill-stopped")
    line = next(svg.iter("line"))
    assert percent(bar, "width") >= percent(line, "x1")
    assert percent(bar, "width") <= 100


@pytest.mark.parametrize(
    "svg",
    [
        whole_bar("<All>", [Segment("<b>&", 5, Role.HELD)]),
        sorted_bars("<All>", [("<b>&", 5)]),
        limit_bar("<All>", 1, 2),
    ],
)
def test_a_chart_has_a_title_and_a_description_and_escapes_words(svg: str) -> None:
    root = drawn(svg)
    assert root.findtext("title") == "<All>"
    assert root.findtext("desc")
    assert root.attrib["role"] == "img"
    assert "<b>" not in svg
