"""The longer proof: `python -m tests.acceptance.kills`, with stories and options, see `--help`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.acceptance.kills.arranged import ONE_BY_ONE, SIDE_BY_SIDE
from tests.acceptance.kills.fleet import FleetSweep
from tests.acceptance.kills.helped import HelpedSweep
from tests.acceptance.kills.launcher import Launcher, launching
from tests.acceptance.kills.places import keeping, moving, taking_over
from tests.acceptance.kills.server import ServerSweep
from tests.acceptance.kills.stage import Remote, Stage
from tests.acceptance.kills.stories import STORIES
from tests.acceptance.kills.sweep import Part, Sweep
from tests.postgres_states import Account, new_account
from tests.sandbox_process import sandbox_process
from tests.servers import postgres
from tests.shop import Shop

ON_A_SERVER: Final = {story.__name__: story for story in (keeping, taking_over, moving)}
"""The stories whose state is in PostgreSQL."""
HELPING: Final = "helping"
"""The one in which another process leads."""
A_FLEET: Final = "a_fleet"
"""The one in which errands come from the queue of many processes."""
APART: Final = (*ON_A_SERVER, HELPING, A_FLEET)
TERM: Final = 2.0
"""Seconds that a lease lasts there: nobody may stand still for so long on a busy machine."""


def main() -> None:
    """Kill at every boundary of these stories, all unless named; what is wrong ends it."""
    options = _parser().parse_args()
    with (
        sandbox_process("--rate", "0") as sandbox,
        tempfile.TemporaryDirectory() as told,
        launching(Path(told)) as launcher,
    ):
        for name in options.story or (*STORIES, *APART):
            tell = _told_on_a_server if name in APART else _told
            count = tell(name, sandbox.url, launcher, options)
            sys.stdout.write(f"{name}: killed {count} times, and well again each time\n")
            sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.kills", description=__doc__)
    parser.add_argument("story", nargs="*", choices=[*STORIES, *APART, []])
    parser.add_argument("--side-by-side", action="store_true", help="eight requests at once")
    parser.add_argument("--each", action="store_true", help="recover from each kill, alike or not")
    parser.add_argument("--twice", action="store_true", help="kill each recovery everywhere, too")
    return parser


def _told(name: str, url: str, launcher: Launcher, options: argparse.Namespace) -> int:
    pace = SIDE_BY_SIDE if options.side_by_side else ONE_BY_ONE
    with tempfile.TemporaryDirectory() as folder, closing(Remote(url)) as remote:
        stage = Stage(Shop(Path(folder), url), remote, launcher)
        stage.remote.reset()
        sweep = Sweep.of(stage, STORIES[name], pace)
        sweep.spares = not options.each
        killed = sweep.kills_twice() if options.twice else sweep.kills(Part())
        return sum(1 for ended in killed if ended.was_killed)


def _told_on_a_server(name: str, url: str, launcher: Launcher, __: argparse.Namespace) -> int:
    """At each boundary once, one request after the other."""
    with tempfile.TemporaryDirectory() as folder, closing(Remote(url)) as remote:
        os.environ["CACHE_DIRECTORY"] = str(Path(folder, "cache"))
        remote.reset()
        stage = Stage(Shop(Path(folder), url), remote, launcher)
        with (
            postgres() as server,
            new_account(server, made=False) as account,
            closing(_sweep(name, stage, account)) as sweep,
        ):
            return sum(1 for ended in sweep.kills() if ended.was_killed)


def _sweep(name: str, stage: Stage, account: Account) -> ServerSweep | FleetSweep:
    if name == A_FLEET:
        return FleetSweep(stage, account.server, TERM)
    if name == HELPING:
        return HelpedSweep(stage, account, TERM)
    return ServerSweep(stage, account, TERM, ON_A_SERVER[name])


if __name__ == "__main__":
    main()
