"""The units of systemd: what they start is there, and they keep to themselves."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

UNITS: Final = Path(__file__).parents[2] / "systemd"
SERVICES: Final = ("syncd.service", "syncd@.service", "syncd-once.service", "syncd-fleet.service")
LASTING: Final = tuple(unit for unit in SERVICES if unit != "syncd-once.service")
INSTALLED: Final = "/opt/syncd/bin/syncd"


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_is_well_shut_in(unit: str) -> None:
    done = _analyze("security", "--offline=yes", "--threshold=20", str(UNITS / unit))

    level = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert level is not None, done.stdout + done.stderr
    assert float(level[1]) <= 2.0


@pytest.mark.parametrize("unit", LASTING)
def test_what_runs_for_months_keeps_no_heap_for_each_thread(unit: str) -> None:
    assert "\nEnvironment=MALLOC_ARENA_MAX=2\n" in (UNITS / unit).read_text()


@pytest.mark.parametrize("unit", [*SERVICES, "syncd-once.timer"])
def test_a_unit_is_understood_whole(unit: str, tmp_path: Path) -> None:
    for name in (*SERVICES, "syncd-once.timer"):
        text = (UNITS / name).read_text()
        (tmp_path / name).write_text(text.replace(INSTALLED, "/bin/true"))
    name = unit.replace("@", "@acme")
    (tmp_path / name).write_text((tmp_path / unit).read_text())
    done = _analyze("verify", "--man=no", str(tmp_path / name))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", SERVICES)
def test_a_unit_starts_what_is_installed(unit: str) -> None:
    text = (UNITS / unit).read_text()
    command = re.search(r"^ExecStart=(\S+) (?:--config|fleet --accounts) (\S+)", text, re.MULTILINE)

    assert command is not None
    assert command[1] == INSTALLED
    assert command[2].startswith("/etc/syncd/")


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
