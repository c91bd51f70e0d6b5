"""`syncd revert`: undoes what a cycle has written."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from syncd.cli.cycles import USUAL_WAIT, Asked, Wait, run_and_show
from syncd.cli.options import Shared, with_shared_options
from syncd.domain.cycle import CycleId, Mode
from syncd.errors import UsageError

Cycle: TypeAlias = Annotated[
    str, typer.Argument(metavar="CYCLE", help="The cycle, as report and history name it.")
]
Only: TypeAlias = Annotated[
    list[str] | None, typer.Option("--only", metavar="ID…", help="Undo these ids alone.")
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="What it would undo, and nothing done.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("revert")(with_shared_options(_revert))


def _revert(
    shared: Shared, cycle: Cycle, only: Only = None, dry_run: DryRun = False, wait: Wait = None
) -> None:
    """Undo what a cycle has written, and hold it so until the catalog wants something else."""
    _undo(shared, CycleId(cycle), _asked(only, wait, dry_run=dry_run))


def _asked(only: list[str] | None, wait: str | None, *, dry_run: bool) -> Asked:
    from syncd.cli.session import read_ids, read_wait

    ids = frozenset(read_ids(tuple(only or ())))
    if not dry_run:
        return Asked(Mode.REVERT, ids, read_wait(wait, USUAL_WAIT))
    if wait is not None:
        raise UsageError("--wait", "a dry run waits for nothing", "Leave it out")
    return Asked(Mode.DRY_RUN, ids)


def _undo(shared: Shared, cycle: CycleId, asked: Asked) -> None:
    from dataclasses import replace

    from syncd.engine.standing import dry_run_exit_code, exit_code

    judged = exit_code if asked.writes else dry_run_exit_code
    run_and_show(shared, replace(asked, reverts=cycle), judged)
