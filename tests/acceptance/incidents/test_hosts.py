"""A state that is too old, and more than one process or host at work on the same account."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

from syncd.sandbox import Fault, FaultKind
from tests.acceptance import quick_lease
from tests.acceptance.incidents.unharmed import DAY, created_once, in_order, told
from tests.acceptance.kills.evidence import writes_in
from tests.acceptance.kills.stage import Objects, Stage
from tests.sandbox_process import SandboxProcess
from tests.shop import Run, Shop, ended, item_of, row, running, wait_until, writes

PATIENT = 600.0
"""Seconds that a lease lasts, so that a slow machine does not end a process that is stopped."""
GUARDS = """
[guards]
max_delete = 30
delete_after = "1h"
"""


def wanted(rows: list[dict[str, str]]) -> Objects:
    return {one["sku"]: item_of(one) for one in rows}


def test_a_restored_old_backup_of_the_state_does_no_harm_and_catches_up(stage: Stage) -> None:
    order = in_order(stage, GUARDS)
    backup = stage.shop.folder.parent / "backup.db"
    shutil.copyfile(stage.shop.state, backup)
    rows = [row(0, origin="SE"), *order.rows[1:-1], row(40)]
    for later in (0.0, 2 * DAY):
        stage.shop.stock(rows)
        assert stage.run("--once", later=later).code == 0
    assert "SKU-0029" not in stage.remote.items()
    before = stage.remote.items()

    shutil.copyfile(backup, stage.shop.state)
    stage.remote.forget_requests()
    codes = []
    for night in range(3, 7):
        stage.shop.stock(rows)
        codes.append(stage.run("--once", later=night * DAY).code)

    assert stage.remote.items() == before
    assert writes_in(stage.remote.requests()) == []
    assert codes[-1] == 0
    stage.remote.forget_requests()
    assert stage.run("--once", later=7 * DAY).code == 0
    assert stage.remote.requests() == []


def test_a_restored_backup_does_not_undo_what_another_hand_has_made_since(stage: Stage) -> None:
    order = in_order(stage, GUARDS)
    backup = stage.shop.folder.parent / "backup.db"
    shutil.copyfile(stage.shop.state, backup)
    stage.shop.stock(order.rows[:-1])
    assert stage.run("--once").code == 0
    stage.shop.stock(order.rows[:-1])
    assert stage.run("--once", later=2 * DAY).code == 0
    stage.seed([{"id": "SKU-0029", "partNumber": "BY-HAND", "manufacturerId": "acme"}])

    shutil.copyfile(backup, stage.shop.state)
    stage.remote.forget_requests()
    stage.shop.stock(order.rows[:-1])
    stage.run("--once", later=3 * DAY)

    assert stage.remote.items()["SKU-0029"]["partNumber"] == "BY-HAND"
    assert writes_in(stage.remote.requests()) == []


def started(shops: list[Shop]) -> Iterator[subprocess.Popen[bytes]]:
    """Start them all before any of them has ended."""
    for shop in shops:
        yield shop.start("--once", "--format", "json")


def side_by_side(*shops: Shop) -> list[Run]:
    with ExitStack() as stack:
        processes = [stack.enter_context(running(one)) for one in started([*shops])]
        return [ended(process) for process in processes]


def test_two_hosts_started_by_mistake_make_nothing_twice_and_end_equal(
    shop: Shop, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """The first has looked all up and begun to write when the second one does all of it."""
    text = shop.configuration.read_text().replace('"catalog.csv"', f'"{shop.catalog}"')
    shop.configuration.write_text(text.replace("[state]", "max_in_flight = 1\n[state]"))
    assert shop.run("--once").code == 0
    rows = [row(number, origin="SE") for number in range(2)]
    rows += [row(number) for number in range(2, 30)]
    other = Shop(tmp_path / "other host", sandbox.url)
    shutil.copytree(shop.folder, other.folder, ignore=shutil.ignore_patterns("other host"))
    shop.stock(rows)
    sandbox.clear_requests()
    sandbox.set_faults([Fault(kind=FaultKind.SLOW, seconds=1.0, method="POST")])

    with running(quick_lease.start(shop.folder, PATIENT)) as host:
        wait_until(lambda: writes(sandbox) != [])
        host.send_signal(signal.SIGSTOP)
        sandbox.set_faults([])
        assert other.run("--once").code == 0
        host.send_signal(signal.SIGCONT)
        assert ended(host).code == 0

    assert sandbox.items() == wanted(rows)
    assert len(list(created_once(sandbox.requests()))) == 18
    met = [one for one in writes(sandbox) if one["status"] == HTTPStatus.CONFLICT]
    assert met
    sandbox.clear_requests()
    for each in (shop, other):
        assert each.run("--once").code == 0
    assert writes_in(sandbox.requests()) == []
    assert sandbox.items() == wanted(rows)


def test_two_processes_on_one_state_take_turns(shop: Shop, sandbox: SandboxProcess) -> None:
    rows = [row(number) for number in range(30)]
    shop.stock(rows)
    sandbox.set_faults([Fault(kind=FaultKind.SLOW, seconds=0.2, method="POST")])

    runs = side_by_side(shop, shop)

    assert [run.code for run in runs] == [0, 0]
    assert sandbox.items() == wanted(rows)
    assert sorted(created_once(sandbox.requests())) == sorted(wanted(rows))
    assert sorted(run.json()["summary"]["create"] for run in runs) == [0, 30]


def test_a_state_that_another_program_has_made_is_told_and_left_alone(stage: Stage) -> None:
    order = in_order(stage)
    stage.shop.state.write_bytes(Path("/bin/sh").read_bytes()[:20_000])
    content = stage.shop.state.read_bytes()

    run = stage.run("--once")

    assert run.code == 1
    told(run, r"state\.db", "not a SQLite database", r"[Pp]oint state\.url")
    assert stage.shop.state.read_bytes() == content
    order.untouched()
