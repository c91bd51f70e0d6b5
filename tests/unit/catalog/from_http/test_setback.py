"""When to try again, and after how long."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.setback import (
    LONGEST_WAIT,
    TRIES,
    Setback,
    delay,
    is_worth_another,
    may_pass,
    wait_asked_for,
)

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


def _answer(**headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(429, "https://a.b", named, Path("body"), framed=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": " 7 "}, 7.0),
        ({"retry_after": "Sat, 21 Nov 2026 20:00:30 GMT"}, 30.0),
        ({"retry_after": "Sat, 21 Nov 2026 19:00:00 GMT"}, 0.0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "-5"}, None),
        ({"x_reset": "2500"}, 2.5),
        ({"x_reset": "2500", "retry_after": "9"}, 9.0),
        ({"x_reset": "later"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_read_from_what_the_server_says(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert wait_asked_for(_answer(**headers), "X-Reset", NOW) == seconds


@pytest.mark.parametrize(
    ("tries", "wait", "worth"),
    [
        (1, None, True),
        (TRIES - 1, None, True),
        (TRIES, None, False),
        (1, LONGEST_WAIT, True),
        (1, LONGEST_WAIT + 1, False),
    ],
)
def test_tries_and_waits_are_bounded(tries: int, wait: float | None, worth: bool) -> None:
    assert is_worth_another(Setback("it failed", wait), tries) is worth


def test_the_bound_of_the_delay_doubles_up_to_half_a_minute() -> None:
    def most(_: float, bound: float) -> float:
        return bound

    bounds = [delay(Setback("it failed"), tries, most) for tries in range(1, 9)]
    assert bounds == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


@pytest.mark.parametrize(
    ("status", "passing"), [(408, True), (429, True), (500, True), (503, True), (404, False)]
)
def test_some_failures_pass_by_themselves(status: int, passing: bool) -> None:
    assert may_pass(status) is passing
