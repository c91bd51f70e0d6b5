"""Runs syncd in children that may die: `python -m tests.acceptance.kills.killed`.

All of syncd is imported once, and its own command line is run in a child for each line on stdin.
The line that answers tells how the child ended.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NoReturn

import httpx

from syncd.cli.stopping import SIGNALS
from syncd.ports import State
from tests.acceptance.haste import BEATS_A_TERM, hurry
from tests.acceptance.kills.boundaries import Boundaries, watch
from tests.acceptance.kills.confinement import heed_rights, limit_files
from tests.acceptance.kills.errands import end_once_idle, hurry_fleet, watch_queue
from tests.acceptance.kills.job import Job, Meddling
from tests.warmed import warm_up

SHORT: Final = 0.05
"""Seconds below which a wait is really waited: the pacer's, by which departures are spread."""
TERMS_TO_DIE: Final = 2.0
"""Terms of the lease after which whoever shows no sign of life has left a fleet."""
_HELD: Final = 3
"""The exit code of a run that holds rows."""
_MODE: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


class LeapingClock:
    """The state's time, moved; a longer wait is over at once, and later then."""

    passed = timedelta()

    def __init__(self, state: State) -> None:
        self._state = state

    def now(self) -> datetime:
        return self._state.now() + self.passed

    async def sleep(self, seconds: float) -> None:
        if seconds > SHORT:
            LeapingClock.passed += timedelta(seconds=seconds)
        await asyncio.sleep(seconds if 0 < seconds <= SHORT else 0)


def main() -> None:
    """Serve until stdin ends."""
    warm_up()
    _trust_once()
    _rehearse()
    gc.freeze()
    for line in sys.stdin.buffer:
        job = Job.read(line)
        child = os.fork()
        if not child:
            _run(job)
        _, status = os.waitpid(child, 0)
        _answer(job.number, os.waitstatus_to_exitcode(status))
    os._exit(0)  # at once: what the forks shared is not worth tidying up


def _trust_once() -> None:
    """Load the certificates of the world once: nothing here is encrypted."""
    trusted = httpx.create_ssl_context()  # takes a fifth of a run
    httpx.create_ssl_context = lambda: trusted  # type: ignore[misc, assignment]  # as syncd calls it


def _rehearse() -> None:
    """Run a cycle here that has nothing to ask, so that no run has to begin from cold.

    What Python learns of code that it runs, and the tree of commands, are there in every fork.
    """
    from typer import main as typer

    from syncd.cli import commands
    from tests.shop import Shop, row

    app = commands.build_app()
    tree = typer.get_command(app)
    commands.build_app = lambda: app
    typer.get_command = lambda _: tree  # type: ignore[assignment]  # the only one that is asked for
    with tempfile.TemporaryDirectory() as folder, _muffled(Path(folder, "said")):
        shop = Shop(Path(folder), "http://127.0.0.1:1")
        shop.configure()
        shop.stock([row(0, hs="1")])
        os.chdir(folder)
        for line in (("--once", "--format", "json", "--output", "report.json"), ("--once",)):
            assert _syncd(line) == _HELD, Path(folder, "said").read_text()
        os.chdir("/")
    for each in SIGNALS:
        signal.signal(each, signal.SIG_DFL)


@contextmanager
def _muffled(place: Path) -> Iterator[None]:
    """Let stdout and stderr go to a file."""
    kept = [(number, os.dup(number)) for number in (1, 2)]
    said = os.open(place, _MODE)
    try:
        for number, _ in kept:
            os.dup2(said, number)
        yield
    finally:
        sys.stdout.flush()
        for number, before in kept:
            os.dup2(before, number)
            os.close(before)
        os.close(said)


def _answer(number: int, code: int) -> None:
    sys.stdout.write(f"{number} {code}\n")
    sys.stdout.flush()


def _run(job: Job) -> NoReturn:
    told = Path(job.told)
    boundaries = Boundaries(os.open(told / "boundaries", _MODE), job)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(told / name, _MODE), descriptor)
    os.chdir(job.folder)
    tempfile.tempdir = job.told
    _leap(job.later)
    if job.term is not None:
        _take_quick_leases(job.term, job.folder)
    if not _confine(job):
        watch(Path(job.folder), _with_meddling(boundaries.reached, job.meddling))
    if not job.arguments:
        _serve_once(boundaries, job.wish)
    if "fleet" in job.arguments[:1]:
        _work_as_a_fleet(boundaries, job.term)
    code = _syncd(job.arguments)
    boundaries.reached("the process ends")
    os._exit(code)


def _serve_once(boundaries: Boundaries, wish: str) -> None:
    """Have the daemon carry out this one wish and stop in order.

    Its timetable is not asked.
    """
    from syncd.daemon.wishes import Wishes
    from syncd.service.pulse import Job as Wanted
    from syncd.service.pulse import Pulse, Strand

    make, add, beat = Wishes.__init__, Wishes.add, Pulse.__init__

    def wishing(wishes: Wishes) -> None:
        make(wishes)
        add(wishes, Wanted(wish))

    class Last(Strand):
        def rest(self) -> None:
            super().rest()
            boundaries.signal(signal.SIGTERM)

    def beating(
        pulse: Pulse, now: Callable[[], datetime], ticks: Callable[[], float] = time.monotonic
    ) -> None:
        beat(pulse, now, ticks)
        setattr(pulse, "cycle" if wish == Wanted.POLL else "beside", Last(now, ticks))

    Wishes.__init__ = wishing  # type: ignore[method-assign, assignment]  # around it
    Wishes.add = lambda *_: None  # type: ignore[method-assign]  # nobody else's
    Pulse.__init__ = beating  # type: ignore[method-assign, assignment]  # around it


def _work_as_a_fleet(boundaries: Boundaries, term: float | None) -> None:
    """Tell the queue's steps as well, and stop in order when there is nothing left to do."""
    assert term is not None
    hurry_fleet(beat=term / BEATS_A_TERM, stalled=term * TERMS_TO_DIE)
    watch_queue(boundaries.reached)
    end_once_idle(lambda: boundaries.signal(signal.SIGTERM))


def _take_quick_leases(term: float, folder: str) -> None:
    """In PostgreSQL, whose copies go into a folder of the shop's."""
    hurry(term)
    os.environ["CACHE_DIRECTORY"] = str(Path(folder, "cache"))


def _leap(later: float) -> None:
    from syncd.wiring import account

    LeapingClock.passed = timedelta(seconds=later)
    account.StateClock = LeapingClock  # type: ignore[assignment, attr-defined]  # the same port


def _confine(job: Job) -> bool:
    """Take away what this run may not have; True where that leaves no room to tell boundaries."""
    if job.heeds_rights:
        heed_rights()
    if job.largest_file is None:
        return False
    limit_files(job.largest_file)
    return True


def _with_meddling(
    reached: Callable[[str], None], meddling: Meddling | None
) -> Callable[[str], None]:
    if meddling is None:
        return reached

    def meddled(name: str) -> None:
        if name == meddling.boundary:
            _put(meddling)
        reached(name)

    return meddled


def _put(meddling: Meddling) -> None:
    request = urllib.request.Request(meddling.url, meddling.body.encode(), method="PUT")  # noqa: S310 - the sandbox's own
    with urllib.request.urlopen(request, timeout=60):  # noqa: S310 - the same
        pass


def _syncd(arguments: tuple[str, ...]) -> int:
    from syncd.cli.app import main as syncd

    sys.argv = ["syncd", *arguments]
    try:
        syncd()
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    main()
