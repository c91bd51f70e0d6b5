"""The limit per key in a rolling second."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncd.sandbox.rate import RateLimiter, RollingSecond


def test_a_request_leaves_the_window_exactly_one_second_later() -> None:
    limiter = RateLimiter(2)

    assert [limiter.admit("sk_1", now) for now in (10.0, 10.5)] == [None, None]
    assert limiter.admit("sk_1", 10.99) == 1
    assert limiter.admit("sk_1", 11.0) is None
    assert limiter.admit("sk_1", 11.4) == 1
    assert limiter.admit("sk_1", 11.5) is None


def test_the_vendors_limits_follow_from_the_key() -> None:
    limiter = RateLimiter(None)
    admitted = {
        key: sum(limiter.admit(key, 5.0) is None for _ in range(400))
        for key in ("sk_test_1", "sk_1")
    }

    assert admitted == {"sk_test_1": 25, "sk_1": 250}


def test_nought_is_no_limit() -> None:
    limiter = RateLimiter(0)

    assert all(limiter.admit("sk_1", 5.0) is None for _ in range(1000))


def test_a_storm_tells_the_seconds_that_remain_rounded_up() -> None:
    limiter = RateLimiter(0)
    limiter.begin_storm("sk_1", 10.0, 3)

    assert [limiter.admit("sk_1", now) for now in (10.0, 10.2, 12.5)] == [3, 3, 1]
    assert limiter.admit("sk_2", 10.2) is None
    assert limiter.admit("sk_1", 13.0) is None


def test_a_shorter_storm_does_not_end_a_longer_one() -> None:
    limiter = RateLimiter(0)
    limiter.begin_storm("sk_1", 10.0, 9)
    limiter.begin_storm("sk_1", 11.0, 1)

    assert limiter.admit("sk_1", 15.0) == 4


@given(st.lists(st.floats(0, 5), max_size=60).map(sorted), st.integers(1, 8))
def test_no_rolling_second_holds_more_than_the_limit(moments: list[float], limit: int) -> None:
    limiter = RateLimiter(limit)
    admitted = [moment for moment in moments if limiter.admit("sk_1", moment) is None]

    for start in admitted:
        assert sum(start <= other < start + 1.0 for other in admitted if other - start < 1) <= limit


@given(st.lists(st.floats(0, 5), max_size=60).map(sorted))
def test_a_rolling_second_counts_like_a_plain_search(moments: list[float]) -> None:
    second = RollingSecond()
    for index, moment in enumerate(moments):
        earlier = [other for other in moments[:index] if other > moment - 1.0]
        assert second.count(moment) == len(earlier)
        second.add(moment)
