"""All commands together, and what stands on the line where none of them is named."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import typer

from syncd.cli import (
    adopt,
    approve,
    audit,
    check,
    cycles,
    demo,
    fleet,
    init,
    inquiries,
    levels,
    metrics,
    quarantine,
    release,
    revert,
    sandbox,
    service,
    state,
)
from syncd.cli.group import RootGroup
from syncd.cli.options import Shared, with_shared_options

Once: TypeAlias = Annotated[
    bool, typer.Option("--once", help="One full reconciliation, then exit.")
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="What --once would do, and nothing done.")
]
Only: TypeAlias = Annotated[
    list[str] | None, typer.Option("--only", metavar="ID…", help="Write these ids alone.")
]
Incremental: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--incremental",
        help="Read only what changed since the last read, where the source can tell.",
    ),
]
WithExitCode: TypeAlias = Annotated[
    bool, typer.Option("--exit-code", help="With --dry-run: exit 5 where it found changes.")
]
_HELP: Final = "Keep Digital River's inventory items in line with a merchant's catalog."


def build_app() -> typer.Typer:
    """Put the commands together; what takes long to import waits for the command that needs it."""
    app = typer.Typer(
        name="syncd",
        help=_HELP,
        cls=RootGroup,
        invoke_without_command=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(with_shared_options(_root))
    for module in (cycles, approve, revert, release, audit, adopt, inquiries, levels):
        module.add_to(app)
    for module in (check, metrics, fleet, init, sandbox, demo):
        module.add_to(app)
    app.add_typer(quarantine.build_app(), name="quarantine")
    app.add_typer(state.build_app(), name="state")
    return app


def _root(
    shared: Shared,
    context: typer.Context,
    once: Once = False,
    dry_run: DryRun = False,
    only: Only = None,
    wait: cycles.Wait = None,
    incremental: Incremental = False,
    exit_code: WithExitCode = False,
) -> None:
    wanted = cycles.Wanted(once, dry_run, tuple(only or ()), wait, exit_code, incremental)
    if context.invoked_subcommand is not None:
        wanted.refuse_beside(context.invoked_subcommand)
        return
    if wanted.is_nothing:
        service.serve(shared)
    cycles.run_wanted(shared, wanted)
