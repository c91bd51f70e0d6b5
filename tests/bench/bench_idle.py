"""What a daemon costs that has nothing to do: `python -m tests.bench.bench_idle SECONDS`.

With the other benches, as in `python -m tests.bench idle`, it is watched for a minute, or for
`--idle` seconds. It serves a
shop that is in sync, under the defaults of the schedule, as a process of its own. Told beside their
limits are its part of one core, and by how much its memory has grown.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import pytest

from syncd.daemon.garbage import SETTLED
from tests.acceptance.daemon.served import serving
from tests.acceptance.daemon.unit import unit
from tests.bench.conftest import Tell
from tests.bench.figure import Figure, at_most
from tests.bench.table import table
from tests.ports import free_port
from tests.sandbox_process import sandbox_process
from tests.shop import Shop, row

ROWS: Final = 1_000
MOST_CPU: Final = 0.2
"""Percent of one core."""
MOST_GROWTH: Final = 1.0
"""Megabytes an hour, once it has settled."""
_POLLS: Final = 5
"""So many more are had before: the first that finds nothing new loads what no other has needed."""
_SETTLED: Final = SETTLED + 10.0
"""Seconds, after which it keeps what lasts."""
_A_POLL: Final = 1.0
"""Seconds in which one that finds nothing is over; what it finds is told, and not that it ends."""
_MEGABYTE: Final = 1 << 20
_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process has used up to a moment."""

    at: float
    cpu: float
    memory: int

    @classmethod
    def by(cls, process: psutil.Process) -> Spent:
        cpu = process.cpu_times()
        return cls(time.monotonic(), cpu.user + cpu.system, process.memory_info().rss)


@contextmanager
def idle() -> Iterator[psutil.Process]:
    """A daemon that has done all that it does when nothing happens."""
    with (
        tempfile.TemporaryDirectory(prefix="syncd-idle-") as folder,
        sandbox_process("--rate", "0") as sandbox,
    ):
        shop = Shop(Path(folder), sandbox.url)
        shop.configure(f'[service]\nlisten = "127.0.0.1:{free_port()}"\n[log]\nformat = "json"\n')
        shop.stock([row(number) for number in range(ROWS)])
        with serving(shop, **_environment(shop.folder)) as daemon:
            daemon.wait_for_log("cycle.finished")
            for number in range(1, _POLLS + 1):
                daemon.send(signal.SIGUSR1)
                daemon.wait_for_log("daemon.asked_to_poll", times=number)
                time.sleep(_A_POLL)
            time.sleep(_SETTLED)
            yield psutil.Process(daemon.process.pid)
            daemon.stop()


def _environment(folder: Path) -> dict[str, str]:
    """What the unit gives it, but for its configuration."""
    given = dict(
        text.split("=", 1) for text in unit("syncd.service", folder).settings["Environment"]
    )
    return {name: value for name, value in given.items() if not name.startswith("SYNCD_")}


def watched(seconds: float) -> tuple[Figure, Figure]:
    """Watch one for so long."""
    with idle() as process:
        before = Spent.by(process)
        time.sleep(seconds)
        after = Spent.by(process)
    took = after.at - before.at
    cpu = 100 * (after.cpu - before.cpu) / took
    growth = (after.memory - before.memory) / _MEGABYTE * _HOUR / max(took, _HOUR)
    unit = f"% of a core, over {took:,.0f} s"
    return (
        Figure("an idle daemon", cpu, unit, at_most(MOST_CPU)),
        Figure(
            "an idle daemon: growth of its memory in an hour",
            growth,
            "MB",
            at_most(MOST_GROWTH),
        ),
    )


@pytest.mark.timeout(7200)
def test_an_idle_daemon(tell: Tell, request: pytest.FixtureRequest) -> None:
    for figure in watched(request.config.getoption("--idle")):
        tell(figure)


def main() -> int:
    """Measure for as long as the command line says, and fail where a limit is not kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_idle")
    parser.add_argument("seconds", type=float, help="for how long it is watched")
    figures = watched(parser.parse_args().seconds)
    print(table(figures))  # noqa: T201 - the result
    return 0 if all(figure.is_met is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
