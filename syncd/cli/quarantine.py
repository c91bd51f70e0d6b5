"""`syncd quarantine`: what Digital River refused, and letting it be tried again."""

from __future__ import annotations

import typer

from syncd.cli.letting_go import All, Ids, LettingGo, let_go
from syncd.cli.options import Shared, with_shared_options


def add_to(app: typer.Typer) -> None:
    """Add the group of this module; without a command of its own it lists."""
    group = typer.Typer(
        help="What Digital River refused; retry lets it be tried again.",
        invoke_without_command=True,
        rich_markup_mode=None,
    )
    group.callback()(with_shared_options(_unless_named))
    group.command("list")(with_shared_options(_list))
    group.command("retry")(with_shared_options(_retry))
    app.add_typer(group, name="quarantine")


def _unless_named(shared: Shared, context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        _list(shared)


def _list(shared: Shared) -> None:
    """List what is in quarantine, and why."""
    from syncd.cli.inquiries import looking
    from syncd.cli.results import Results
    from syncd.cli.shown.quarantine import quarantine_listing
    from syncd.service.table import quarantined

    results = Results(shared)
    with looking(shared) as wired:
        refused = tuple(quarantined(wired.state))
        now = wired.clock.now()
    results.listing(quarantine_listing(refused, now))


def _retry(shared: Shared, ids: Ids = None, everything: All = False) -> None:
    """Let these be due again at the next cycle."""
    from syncd.service.quarantine import retry, retry_all

    hence, nothing = "the next cycle tries again", "There was nothing to release."
    letting = LettingGo("syncd quarantine retry", retry, retry_all, hence, nothing)
    let_go(shared, letting, ids, everything)
