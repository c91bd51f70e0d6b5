"""`syncd audit`: holds the remote against what is known, and mends it where that is asked for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from syncd.cli.cycles import USUAL_WAIT, Wait
from syncd.cli.options import Shared, with_shared_options
from syncd.cli.stories import Asking, asking, told
from syncd.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from syncd.domain.audit import Audit
    from syncd.domain.cycle import CycleResult

Repair: TypeAlias = Annotated[
    bool, typer.Option("--repair", help="Mend what differs, under the guards.")
]
Sample: TypeAlias = Annotated[
    int | None,
    typer.Option("--sample", metavar="N", min=1, help="Look at N known items by chance, not all."),
]
WithExitCode: TypeAlias = Annotated[
    bool, typer.Option("--exit-code", help="Exit 5 where something is to be mended.")
]
_COMMAND: Final = "syncd audit"


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("audit")(with_shared_options(_audit))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the audit is to do; `sample` is None for all there is."""

    repair: bool
    sample: int | None
    wait: timedelta


def _audit(
    shared: Shared,
    repair: Repair = False,
    sample: Sample = None,
    exit_code: WithExitCode = False,
    wait: Wait = None,
) -> None:
    """Compare what Digital River really holds with what it should hold."""
    from syncd.cli.results import Results
    from syncd.cli.session import begin, read_wait
    from syncd.cli.shown.audit import audit_listing

    _refuse_contradictions(exit_code, wait, repair=repair)
    asked, results = _Asked(repair, sample, read_wait(wait, USUAL_WAIT)), Results(shared)
    settings = begin(shared)
    with asking(shared, settings, _COMMAND, writes=True) as on_behalf:
        done, ended = told(on_behalf, lambda stop: _run(on_behalf, asked, stop))
    results.listing(audit_listing(done.audit, done.repair))
    _leave(ended or _code(done, exit_code=exit_code))


def _refuse_contradictions(exit_code: bool, wait: str | None, *, repair: bool) -> None:
    if repair and exit_code:
        raise UsageError("--exit-code", "a repair exits as a run does", "Leave out one of the two")
    if wait is not None and not repair:
        raise UsageError("--wait", "an audit without --repair waits for nothing", "Leave it out")


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of it; `repair` is None where none was asked for, or nothing was to be mended."""

    audit: Audit
    repair: CycleResult | None = None


async def _run(on_behalf: Asking, asked: _Asked, stop: asyncio.Event) -> _Done:
    """Audit, and mend what was found where that is asked for."""
    from syncd.domain.cycle import Mode
    from syncd.service.audit import Auditing
    from syncd.service.repair import repair

    account, request = on_behalf.account, on_behalf.request(Mode.REPAIR, stop, asked.wait)
    auditing = Auditing(account.ports, account.listing, account.terms, request)
    audit = await (auditing.whole() if asked.sample is None else auditing.sample(asked.sample))
    if not asked.repair:
        return _Done(audit)
    return _Done(audit, await repair(account.ports, account.terms, request, audit))


def _leave(code: ExitCode) -> None:
    """End with what the audit, or the repair, came to."""
    from syncd.cli.results import tell_exit

    meaning = "the audit found something to mend" if code is ExitCode.CHANGES_FOUND else ""
    tell_exit(code, meaning)
    raise typer.Exit(code)


def _code(done: _Done, *, exit_code: bool) -> ExitCode:
    from syncd.engine.standing import exit_code as standing

    if done.audit.guards:
        return ExitCode.GUARD_STOPPED
    if done.repair is not None:
        return standing(done.repair)
    found = exit_code and bool(done.audit.to_mend())
    return ExitCode.CHANGES_FOUND if found else ExitCode.OK
