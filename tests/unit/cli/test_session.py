"""What stands on the command line, read into values."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.cli.cycles import Wanted
from syncd.cli.session import read_ids, read_wait
from syncd.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, timedelta(minutes=5)),
        ("0", timedelta()),
        ("30s", timedelta(seconds=30)),
        ("1h30m", timedelta(hours=1, minutes=30)),
    ],
)
def test_a_wait_is_a_duration(text: str | None, expected: timedelta) -> None:
    assert read_wait(text, timedelta(minutes=5)) == expected


@pytest.mark.parametrize("text", ["", "soon", "5", "-1m"])
def test_anything_else_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="duration"):
        read_wait(text, timedelta())


def test_ids_come_once_each_and_in_their_order() -> None:
    assert read_ids(("b", "a", "b")) == ("b", "a")


@pytest.mark.parametrize("text", ["", "a b", "a/b", "..", "é"])
def test_what_can_be_no_id_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="id"):
        read_ids((text,))


def wanted(
    *,
    once: bool = False,
    dry_run: bool = False,
    only: tuple[str, ...] = (),
    wait: str | None = None,
    exit_code: bool = False,
) -> Wanted:
    return Wanted(once, dry_run, only, wait, exit_code)


@pytest.mark.parametrize(
    "sound",
    [
        wanted(once=True),
        wanted(dry_run=True),
        wanted(once=True, wait="5m", only=("a",)),
        wanted(dry_run=True, exit_code=True, only=("a",)),
    ],
)
def test_these_options_go_together(sound: Wanted) -> None:
    sound.check()


@pytest.mark.parametrize(
    "contradictory",
    [
        wanted(once=True, dry_run=True),
        wanted(only=("a",)),
        wanted(once=True, exit_code=True),
        wanted(dry_run=True, wait="5m"),
        wanted(wait="5m"),
    ],
)
def test_these_options_do_not(contradictory: Wanted) -> None:
    with pytest.raises(UsageError):
        contradictory.check()


def test_a_command_stands_without_them() -> None:
    with pytest.raises(UsageError, match="syncd status"):
        wanted(once=True).refuse_beside("status")
