"""Forks the members of a crew: `python -m tests.acceptance.crew.ship`, a line of JSON for each.

All of syncd is imported once. A member is the daemon itself, with leases and signs of life that
last for moments, under a clock that may go wrong, and it writes down each of its departures.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NoReturn

import orjson
import time_machine

from tests.acceptance.haste import hurry
from tests.warmed import warm_up

WORTH_IT: Final = 10
"""So few changes are shared: what one storm leaves, the next one meets as well."""
PAUSE: Final = 2.5
"""Seconds that all wait once one is told to wait and not for how long."""
_APPEND: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND


def main() -> None:
    """Serve until stdin ends, and take the crew along."""
    warm_up()
    gc.freeze()
    crew = []
    for line in sys.stdin.buffer:
        child = os.fork()
        if not child:
            _serve(orjson.loads(line))
        crew.append(child)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    for child in crew:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    os._exit(0)


def _serve(member: dict[str, Any]) -> NoReturn:
    told = Path(member["told"])
    for descriptor in (1, 2):
        os.dup2(os.open(told / "log", _APPEND), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(member["folder"])
    os.environ |= {
        "SYNCD_STATE__URL": member["url"],
        "SYNCD_STATE__ACCOUNT": member["account"],
        "SYNCD_SERVICE__LISTEN": "off",
        "CACHE_DIRECTORY": str(told / "cache"),
    }
    hurry(member["term"])
    _share_little()
    _pause_long()
    _write_departures_down(os.open(told / "departures", _APPEND))
    time_machine.travel(datetime.now(UTC) + timedelta(seconds=member["later"]), tick=True).start()
    from syncd.cli.app import main as syncd

    sys.argv = ["syncd", "--log-format", "json", "-v"]
    try:
        syncd()
    except SystemExit as ended:
        os._exit(int(ended.code or 0))
    os._exit(0)


def _share_little() -> None:
    from syncd.service import shared

    vars(shared).update(WORTH_IT=WORTH_IT)


def _pause_long() -> None:
    from syncd.digital_river import line

    vars(line).update(_USUAL_PAUSE=PAUSE)


def _write_departures_down(file: int) -> None:
    from syncd.state.postgres.pacing import PostgresPacer

    depart = PostgresPacer.depart

    async def written_down(pacer: PostgresPacer) -> float:
        pause = await depart(pacer)
        if not pause:
            os.write(file, b"%d\n" % time.monotonic_ns())
        return pause

    PostgresPacer.depart = written_down  # type: ignore[method-assign, assignment]  # around it


if __name__ == "__main__":
    main()
