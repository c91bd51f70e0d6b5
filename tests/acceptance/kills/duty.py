"""Stories of the daemon: what it does in a cycle, and beside its cycles."""

from __future__ import annotations

from typing import Final

from syncd.errors import ExitCode
from tests.acceptance.kills.arranged import Arranged, Story, configure, meddled_with
from tests.acceptance.kills.stage import Stage
from tests.shop import row

QUIET_SERVICE: Final = """
[service]
listen = "off"
probe = "0"
[schedule]
poll = "1h"
jitter = "0"
"""


def serving(stage: Stage, pace: str) -> Arranged:
    """The daemon: it makes, changes and deletes an item in its first cycle, and ends after it."""
    configure(stage, pace)
    text = stage.shop.configuration.read_text()
    hasty = text.replace('timeout = "5s"', 'timeout = "1s"')
    stage.shop.configuration.write_text(hasty + QUIET_SERVICE)
    stage.shop.stock([row(0), row(1)])
    stage.well("--once")
    stage.shop.stock([row(1)])
    stage.well("--once")
    rows = (row(1, origin="SE"), row(2))
    stage.shop.stock(rows)
    return Arranged(
        rows,
        (),
        code=ExitCode.TERMINATED,
        recovery=((),),
        deleted=frozenset({"SKU-0000"}),
    )


def telling(url: str) -> Story:
    """The daemon has somebody to tell of what was refused in its first cycle, by this URL."""

    def telling(stage: Stage, pace: str) -> Arranged:
        configure(stage, pace)
        stage.shop.stock([row(0), row(1)])
        stage.well("--once")
        text = stage.shop.configuration.read_text()
        stage.shop.configuration.write_text(f'{text}{QUIET_SERVICE}[notify]\nurls = ["{url}"]\n')
        rows = (row(0, origin="SE"), row(1, maker="unknown"))
        stage.shop.stock(rows)
        code, kept = ExitCode.TERMINATED, frozenset({"SKU-0001"})
        return Arranged(rows, (), code=code, settled=3, recovery=((),), kept=kept)

    return telling


def mending_on_duty(stage: Stage, pace: str) -> Arranged:
    """The same in the daemon, whose audit goes on beside its cycles."""
    rows, repair = meddled_with(stage, pace), ("audit", "--repair")
    stage.wish = "audit"
    stage.shop.configuration.write_text(stage.shop.configuration.read_text() + QUIET_SERVICE)
    return Arranged(rows, (), code=ExitCode.TERMINATED, recovery=(repair, ("--once",)))


def rolling(stage: Stage, pace: str) -> Arranged:
    """A step of the daemon's rolling audit; the next one finds what it has left."""
    rows = meddled_with(stage, pace)
    stage.wish = "rolling"
    stage.shop.configuration.write_text(stage.shop.configuration.read_text() + QUIET_SERVICE)
    return Arranged(rows, (), code=ExitCode.TERMINATED, recovery=((), ("--once",)))


def noting_stock(stage: Stage, pace: str) -> Arranged:
    """A snapshot of the stock, of which one item has some more than last time."""
    configure(stage, pace)
    rows = (row(0), row(1))
    stage.shop.stock(rows)
    stage.well("--once")
    stage.shop.configuration.write_text(stage.shop.configuration.read_text() + QUIET_SERVICE)
    stage.wish = "levels"
    stage.seed_levels([level("SKU-0000", 3.0), level("SKU-0001", 1.0)])
    stage.well(code=ExitCode.TERMINATED)
    stage.seed_levels([level("SKU-0000", 5.0)])
    stock = {"SKU-0000": 5.0, "SKU-0001": 1.0}
    return Arranged(rows, (), code=ExitCode.TERMINATED, recovery=((),), stock=stock)


def level(item: str, quantity: float) -> dict[str, object]:
    """What one location has of an item."""
    return {"inventoryItemId": item, "availableQuantity": quantity}
