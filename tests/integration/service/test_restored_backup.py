"""A backup of the state that was put back knows that it is one, and asks before it writes."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.domain.attributes import Attribute
from syncd.domain.change import Action
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode, StateError
from syncd.service.verify import verify
from tests.integration.service.shop import Shop


@pytest.fixture
async def backup(shop: Shop, tmp_path: Path) -> Path:
    """A copy of the state as it was when it kept three items."""
    shop.limits(max_update=1.0, max_same_change=100)
    shop.stock("a", "b", "c")
    await shop.settled()
    with closing(sqlite3.connect(shop.file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(shutil.copyfile(shop.file, tmp_path / "backup.db"))


def restore(shop: Shop, backup: Path) -> None:
    shop.state.close()
    for path in shop.file.parent.glob("state.db-*"):
        path.unlink()
    shutil.copyfile(backup, shop.file)
    shop.restart()
    shop.remote.calls.clear()


async def test_what_was_written_since_is_found_and_not_written_again(
    shop: Shop, backup: Path
) -> None:
    shop.stock("a", country_of_origin="CA")
    shop.stock("d")
    assert exit_code(await shop.run()) is ExitCode.OK
    restore(shop, backup)

    result = await shop.run()

    assert exit_code(result) is ExitCode.OK
    assert any("older copy of itself" in note and "3 items" in note for note in result.notes)
    assert shop.wrote() == []
    assert shop.item("a")[Attribute.COUNTRY_OF_ORIGIN] == "CA"
    assert [entry.deed.value for entry in shop.journal("d")] == ["adopt"]
    assert verify(shop.state).breach is None
    assert (await shop.run()).notes == ()


async def test_what_the_remote_has_and_neither_backup_nor_catalog_know_is_put_right(
    shop: Shop, backup: Path
) -> None:
    shop.stock("a", country_of_origin="CA")
    await shop.run()
    restore(shop, backup)
    shop.stock("a", country_of_origin="DK")

    await shop.run()

    assert shop.wrote() == ["a"]
    assert shop.item("a")[Attribute.COUNTRY_OF_ORIGIN] == "DK"


async def test_what_was_deleted_since_is_made_again_under_the_guards(
    shop: Shop, backup: Path
) -> None:
    shop.policy(delete_reads=1)
    shop.limits(max_delete=3)
    shop.drop("b")
    await shop.run()
    shop.later(days=2)
    await shop.run()
    assert shop.wrote(Action.DELETE) == ["b"]
    restore(shop, backup)

    result = await shop.run()

    assert shop.wrote() == []
    assert not shop.knows("b")
    assert exit_code(result) is ExitCode.OK


async def test_it_is_told_by_the_next_cycle_whoever_takes_the_lease_before(
    shop: Shop, backup: Path
) -> None:
    assert exit_code(await shop.run()) is ExitCode.OK
    restore(shop, backup)
    for holder in ("whoever tells people", "an approval"):
        with shop.state.lease(holder, timedelta(0)):
            shop.restart()

    result = await shop.run()

    assert any("older copy of itself" in note and "3 items" in note for note in result.notes)
    assert (await shop.run()).notes == ()
    recorded = shop.state.cycle(result.id)
    assert recorded is not None
    assert recorded.notes == result.notes


async def test_a_cycle_that_dies_before_it_could_tell_leaves_that_to_the_next(
    shop: Shop, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.run()
    restore(shop, backup)
    with monkeypatch.context() as patch:
        patch.setattr("syncd.service.cycle.remember_rights", _fail)
        with pytest.raises(StateError):
            await shop.run()

    assert any("older copy of itself" in note for note in (await shop.run()).notes)


def _fail(*_: object) -> None:
    raise StateError("state", "the disk is full", "Free some space")
