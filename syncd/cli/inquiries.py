"""The commands that only look: `status`, `history`, `why` and `items`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from syncd.cli.options import Shared, with_shared_options
from syncd.domain.cycle import CycleId
from syncd.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from syncd.cli.results import Results
    from syncd.ports import Remote
    from syncd.service.finding import FoundItems
    from syncd.wiring import Wired

Answer = TypeVar("Answer")

_EXAMPLES: Final = 5
_CYCLES: Final = 20


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("status")(with_shared_options(_status))
    app.command("history")(with_shared_options(_history))
    app.command("why")(with_shared_options(_why))
    app.command("items")(with_shared_options(_items))


@contextmanager
def looking(shared: Shared) -> Iterator[Wired]:
    """Open everything for a command that changes nothing."""
    from syncd.cli.session import begin
    from syncd.wiring import wired_read_only

    with wired_read_only(begin(shared)) as wired:
        yield wired


def ask(wired: Wired, question: Callable[[Remote], Coroutine[Any, Any, Answer]]) -> Answer:
    """Put a question to the remote, and give its connections back."""

    async def asking() -> Answer:
        remote = wired.ports.remote
        try:
            return await question(remote)
        finally:
            await remote.aclose()

    return asyncio.run(asking())


def _status(shared: Shared) -> None:
    """Tell how everything stands; asks Digital River nothing."""
    from syncd.cli.results import Results
    from syncd.cli.shown.status import status_listing
    from syncd.config.pace import longest_gap
    from syncd.service.inquiry import status
    from syncd.service.past_audits import AuditStanding, last_audit
    from syncd.service.rounds import rolling_bound

    results = Results(shared)
    with looking(shared) as wired:
        found = status(wired.state, wired.clock.now(), _EXAMPLES)
        gap = longest_gap(wired.settings.schedule.audit, found.at)
        rolling = rolling_bound(wired.state, wired.settings.schedule.rolling, found.at)
        audit = AuditStanding(last_audit(wired.state), gap, rolling)
    results.listing(status_listing(found, audit))


def _history(
    shared: Shared,
    cycle: Annotated[
        str | None, typer.Argument(metavar="CYCLE", help="Show this cycle's report.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="How many cycles are listed.")
    ] = _CYCLES,
    verify: Annotated[
        bool, typer.Option("--verify", help="Find the first cycle that was changed afterwards.")
    ] = False,
) -> None:
    """List the latest cycles, show the report of one, or verify all."""
    from syncd.cli.results import Results

    if verify and cycle is not None:
        raise UsageError(
            "syncd history", "--verify goes through all cycles", "Leave out one of the two"
        )
    results = Results(shared)
    with looking(shared) as wired:
        if verify:
            _verify_cycles(results, wired)
        elif cycle is None:
            _list_cycles(results, wired, limit)
        else:
            _show_cycle(results, wired, CycleId(cycle))


def _list_cycles(results: Results, wired: Wired, limit: int) -> None:
    from syncd.cli.shown.history import history_listing
    from syncd.service.inquiry import is_under_way

    now, cycles = wired.clock.now(), wired.state.cycles(limit)
    under_way = bool(cycles) and is_under_way(wired.state, cycles[0])
    results.listing(history_listing(cycles, now, under_way=under_way))


def _verify_cycles(results: Results, wired: Wired) -> None:
    from syncd.cli.results import tell_exit
    from syncd.cli.shown.verify import damage_words, verify_listing
    from syncd.service.verify import verify

    verdict = verify(wired.state)
    results.listing(verify_listing(verdict))
    if verdict.breach is not None:
        tell_exit(ExitCode.FAILED, damage_words(verdict.breach))
        raise typer.Exit(ExitCode.FAILED)


def _show_cycle(results: Results, wired: Wired, cycle: CycleId) -> None:
    from syncd.engine.standing import exit_code
    from syncd.report import Report
    from syncd.service.past import past_cycle

    result = past_cycle(wired.state, cycle)
    results.report(Report.of(result, wired.catalog.name, exit_code(result)))


def _why(
    shared: Shared,
    id: Annotated[str, typer.Argument(metavar="ID", help="The SKU's id.")],
) -> None:
    """Tell a SKU's state and history, its values side by side, and what happens next."""
    from syncd.cli.results import Results
    from syncd.cli.session import read_ids
    from syncd.cli.shown.sku import sku_listing
    from syncd.service.explanation import why

    results, (item,) = Results(shared), read_ids((id,))
    with looking(shared) as wired:
        explanation = ask(wired, lambda _: why(wired.ports, wired.terms, item))
    results.listing(sku_listing(explanation))


def _items(
    shared: Shared,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Retrieve these items.")
    ] = None,
    part_number: Annotated[
        str | None, typer.Option("--part-number", metavar="PN", help="Search by part number.")
    ] = None,
    manufacturer: Annotated[
        str | None, typer.Option("--manufacturer", metavar="M", help="Search by manufacturer.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Stop after so many found.")
    ] = None,
) -> None:
    """Retrieve or search inventory items as Digital River has them."""
    from syncd.cli.results import Results
    from syncd.cli.session import read_ids
    from syncd.cli.shown.items import items_listing
    from syncd.service.finding import find_items, search_items

    results, wanted = Results(shared), read_ids(tuple(ids or ()))
    if wanted and (part_number is not None or manufacturer is not None):
        raise UsageError("syncd items", "ids and a search exclude each other", "Give one of them")

    def question(remote: Remote) -> Coroutine[Any, Any, FoundItems]:
        if wanted:
            return find_items(remote, wanted)
        return search_items(remote, part_number, manufacturer, limit)

    with looking(shared) as wired:
        found = ask(wired, question)
    results.listing(items_listing(found))
