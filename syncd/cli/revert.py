"""`syncd revert`: undoes what a cycle has written, and lets go what was undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from syncd.cli.cycles import USUAL_WAIT, Asked, Wait, run_and_show
from syncd.cli.options import Shared, with_shared_options
from syncd.domain.attributes import ItemId
from syncd.domain.cycle import CycleId, Mode
from syncd.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMAND = "syncd revert"

Names: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[CYCLE]", help="The cycle, as report and history name it; with --release, ids."
    ),
]
Only: TypeAlias = Annotated[
    list[str] | None, typer.Option("--only", metavar="ID…", help="Undo these ids alone.")
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="What it would undo, and nothing done.")
]
Release: TypeAlias = Annotated[
    bool, typer.Option("--release", help="Let the named ids follow the catalog again.")
]
Everything: TypeAlias = Annotated[
    bool, typer.Option("--all", help="With --release: all that is held by a revert.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("revert")(with_shared_options(_revert))


def _revert(
    shared: Shared,
    names: Names = None,
    only: Only = None,
    dry_run: DryRun = False,
    wait: Wait = None,
    release: Release = False,
    everything: Everything = False,
) -> None:
    """Undo what a cycle has written, and hold it so until the catalog wants something else."""
    given = tuple(names or ())
    if release:
        _refuse_beside_release(only, wait, dry_run=dry_run)
        _release(shared, given, everything=everything)
        return
    if everything or len(given) != 1:
        raise UsageError(
            _COMMAND,
            "it takes one cycle, or --release with ids or --all",
            "See the cycles with: syncd history",
        )
    _undo(shared, CycleId(given[0]), _asked(only, wait, dry_run=dry_run))


def _refuse_beside_release(only: list[str] | None, wait: str | None, *, dry_run: bool) -> None:
    if only or wait or dry_run:
        reason = "--only, --wait and --dry-run belong to the undoing, not to --release"
        raise UsageError(_COMMAND, reason, "Leave them out")


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


def _release(shared: Shared, names: Sequence[str], *, everything: bool) -> None:
    from syncd.cli.results import Results
    from syncd.cli.session import begin, holder, read_ids
    from syncd.cli.shown.revert import let_go_listing
    from syncd.service.revert import release, release_all
    from syncd.wiring import wired

    results = Results(shared)
    wanted: tuple[ItemId, ...] = read_ids(tuple(names))
    if everything == bool(wanted):
        raise UsageError(f"{_COMMAND} --release", "it takes ids or --all, one of them", "Give it")
    name = holder(f"{_COMMAND} --release")
    with wired(begin(shared)) as account:
        state = account.state
        released = release_all(state, name) if everything else release(state, wanted, name)
    results.listing(let_go_listing(released))
