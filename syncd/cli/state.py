"""`syncd state`: where the state stands, moved from one database to another."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from syncd.cli.options import Shared, with_shared_options

Account: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--account",
        envvar="SYNCD_STATE__ACCOUNT",
        help="The account's name in PostgreSQL, as state.account has it.",
    ),
]
Source: TypeAlias = Annotated[
    str, typer.Argument(metavar="FROM", help="Where it is, as a URL like that of state.url.")
]
Target: TypeAlias = Annotated[
    str, typer.Argument(metavar="TO", help="Where it shall be; nothing may be there yet.")
]
Place: TypeAlias = Annotated[
    str, typer.Argument(metavar="URL", help="Where it was before it was moved.")
]


def add_to(app: typer.Typer) -> None:
    """Add the group of this module."""
    group = typer.Typer(
        help="Move the state between SQLite and PostgreSQL, or take it back.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.callback()(with_shared_options(_begin))
    group.command("migrate")(with_shared_options(_migrate))
    group.command("reclaim")(with_shared_options(_reclaim))
    app.add_typer(group, name="state")


def _begin(shared: Shared) -> None:
    """Options may stand before the command as well; there is nothing else to begin with."""


def _migrate(shared: Shared, source: Source, target: Target, account: Account = None) -> None:
    """Move the state with all its history, and leave a mark that says where it went.

    It is copied and compared row by row while no cycle can run; then the old one refuses to work,
    so that no two states ever act on one account. Afterwards, point state.url at the new one.
    """
    from syncd.cli.results import Results
    from syncd.cli.session import holder, log_to_stderr
    from syncd.cli.shown.state import moved_listing
    from syncd.config.addresses import passwords_in
    from syncd.wiring import move_state

    results = Results(shared)
    shared.secrets.update(passwords_in(source, target))
    log_to_stderr(shared)
    moved = move_state(source, target, account, holder("syncd state migrate"))
    results.listing(moved_listing(moved))


def _reclaim(shared: Shared, place: Place, account: Account = None) -> None:
    """Take back a state that was moved, for nothing works where it went.

    Every item that it owns is looked up before it is written again.
    """
    from syncd.cli.results import Results
    from syncd.cli.session import log_to_stderr
    from syncd.cli.shown.state import reclaimed_listing
    from syncd.config.addresses import passwords_in
    from syncd.wiring import reclaim_state

    results = Results(shared)
    shared.secrets.update(passwords_in(place))
    log_to_stderr(shared)
    results.listing(reclaimed_listing(reclaim_state(place, account)))
