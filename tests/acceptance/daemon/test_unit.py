"""The daemon under its unit's own command line: loss and return, a reload, and who takes over."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.acceptance.daemon.served import ROWS, SCHEDULE, Served
from tests.acceptance.daemon.unit import Unit, unit
from tests.ports import free_port
from tests.sandbox_process import SandboxProcess
from tests.shop import CONFIGURATION, KEY, Row, Shop, row, wait_until

POLL = "300ms"
BEGINNING = "STATUS=beginning a cycle"


@dataclass
class Machine:
    """Where the unit is installed; `export` is the merchant's folder, which the service reads."""

    unit: Unit
    export: Shop
    sandbox: SandboxProcess

    @property
    def configuration(self) -> Path:
        return self.unit.configuration / "config.toml"

    def stock(self, rows: Sequence[Row]) -> None:
        self.export.stock(rows)

    def has(self, number: int) -> bool:
        return f"SKU-{number:04}" in self.sandbox.items()


@pytest.fixture
def machine(tmp_path: Path, sandbox: SandboxProcess) -> Machine:
    export = tmp_path / "export"
    export.mkdir()
    installed = unit("syncd.service", tmp_path / "machine")
    installed.install({"api_key": KEY})
    machine = Machine(installed, Shop(export, sandbox.url), sandbox)
    machine.stock(ROWS)
    text = CONFIGURATION.format(url=sandbox.url, key=KEY)
    text = text.replace(f'api_key = "{KEY}"\n', "").replace("catalog.csv", f"{export}/catalog.csv")
    schedule = SCHEDULE.format(poll=POLL, probe="200ms", port=free_port(), extra="")
    machine.configuration.write_text(text.partition("[state]")[0] + schedule)
    return machine


@contextmanager
def only_to_be_read(folder: Path) -> Iterator[None]:
    """As `ProtectSystem=strict` has it."""
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(0o700)


def _survives_the_loss_of_its_source(machine: Machine, daemon: Served) -> None:
    away = machine.export.catalog.rename(machine.export.folder / "elsewhere.csv")
    daemon.wait_for_log("daemon.trouble", kind="catalog")
    away.rename(machine.export.catalog)
    daemon.wait_for_log("daemon.relieved", kind="catalog")


def _survives_the_loss_of_the_remote(machine: Machine, daemon: Served) -> None:
    machine.sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=503)])
    machine.stock([*ROWS, row(20)])
    daemon.wait_for_log("daemon.trouble", kind="remote")
    machine.sandbox.set_faults([])
    wait_until(lambda: machine.has(20))
    daemon.wait_for_log("daemon.relieved", kind="remote")


def _survives_the_loss_of_its_database(machine: Machine, daemon: Served) -> None:
    file = machine.unit.state / "syncd.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        machine.stock([*ROWS, row(20), row(21)])
        daemon.wait_for(BEGINNING, times=daemon.count(BEGINNING) + 1)
        assert not machine.has(21)
    wait_until(lambda: machine.has(21))


def _takes_a_new_configuration(machine: Machine, daemon: Served) -> None:
    text = machine.configuration.read_text()
    machine.unit.configuration.chmod(0o700)
    machine.configuration.write_text(text.replace(f'poll = "{POLL}"', 'poll = "200ms"'))
    machine.unit.configuration.chmod(0o500)
    before = daemon.count("READY=1")
    machine.unit.reload(daemon)
    daemon.wait_for_log("daemon.reloaded")
    daemon.wait_for("READY=1", times=before + 1)
    assert daemon.logs("daemon.reloaded")[0]["changed"] == ["schedule.poll: 0.3 s → 0.2 s"]


def test_it_survives_what_happens_to_a_service_and_hands_over(machine: Machine) -> None:
    with only_to_be_read(machine.unit.configuration), machine.unit.started() as first:
        first.wait_for("READY=1")
        first.wait_for("WATCHDOG=1")
        wait_until(lambda: len(machine.sandbox.items()) == 12)
        _survives_the_loss_of_its_source(machine, first)
        _survives_the_loss_of_the_remote(machine, first)
        _survives_the_loss_of_its_database(machine, first)
        _takes_a_new_configuration(machine, first)
        with machine.unit.started() as second:
            second.wait_for("STATUS=standing by")
            assert first.stop().code == 143
            second.wait_for_log("daemon.came_on_duty")
            machine.stock([*ROWS, row(20), row(21), row(22)])
            wait_until(lambda: machine.has(22))
            assert second.stop().code == 143

    assert len(machine.sandbox.items()) == 15
    assert [one.name for one in machine.unit.configuration.iterdir()] == ["config.toml"]
    kept = list(machine.unit.state.iterdir())
    assert {one.stat().st_mode & 0o077 for one in kept} == {0}
    for daemon in (first, second):
        assert daemon.logs("daemon.bug") == []
        assert KEY not in str(daemon.logged)
