"""No room, no rights, and a clock that jumps: nothing is lost, and the next run goes on."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.acceptance.incidents.unharmed import DAY, in_order, told
from tests.acceptance.kills.arranged import ONE_BY_ONE
from tests.acceptance.kills.stage import Stage
from tests.acceptance.kills.stories import STORIES
from tests.acceptance.kills.sweep import Sweep
from tests.environment import clean_environment
from tests.shop import SYNCD, item_of, row

KIB: Final = 1024


@pytest.mark.parametrize("size", [4, 90, 130, 170, 210, 240])
def test_a_disk_that_is_full_in_the_middle_of_a_cycle_loses_nothing(
    stage: Stage, size: int
) -> None:
    sweep = Sweep.of(stage, STORIES["first_cycle"], ONE_BY_ONE)
    stage.restore(sweep.before)

    ended = stage.run(*sweep.arranged.line, largest_file=size * KIB)

    if ended.code != sweep.arranged.code:
        assert ended.code == 1, ended
        told(ended, r"state\.db", "the disk failed", "see to the disk's quota and health")
    sweep.check(ended)


def test_a_disk_too_full_to_spool_the_catalog_is_told_and_writes_nothing(stage: Stage) -> None:
    order = in_order(stage)
    stage.shop.stock([row(number, origin="SE") for number in range(3)])
    for file in stage.shop.folder.glob("*.parquet"):
        file.unlink()

    ended = stage.run("--once", largest_file=300)

    assert ended.code == 1
    told(ended, r"state\.db|catalog\.csv", "disk|written", "run again")
    order.untouched()
    order.well_again()


def test_a_report_that_finds_no_room_is_told_after_the_work_was_done(stage: Stage) -> None:
    order = in_order(stage)
    stage.shop.stock([row(0, mpn="Q-0"), *order.rows[1:]])

    ended = stage.run("--once", "--output", "/dev/full")

    assert ended.code == 1
    told(ended, "/dev/full: it cannot be written", "No space left on device", "--output")
    assert stage.remote.items()["SKU-0000"]["partNumber"] == "Q-0"
    assert Path("/dev/full").is_char_device()
    stage.remote.forget_requests()
    assert stage.run("--once").code == 0
    assert stage.remote.requests() == []


def test_a_result_that_nobody_can_take_is_told(stage: Stage) -> None:
    in_order(stage)

    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [SYNCD, "status"],
            cwd=stage.shop.folder,
            env=clean_environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )

    assert process.returncode == 1
    assert b"stdout cannot be written (No space left on device). Name a file" in process.stderr


def test_a_folder_for_reports_that_is_read_only_is_told_before_anything_is_done(
    stage: Stage,
) -> None:
    order = in_order(stage)
    stage.shop.stock([row(0, origin="SE"), *order.rows[1:]])
    folder = stage.shop.folder / "reports"
    folder.mkdir(mode=0o555)

    for line in (("--once", "--output"), ("plan", "--out")):
        ended = stage.run(*line, "reports/report.json", heeds_rights=True)

        assert ended.code == 2
        told(ended, r"report\.json: nothing may be written into .*reports", "name another folder")
    order.untouched()


def test_a_state_that_is_read_only_stops_writing_and_can_still_be_looked_at(stage: Stage) -> None:
    order = in_order(stage)
    stage.shop.stock([row(0, origin="SE"), *order.rows[1:]])
    stage.shop.folder.chmod(0o555)

    ended = stage.run("--once", heeds_rights=True)
    looked = [stage.run(*line, heeds_rights=True).code for line in (("--dry-run",), ("status",))]

    assert ended.code == 1
    told(ended, r"state\.db", "read-only here", "Make both writable")
    assert looked == [0, 0]
    order.untouched()


def test_a_damaged_state_is_told_and_left_as_it_is(stage: Stage) -> None:
    order = in_order(stage)
    content = bytearray(stage.shop.state.read_bytes())
    content[4096 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4096)
    stage.shop.state.write_bytes(content)

    ended = stage.run("--once")

    assert ended.code == 1
    told(ended, r"state\.db", "the file is damaged", "restore a backup")
    assert stage.shop.state.read_bytes() == bytes(content)
    order.untouched()


def test_a_clock_two_days_ahead_and_then_back_leaves_nothing_undone(stage: Stage) -> None:
    order = in_order(stage)
    changed = [row(0, origin="SE"), *order.rows[1:]]
    stage.shop.stock(changed)
    assert stage.run("--once", later=2 * DAY).code == 0
    changed[1] = row(1, origin="SE")
    stage.shop.stock(changed)

    ended = stage.run("--once")

    assert ended.code == 0, ended
    items = stage.remote.items()
    assert [items[f"SKU-000{number}"]["countryOfOrigin"] for number in range(3)] == [
        "SE",
        "SE",
        "DK",
    ]
    stage.remote.forget_requests()
    assert stage.run("--once", later=60.0).code == 0
    assert stage.remote.requests() == []


def test_a_clock_two_days_ahead_alone_deletes_nothing(stage: Stage) -> None:
    order = in_order(stage)
    stage.shop.stock(order.rows[:-1])
    assert stage.run("--once").code == 0

    for later in (2 * DAY, 0.0, 2 * DAY):
        assert stage.run("--once", later=later).code == 0

    order.untouched()


def test_what_failed_under_a_clock_that_was_ahead_is_tried_again_once_it_is_right(
    stage: Stage,
) -> None:
    order = in_order(stage)
    stage.shop.stock([row(0, origin="SE"), *order.rows[1:]])
    stage.remote.put("faults", [{"kind": "status", "status": 503, "method": "POST"}])
    assert stage.run("--once", "--wait", "0", later=2 * DAY).code == 1
    stage.remote.put("faults", [])

    ended = stage.run("--once")

    assert ended.code == 0, ended
    assert stage.remote.items()["SKU-0000"] == item_of(row(0, origin="SE"))
    with closing(sqlite3.connect(stage.shop.state)) as database:
        assert database.execute("SELECT * FROM sku WHERE state <> 'in_sync'").fetchall() == []
