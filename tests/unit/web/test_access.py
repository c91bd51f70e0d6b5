"""Who knows the token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from syncd.web.access import SESSION, Access

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOKEN = "a-long-random-word"
DOOR = Access(TOKEN)


def test_without_a_token_everybody_is_let_in() -> None:
    assert Access(None).admits("", "", NOON)


@pytest.mark.parametrize(
    ("authorization", "knows"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer  {TOKEN} ", True),
        (f"Bearer {TOKEN}x", False),
        ("Bearer ", False),
        ("Bearer", False),
        (f"Basic {TOKEN}", False),
        (TOKEN, False),
        ("", False),
        ("Bearer ä", False),
    ],
)
def test_programs_say_the_token(authorization: str, knows: bool) -> None:
    assert DOOR.knows(authorization) is knows
    assert DOOR.admits(authorization, "", NOON) is knows


def test_nobody_knows_a_token_that_is_not_set() -> None:
    assert not Access(None).knows("Bearer ")
    assert not Access(None).is_token("")


def test_a_cookie_lasts_for_a_session() -> None:
    cookie = DOOR.cookie(NOON)

    assert DOOR.admits("", cookie, NOON + SESSION - timedelta(seconds=1))
    assert not DOOR.admits("", cookie, NOON + SESSION)


def test_another_token_ends_every_session() -> None:
    assert not Access("another-long-word").admits("", DOOR.cookie(NOON), NOON)


def test_a_cookie_does_not_show_the_token() -> None:
    assert TOKEN not in DOOR.cookie(NOON)


@pytest.mark.parametrize("forged", ["", "1", ".", "x.y", "99999999999.0", "٣.x", "9" * 400, "é.é"])
def test_a_forged_cookie_is_none(forged: str) -> None:
    assert not DOOR.admits("", forged, NOON)


def test_a_session_cannot_be_made_longer() -> None:
    _, _, signature = DOOR.cookie(NOON).partition(".")
    later = int((NOON + 2 * SESSION).timestamp())

    assert not DOOR.admits("", f"{later}.{signature}", NOON)
