"""The command line as a whole, and what it does where no command is named."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import typer

from syncd.cli import cycles
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
    """What stands before a command; each is loaded once it is asked for."""
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
        from syncd.cli.service import serve

        serve(shared)
    cycles.run_wanted(shared, wanted)
