"""The commands that run a cycle: `--once`, `--dry-run`, `plan` and `apply`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from syncd.cli.files import check_writable, read_whole, write_privately
from syncd.cli.options import Shared, with_shared_options
from syncd.cli.stopping import run_until_stopped
from syncd.domain.attributes import ItemId
from syncd.domain.change import ChangeOutcome, Plan, paired
from syncd.domain.cycle import CycleId, CycleResult, Mode
from syncd.errors import ExitCode, ReportError, UsageError

if TYPE_CHECKING:
    from syncd.config import Settings
    from syncd.report import Report
    from syncd.service.terms import CycleRequest, Progress
    from syncd.wiring import Wired

Wait: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--wait", metavar="DURATION", help="Wait out back-offs for so long; 5m unless given."
    ),
]
Judged: TypeAlias = Callable[[CycleResult], ExitCode]
USUAL_WAIT: Final = timedelta(minutes=5)
TELLING_WAIT: Final = timedelta(seconds=10)
"""How long another cycle is waited for that began right after this one."""
_COMMANDS: Final = {
    Mode.ONCE: "syncd --once",
    Mode.DRY_RUN: "syncd --dry-run",
    Mode.PLAN: "syncd plan",
    Mode.APPLY: "syncd apply",
    Mode.REVERT: "syncd revert",
}
_SAVED_MODES: Final = frozenset({Mode.PLAN, Mode.DRY_RUN})


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("plan")(with_shared_options(_plan))
    app.command("apply")(with_shared_options(_apply))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What stands on the command line where no command is named."""

    once: bool
    dry_run: bool
    only: tuple[str, ...]
    wait: str | None
    exit_code: bool
    incremental: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether nothing was asked for at all."""
        return self == Wanted(once=False, dry_run=False, only=(), wait=None, exit_code=False)

    def refuse_beside(self, command: str) -> None:
        """Raise `UsageError` where something was asked for beside a command."""
        if not self.is_nothing:
            raise UsageError(
                f"syncd {command}",
                "--once, --dry-run and their options stand alone, without a command",
                f"Leave them out, or {command}",
            )

    def check(self) -> None:
        """Raise `UsageError` where the options contradict each other."""
        if self.once == self.dry_run:
            reason = "they exclude each other" if self.once else "they say how, but not what"
            raise UsageError("The options", reason, "Give either --once or --dry-run")
        if self.exit_code and not self.dry_run:
            raise UsageError("--exit-code", "it belongs to --dry-run", "Leave it out")
        if self.wait is not None and not self.once:
            raise UsageError("--wait", "a dry run waits for nothing", "Leave it out")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a cycle is asked for, before there is a loop to run it in."""

    mode: Mode
    only: frozenset[ItemId] = frozenset()
    wait: timedelta = USUAL_WAIT
    saved: Plan | None = None
    incremental: bool = False
    reverts: CycleId | None = None

    @property
    def writes(self) -> bool:
        """Whether the cycle may write."""
        return self.mode not in _SAVED_MODES

    @property
    def is_whole(self) -> bool:
        """Whether the cycle is about all SKUs."""
        return self.mode is Mode.ONCE and not self.only


def run_wanted(shared: Shared, wanted: Wanted) -> None:
    """Carry out `--once` or `--dry-run`."""
    from syncd.cli.session import read_ids, read_wait
    from syncd.engine.standing import dry_run_exit_code, dry_run_findings, exit_code

    wanted.check()
    mode = Mode.ONCE if wanted.once else Mode.DRY_RUN
    asked = Asked(
        mode,
        frozenset(read_ids(wanted.only)),
        read_wait(wanted.wait, USUAL_WAIT),
        incremental=wanted.incremental,
    )
    if wanted.once:
        run_and_show(shared, asked, exit_code)
    else:
        judged = dry_run_findings if wanted.exit_code else dry_run_exit_code
        run_and_show(shared, asked, judged)


def _plan(
    shared: Shared,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the plan is saved.")],
) -> None:
    """Save a dry run, to be carried out by `apply`."""
    from syncd.cli.results import Results, tell
    from syncd.engine.standing import dry_run_exit_code
    from syncd.report import Format, render

    results = Results(shared)
    check_writable(out)
    report = run(shared, Asked(Mode.PLAN), dry_run_exit_code)
    if report.exit_code is ExitCode.OK:
        write_privately(out, render(report, Format.JSON))
        tell(f"Saved to {out}; carry it out with: syncd apply {out}")
    results.report(report)
    raise typer.Exit(report.exit_code)


def _apply(
    shared: Shared,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `plan` has saved.")],
    wait: Wait = None,
) -> None:
    """Carry out a saved plan; its stale rows are left out and reported."""
    from syncd.cli.session import read_wait
    from syncd.engine.standing import exit_code

    asked = Asked(Mode.APPLY, wait=read_wait(wait, USUAL_WAIT), saved=saved_plan(file))
    run_and_show(shared, asked, exit_code)


def saved_plan(file: Path) -> Plan:
    """Read the changes that a saved plan would make; raises `ReportError`."""
    from syncd.report import from_json

    report = from_json(read_whole(file), str(file))
    if report.mode not in _SAVED_MODES:
        raise ReportError(
            str(file),
            f"it reports what a cycle did (mode {report.mode}), not what is planned",
            "Save a plan with: syncd plan --out FILE",
        )
    planned = (one.change for one in report.changes if one.outcome is ChangeOutcome.PLANNED)
    return Plan(paired(planned))


def run_and_show(shared: Shared, asked: Asked, judged: Judged) -> None:
    """Run a cycle, show its report and end with its exit code."""
    from syncd.cli.results import Results

    results = Results(shared)
    report = run(shared, asked, judged)
    results.report(report)
    raise typer.Exit(report.exit_code)


def run(shared: Shared, asked: Asked, judged: Judged) -> Report:
    """Run a cycle under the configuration and watch it; `judged` gives the report's exit code."""
    from syncd.cli.progress import watching
    from syncd.cli.session import begin
    from syncd.report import Report

    settings = begin(shared)
    with _wired(settings, asked) as wired, watching(shared, settings) as progress:
        result, ended = run_until_stopped(lambda stop: _cycle(wired, asked, progress, stop))
        if asked.writes and ended.exit_code is None:
            _tell(wired, asked, result)
        return Report.of(result, wired.catalog.name, ended.exit_code or judged(result))


def _wired(settings: Settings, asked: Asked) -> AbstractContextManager[Wired]:
    from syncd.wiring import wired, wired_read_only

    return wired(settings) if asked.writes else wired_read_only(settings)


async def _cycle(
    wired: Wired, asked: Asked, progress: Progress, stop: asyncio.Event
) -> CycleResult:
    from syncd.service.cycle import new_cycle_id, rehearse, run_cycle

    cycle = new_cycle_id(wired.clock.now())
    request, remote = _request(cycle, asked, progress, stop), wired.ports.remote
    try:
        if asked.writes:
            return await run_cycle(wired.ports, wired.terms, request)
        return await rehearse(wired.ports, wired.terms, request)
    finally:
        await remote.aclose()


def _tell(wired: Wired, asked: Asked, result: CycleResult) -> None:
    """Tell people what the cycle came to, at once: nobody knows when the next one tries again."""
    if wired.notifier is None:
        return
    from syncd.cli.session import holder
    from syncd.service.courier import Courier
    from syncd.service.glimpse import glimpse_of
    from syncd.service.telling import Telling, TellingTerms, tell_once

    terms = TellingTerms(holder(_COMMANDS[asked.mode]), patience=timedelta(), wait=TELLING_WAIT)
    telling = Telling(wired.state, Courier(wired.notifier), wired.clock.now, terms)
    tell_once(telling, glimpse_of(result, is_whole=asked.is_whole))


def _request(cycle: CycleId, asked: Asked, progress: Progress, stop: asyncio.Event) -> CycleRequest:
    from syncd.cli.session import holder
    from syncd.service.terms import CycleRequest

    return CycleRequest(
        id=cycle,
        mode=asked.mode,
        holder=holder(_COMMANDS[asked.mode]),
        only=asked.only,
        wait=asked.wait,
        saved=asked.saved,
        incremental=asked.incremental,
        reverts=asked.reverts,
        progress=progress,
        stop=stop,
    )
