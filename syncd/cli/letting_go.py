"""What is kept back is let go, by its ids or all of it; each command says what keeps it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import typer

from syncd.cli.options import Shared
from syncd.domain.attributes import ItemId
from syncd.errors import UsageError
from syncd.ports import State

Ids: TypeAlias = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Release these.")]
All: TypeAlias = Annotated[bool, typer.Option("--all", help="Release all.")]


@dataclass(frozen=True, slots=True)
class LettingGo:
    """How one command lets go; both calls take the name of the lease's holder and give the ids.

    `hence` says what becomes of them, `nothing` that there were none.
    """

    command: str
    these: Callable[[State, Sequence[ItemId], str], Sequence[ItemId]]
    everything: Callable[[State, str], Sequence[ItemId]]
    hence: str
    nothing: str


def let_go(shared: Shared, letting: LettingGo, ids: Ids, everything: All) -> None:
    """Let these go or all, and list them; raises `UsageError` where it is not one of the two."""
    from syncd.cli.results import Results
    from syncd.cli.session import begin, holder, read_ids
    from syncd.cli.shown.released import released_listing
    from syncd.wiring import wired

    results, wanted = Results(shared), read_ids(tuple(ids or ()))
    if everything == bool(wanted):
        raise UsageError(letting.command, "it takes ids or --all, one of them", "Give it")
    name = holder(letting.command)
    with wired(begin(shared)) as account:
        state = account.state
        gone = letting.everything(state, name) if everything else letting.these(state, wanted, name)
    results.listing(released_listing(gone, letting.hence, letting.nothing))
