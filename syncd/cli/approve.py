"""`syncd approve`: lets the rows through that the guards of a cycle have stopped."""

from __future__ import annotations

from typing import Annotated

import typer

from syncd.cli.options import Shared, with_shared_options
from syncd.domain.cycle import CycleId


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("approve")(with_shared_options(_approve))


def _approve(
    shared: Shared,
    cycle: Annotated[
        str, typer.Argument(metavar="CYCLE", help="The cycle, as report and history name it.")
    ],
) -> None:
    """Let through what the guards of a cycle have stopped, as it was planned."""
    from syncd.cli.results import Results
    from syncd.cli.session import begin, holder
    from syncd.cli.shown.approve import approve_listing
    from syncd.service.approve import approve
    from syncd.wiring import wired

    results = Results(shared)
    with wired(begin(shared)) as account:
        name = holder("syncd approve")
        approved = approve(account.state, account.clock, account.terms, CycleId(cycle), name)
    results.listing(approve_listing(approved))
