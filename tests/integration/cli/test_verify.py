"""`syncd history --verify`: what it says, in which format, and how it exits."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.shop import Shop, row


@pytest.fixture
def worked_shop(shop: Shop) -> Shop:
    """A shop after two cycles."""
    assert shop.run("--once").code == 0
    shop.stock([row(number) for number in range(13)])
    assert shop.run("--once").code == 0
    return shop


def meddle(shop: Shop, statement: str) -> None:
    with closing(sqlite3.connect(shop.state)) as database, database:
        database.execute(statement)


def test_a_history_that_is_as_it_was_written_is_verified(worked_shop: Shop) -> None:
    run = worked_shop.run("history", "--verify")

    assert run.code == 0, run.stderr
    assert "2 cycles verified, back to " in run.stdout
    [told] = worked_shop.run("history", "--verify", "--format", "json").json()["verified"]
    assert (told["cycles"], told["broken"], told["pruned_upto"]) == (2, None, None)


def test_the_first_cycle_that_was_changed_is_named_and_the_exit_is_1(worked_shop: Shop) -> None:
    second = worked_shop.run("history", "--format", "json").json()["cycles"][0]["cycle"]
    meddle(worked_shop, f"DELETE FROM journal WHERE cycle = '{second}'")  # noqa: S608 - our own

    run = worked_shop.run("history", "--verify")

    assert run.code == 1
    assert f"Cycle {second} is not as it was sealed" in run.stdout
    assert "1 cycle before that verified." in run.stdout
    assert f"syncd history {second}" in run.stdout
    assert f"exit 1: Cycle {second} is not as it was sealed" in run.stderr
    run = worked_shop.run("history", "--verify", "--format", "json")
    assert (run.code, run.json()["verified"][0]["broken"]) == (1, second)


def test_a_history_without_any_cycle_says_so(worked_shop: Shop) -> None:
    for table in ("journal", "cycle", "seal"):
        meddle(worked_shop, f"DELETE FROM {table}")  # noqa: S608 - our own

    run = worked_shop.run("history", "--verify")

    assert (run.code, "All cycles were removed." in run.stdout) == (1, True)


def test_before_the_first_cycle_there_is_nothing_to_verify(shop: Shop) -> None:
    run = shop.run("history", "--verify")

    assert run.code == 0
    assert "No cycle has been sealed yet" in run.stdout
    assert not shop.state.exists()


def test_it_does_not_go_with_one_cycle(shop: Shop) -> None:
    run = shop.run("history", "--verify", "20261121T120000Z-0000")

    assert run.code == 2
    assert "--verify goes through all cycles" in run.stderr


def test_a_pruned_history_says_up_to_when(worked_shop: Shop) -> None:
    meddle(worked_shop, "UPDATE seal SET pruned = 1 WHERE number = 1")

    run = worked_shop.run("history", "--verify")

    assert run.code == 0
    assert "1 cycle verified, back to " in run.stdout
    assert "the history was pruned (state.keep_journal)" in run.stdout
