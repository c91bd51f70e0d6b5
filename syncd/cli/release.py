"""`syncd release`: what a revert holds is let go, and follows the catalog again."""

from __future__ import annotations

import typer

from syncd.cli.letting_go import All, Ids, LettingGo, let_go
from syncd.cli.options import Shared, with_shared_options


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("release")(with_shared_options(_release))


def _release(shared: Shared, ids: Ids = None, everything: All = False) -> None:
    """Let what a revert holds follow the catalog again."""
    from syncd.service.revert import release, release_all

    hence, nothing = "the next cycle goes by the catalog again", "No revert holds anything."
    let_go(
        shared, LettingGo("syncd release", release, release_all, hence, nothing), ids, everything
    )
