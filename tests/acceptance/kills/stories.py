"""Stories of commands on a catalog that is a file, and of all others by their names."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from syncd.sandbox import Fault, FaultKind
from syncd.state import migrate
from tests.acceptance.kills import duty, places, skus
from tests.acceptance.kills.arranged import Arranged, Story, configure, depart, meddled_with
from tests.acceptance.kills.stage import Stage
from tests.acceptance.pairs import configure as configure_pairs
from tests.acceptance.pairs import pair, sku_of, stock
from tests.shop import Row, item_of, row

DAY: Final = 86_400.0
ONCE: Final = ("--once", "--format", "json", "--output", "report.json")


def first_cycle(stage: Stage, pace: str) -> Arranged:
    """Create, adopt, keep off what is foreign, quarantine, hold; a lost answer, and a 409."""
    configure(stage, pace)
    rows = [row(number) for number in range(8)]
    rows[4] = row(4, maker="unknown")
    rows[5] = row(5, origin="UK")
    stage.shop.stock(rows)
    stage.seed(
        [
            {"id": "SKU-0001", **item_of(rows[1])},
            {"id": "SKU-0002", **item_of(row(2, origin="SE"))},
            {"id": "SKU-0003", **item_of(row(3, origin="NO"))},
            {"id": "HAND-MADE", **item_of(row(99))},
        ]
    )
    stage.seed_skus([{"id": "SKU-0003", "managedFulfillment": "DRGlobalFulfillment"}])
    stage.faults.append(Fault(kind=FaultKind.LOST, method="POST", id="SKU-0006", count=1))
    stage.meddle(
        "POST /inventory-items SKU-0007 leaves",
        {"id": "SKU-0007", **item_of(row(7, origin="SE"))},
    )
    kept = frozenset({"SKU-0003", "SKU-0004", "SKU-0005"})
    return Arranged(tuple(rows), ONCE, code=3, settled=3, kept=kept)


def later_cycle(stage: Stage, pace: str) -> Arranged:
    """Update, clear, delete, make anew what is gone; lost answers, a refusal, stock left."""
    configure(stage, pace)
    rows = [row(number) for number in range(8)]
    stage.shop.stock(rows)
    stage.well("--once")
    stage.seed([{"id": "HAND-MADE", **item_of(row(99))}])
    stage.shop.stock(rows[:5])
    stage.well("--once")
    stage.seed_levels([{"inventoryItemId": "SKU-0007", "availableQuantity": 3}])
    stage.remove_items("SKU-0004")
    rows = [
        row(0),
        row(1, origin="SE", hs=""),
        row(2, maker="unknown"),
        row(3, origin="SE"),
        row(4, origin="SE"),
    ]
    stage.shop.stock(rows)
    stage.faults += [
        Fault(kind=FaultKind.LOST, method="POST", id="SKU-0003", count=1),
        Fault(kind=FaultKind.LOST, method="DELETE", id="SKU-0006", count=1),
    ]
    return Arranged(
        tuple(rows),
        ONCE,
        code=3,
        settled=3,
        kept=frozenset({"SKU-0002"}),
        deleted=frozenset({"SKU-0005", "SKU-0006"}),
    )


def missing(stage: Stage, pace: str) -> Arranged:
    """The first read that lacks some rows: they are missing, and not deleted yet."""
    configure(stage, pace)
    rows = [row(number) for number in range(4)]
    stage.shop.stock(rows)
    stage.well("--once")
    stage.shop.stock(rows[:2])
    return Arranged(tuple(rows[:2]), ("--once",))


def approving(stage: Stage, pace: str) -> Arranged:
    """A person approves what a guard has stopped."""
    rows, cycle = _stopped(stage, pace)
    approve = ("approve", cycle)
    return Arranged(rows, approve, recovery=(approve, ("--once",)))


def approved_cycle(stage: Stage, pace: str) -> Arranged:
    """The cycle that carries out what was approved."""
    rows, cycle = _stopped(stage, pace)
    stage.well("approve", cycle)
    return Arranged(rows, ONCE)


def planning(stage: Stage, pace: str) -> Arranged:
    """A plan is saved, and nothing else done."""
    rows = _changed(stage, pace)
    return Arranged(rows, ("plan", "--out", "plan.json"), writes_nothing=True)


def applying(stage: Stage, pace: str) -> Arranged:
    """A saved plan is carried out."""
    rows = _changed(stage, pace)
    stage.well("plan", "--out", "plan.json")
    return Arranged(rows, ("apply", "plan.json"))


def rehearsing(stage: Stage, pace: str) -> Arranged:
    """A dry run, of which the state must never show a trace."""
    rows = _changed(stage, pace)
    return Arranged(rows, ("--dry-run", "--output", "report.html"), writes_nothing=True)


def releasing(stage: Stage, pace: str) -> Arranged:
    """A quarantined SKU is let go, and refused again."""
    configure(stage, pace)
    rows = (row(0), row(1, maker="unknown"))
    stage.shop.stock(rows)
    stage.well("--once", code=3)
    retry = ("quarantine", "retry", "--all")
    return Arranged(rows, retry, settled=3, kept=frozenset({"SKU-0001"}))


def migrating(stage: Stage, pace: str) -> Arranged:
    """A cycle that first brings the state of an older version up to date."""
    configure(stage, pace)
    rows = (row(0), row(1))
    stage.shop.stock(rows)
    stage.well("--once")
    _put_back_to(stage.shop.state, migrate.revisions()[0])
    return Arranged(rows, ("--once",))


def reverting(stage: Stage, pace: str) -> Arranged:
    """A cycle is undone: a value is put back, and an item deleted that it had made."""
    configure(stage, pace)
    before = (row(0), row(1))
    stage.shop.stock(before)
    stage.well("--once")
    stage.shop.stock((row(0, origin="SE"), row(1), row(3)))
    cycle = stage.well("--once", "--format", "json").json()["cycle"]
    revert = ("revert", cycle)
    return Arranged(
        before,
        revert,
        code=3,
        settled=3,
        recovery=(revert, ("--once",)),
        deleted=frozenset({"SKU-0003"}),
    )


def following_again(stage: Stage, pace: str) -> Arranged:
    """What a revert holds is released, and the catalog is followed again."""
    rows = _changed(stage, pace)
    cycle = stage.well("--once", "--format", "json").json()["cycle"]
    stage.well("revert", cycle, code=3)
    release = ("release", "--all")
    return Arranged(rows, release, recovery=(release, ("--once",)))


def pruning(stage: Stage, pace: str) -> Arranged:
    """A cycle that forgets what is older than the history is kept."""
    configure(stage, pace)
    text = stage.shop.configuration.read_text()
    stage.shop.configuration.write_text(text.replace("[state]", '[state]\nkeep_journal = "1d"'))
    rows = (row(0), row(1))
    stage.shop.stock(rows)
    assert stage.run("--once", later=-10 * DAY).code == 0
    return Arranged(rows, ("--once",), later=-6 * DAY)


def mending(stage: Stage, pace: str) -> Arranged:
    """An audit mends what others have done: a value is changed, and an item gone; a lost answer."""
    rows, repair = meddled_with(stage, pace), ("audit", "--repair")
    return Arranged(rows, repair, recovery=(repair, ("--once",)))


def rebuilding(stage: Stage, pace: str) -> Arranged:
    """A lost state is filled anew from catalog and remote, where nothing else is ever adopted."""
    configure(stage, pace)
    text = stage.shop.configuration.read_text()
    stage.shop.configuration.write_text(text + "[policy]\nadopt = false\n")
    rows = (row(0), row(1, origin="SE"), row(2))
    stage.shop.stock(rows)
    stage.seed(
        [
            {"id": "SKU-0000", **item_of(row(0))},
            {"id": "SKU-0001", **item_of(row(1))},
            {"id": "HAND-MADE", **item_of(row(99))},
        ]
    )
    rebuild = ("adopt", "--rebuild")
    return Arranged(rows, rebuild, recovery=(rebuild, ("--once",)))


def pairing(stage: Stage, pace: str) -> Arranged:
    """Of pairs one is made, one changed in both halves and one deleted."""
    configure_pairs(stage.shop, "[policy]\ndelete_skus = true\n")
    depart(stage, pace)
    stock(stage.shop, [pair(0), pair(1)])
    stage.well("--once")
    rows = (pair(1, origin="CA"), pair(2))
    stock(stage.shop, rows)
    skus = {row["sku"]: sku_of(row) for row in rows}
    return Arranged(rows, ("--once",), deleted=frozenset({"SKU-0000"}), skus=skus)


STORIES: Final[Mapping[str, Story]] = {
    story.__name__: story
    for story in (
        first_cycle,
        later_cycle,
        missing,
        approving,
        approved_cycle,
        planning,
        applying,
        rehearsing,
        releasing,
        migrating,
        reverting,
        following_again,
        pruning,
        mending,
        duty.mending_on_duty,
        duty.rolling,
        duty.noting_stock,
        rebuilding,
        duty.serving,
        pairing,
        skus.reading_skus,
        skus.following_events,
        places.reclaiming,
    )
}


def _changed(stage: Stage, pace: str) -> tuple[Row, ...]:
    """Two items in sync, of which one should be another since."""
    configure(stage, pace)
    stage.shop.stock([row(0), row(1)])
    stage.well("--once")
    rows = (row(0, origin="SE"), row(1))
    stage.shop.stock(rows)
    return rows


def _stopped(stage: Stage, pace: str) -> tuple[tuple[Row, ...], str]:
    """A shop whose last cycle a guard has stopped, and that cycle's name."""
    configure(stage, pace, max_update=1)
    stage.shop.stock([row(number) for number in range(3)])
    stage.well("--once")
    rows = (row(0, origin="SE"), row(1, origin="SE"), row(2))
    stage.shop.stock(rows)
    return rows, stage.well("--once", "--format", "json", code=4).json()["cycle"]


def _put_back_to(state: Path, revision: str) -> None:
    """Make the state what the version that ended with this migration would have left."""
    older = state.with_name("older.db")
    engine = create_engine(f"sqlite:///{older}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(migrate.SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    with closing(sqlite3.connect(older)) as database, database:
        database.execute("ATTACH ? AS newer", (str(state),))
        for table in ("sku", "journal", "cycle", "reading", "fact"):
            found = database.execute(f"PRAGMA main.table_info({table})").fetchall()
            columns = ", ".join(f'"{column[1]}"' for column in found)
            database.execute(
                f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}"  # noqa: S608 - the tables' own names
            )
    older.replace(state)
