"""`syncd adopt`: looks at what a first run would take over, or rebuilds a state that was lost."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import typer

from syncd.cli.options import Shared, with_shared_options
from syncd.cli.stories import asking, told
from syncd.errors import ExitCode

Rebuild: TypeAlias = Annotated[
    bool,
    typer.Option("--rebuild", help="Fill a lost state from catalog and remote, writing nothing."),
]
_COMMAND: Final = "syncd adopt"


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("adopt")(with_shared_options(_adopt))


def _adopt(shared: Shared, rebuild: Rebuild = False) -> None:
    """List what a first run would take over, what differs, and what it would leave."""
    if rebuild:
        _rebuild(shared)
    else:
        _foresee(shared)


def _foresee(shared: Shared) -> None:
    from syncd.cli.results import Results
    from syncd.cli.session import begin
    from syncd.cli.shown.adopt import prospects_listing
    from syncd.domain.cycle import Mode
    from syncd.service.adopt import foresee

    results, settings = Results(shared), begin(shared)
    with asking(shared, settings, _COMMAND, writes=False) as on_behalf:
        ports, terms = on_behalf.account.ports, on_behalf.account.terms
        found, _ = told(
            on_behalf,
            lambda stop: foresee(
                ports, on_behalf.account.listing, terms, on_behalf.request(Mode.DRY_RUN, stop)
            ),
        )
    results.listing(prospects_listing(found))
    if found.is_nothing:
        _leave(ExitCode.GUARD_STOPPED)


def _rebuild(shared: Shared) -> None:
    from syncd.cli.results import Results
    from syncd.cli.session import begin
    from syncd.cli.shown.adopt import rebuilt_listing
    from syncd.domain.cycle import Mode
    from syncd.engine.standing import exit_code
    from syncd.service.adopt import rebuild

    results, settings = Results(shared), begin(shared)
    with asking(shared, settings, f"{_COMMAND} --rebuild", writes=True) as on_behalf:
        ports, terms = on_behalf.account.ports, on_behalf.account.terms
        result, ended = told(
            on_behalf, lambda stop: rebuild(ports, terms, on_behalf.request(Mode.ADOPT, stop))
        )
    results.listing(rebuilt_listing(result))
    _leave(ended or exit_code(result))


def _leave(code: ExitCode) -> None:
    from syncd.cli.results import tell_exit

    tell_exit(code)
    raise typer.Exit(code)
