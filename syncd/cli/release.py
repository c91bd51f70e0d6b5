"""`syncd release`: what a revert holds is let go, and follows the catalog again."""

from __future__ import annotations

from typing import Annotated

import typer

from syncd.cli.options import Shared, with_shared_options
from syncd.errors import UsageError

_COMMAND = "syncd release"


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("release")(with_shared_options(_release))


def _release(
    shared: Shared,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]…", help="Release these.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Release all.")] = False,
) -> None:
    """Let what a revert holds follow the catalog again."""
    from syncd.cli.results import Results
    from syncd.cli.session import begin, holder, read_ids
    from syncd.cli.shown.release import let_go_listing
    from syncd.service.revert import release, release_all
    from syncd.wiring import wired

    results, wanted = Results(shared), read_ids(tuple(ids or ()))
    if everything == bool(wanted):
        raise UsageError(_COMMAND, "it takes ids or --all, one of them", "Give it")
    name = holder(_COMMAND)
    with wired(begin(shared)) as account:
        state = account.state
        released = release_all(state, name) if everything else release(state, wanted, name)
    results.listing(let_go_listing(released))
