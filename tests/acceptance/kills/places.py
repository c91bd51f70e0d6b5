"""Stories of where the state is: in PostgreSQL, moved there, or taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import create_engine

from syncd.errors import ExitCode
from syncd.state import moved
from tests.acceptance.kills.arranged import Arranged, Story, configure
from tests.acceptance.kills.duty import QUIET_SERVICE
from tests.acceptance.kills.stage import Stage
from tests.shop import item_of, row

FILE: Final = "sqlite:///state.db"
StoryThere = Callable[[str, str], Story]
"""A story for the URL of a server and the name of an account there."""


def keeping(url: str, account: str) -> Story:
    """The state is in PostgreSQL, and a cycle makes, changes and deletes an item."""

    def keeping(stage: Stage, pace: str) -> Arranged:
        configure(stage, pace)
        _point(stage, url, account)
        stage.shop.stock([row(0), row(1)])
        stage.well("--once")
        stage.shop.stock([row(1)])
        stage.well("--once")
        rows = (row(1, origin="SE"), row(2))
        stage.shop.stock(rows)
        return Arranged(rows, ("--once",), deleted=frozenset({"SKU-0000"}))

    return keeping


def taking_over(url: str, account: str) -> Story:
    """The lease is taken from one who was killed in its cycle, and what that one began is ended."""

    def taking_over(stage: Stage, pace: str) -> Arranged:
        arranged = keeping(url, account)(stage, pace)
        begun = stage.run("--once", kill_at=1, among=(("POST /inventory-items SKU-0002", "read"),))
        assert begun.was_killed
        return arranged

    return taking_over


def helping(url: str, account: str) -> Story:
    """A process that stands by sends a part of what another one leads."""

    def helping(stage: Stage, pace: str) -> Arranged:
        keeping(url, account)(stage, pace)
        text = stage.shop.configuration.read_text()
        hasty = text.replace('timeout = "5s"', 'timeout = "1s"')
        stage.shop.configuration.write_text(hasty + QUIET_SERVICE)
        rows = (row(1, origin="SE"), *(row(number) for number in range(2, 14)))
        stage.shop.stock(rows)
        deleted = frozenset({"SKU-0000"})
        return Arranged(rows, (), code=ExitCode.TERMINATED, deleted=deleted)

    return helping


def moving(url: str, account: str) -> Story:
    """A state is moved from its file to the server, and at work there from then on."""

    def moving(stage: Stage, pace: str) -> Arranged:
        configure(stage, pace)
        rows = (row(0), row(1))
        stage.shop.stock(rows)
        stage.well("--once")
        _point(stage, url, account)
        move = ("state", "migrate", FILE, url, "--account", account)
        return Arranged(rows, move, recovery=(move, ("--once",)))

    return moving


def _point(stage: Stage, url: str, account: str) -> None:
    text, there = stage.shop.configuration.read_text(), f'url = "{url}"\naccount = "{account}"'
    stage.shop.configuration.write_text(text.replace(f'url = "{FILE}"', there))


def reclaiming(stage: Stage, pace: str) -> Arranged:
    """A state is taken back that was moved; whoever has it now has written in the meantime."""
    configure(stage, pace)
    rows = (row(0), row(1))
    stage.shop.stock(rows)
    stage.well("--once")
    engine = create_engine(f"sqlite:///{stage.shop.state}")
    with engine.begin() as connection:
        moved.mark(connection, "elsewhere", datetime.now(UTC))
    engine.dispose()
    stage.seed([{"id": "SKU-0000", **item_of(row(0, origin="SE"))}])
    reclaim = ("state", "reclaim", FILE)
    return Arranged(rows, reclaim, recovery=(reclaim, ("--once",)))
