"""`syncd demo`: sandbox, sample catalog, one reconciliation and its report, without an account."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Annotated, Final

import typer

from syncd.cli.options import Shared, with_shared_options
from syncd.errors import ExitCode, ReportError

if TYPE_CHECKING:
    from syncd.domain.cycle import CycleResult
    from syncd.report import Report
    from syncd.sandbox import RunningSandbox

_FOLDER: Final = Path("syncd-demo")
_CONFIGURATION: Final = "config.toml"
_STATE: Final = "syncd.db"
_REPORT: Final = "report.html"
_RATE: Final = 250
_LATENCY_SECONDS: Final = 0.02
_AFTERWARDS: Final = """\
The catalog, its configuration and the state are in {folder}/. To look further:
  {syncd} --config {configuration} status
  {syncd} --config {configuration} why NK-CHG-105
  {syncd} --config {configuration} history"""
_GONE: Final = """\
The sandbox is gone with this command. To keep it for cycles of your own: {syncd} demo --stay"""
_STAYING: Final = """\
The sandbox answers at {url} until Ctrl-C. Change {folder}/catalog.csv, then, in another terminal:
  {syncd} --config {configuration} --dry-run
  {syncd} --config {configuration} --once"""


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("demo")(with_shared_options(_demo))


def _demo(
    shared: Shared,
    stay: Annotated[
        bool, typer.Option("--stay", help="Keep the sandbox running until Ctrl-C.")
    ] = False,
) -> None:
    """Reconcile a sample catalog with a sandbox, twice, and write a report; needs no account."""
    from syncd.cli.files import check_writable
    from syncd.cli.results import tell

    _make_folder()
    output = shared.output or _FOLDER / _REPORT
    check_writable(output)
    with _sandbox() as sandbox:
        _write_files(sandbox.url)
        inside = replace(shared, config=_FOLDER / _CONFIGURATION, output=None)
        _show(inside, _reconcile(inside), output)
        _show_second(_writes_of_another_cycle(inside, sandbox))
        tell(f"\n{_hints(_AFTERWARDS, sandbox)}\n")
        tell(_hints(_STAYING if stay else _GONE, sandbox))
        if stay:
            signal.pause()


def _make_folder() -> None:
    """Make the folder, or clear the last demo's state out of it; anybody else's is refused."""
    configuration = _FOLDER / _CONFIGURATION
    try:
        _FOLDER.mkdir(exist_ok=True)
        if any(_FOLDER.iterdir()) and not configuration.exists():
            raise ReportError(
                str(_FOLDER), "the folder is there and not a demo's", "Start in another folder"
            )
        for leftover in _FOLDER.glob(f"{_STATE}*"):
            leftover.unlink()
    except OSError as error:
        raise ReportError(
            str(_FOLDER), f"it cannot be made ({error.strerror})", "Start in another folder"
        ) from error


@contextmanager
def _sandbox() -> Iterator[RunningSandbox]:
    """Run the stand-in with what the sample's account holds beforehand."""
    from syncd.cli.sample import UNKNOWN_PARTS, items_beforehand, skus_beforehand
    from syncd.data import load_rule_book
    from syncd.sandbox import SandboxSettings, running_sandbox

    settings = SandboxSettings(
        rate_limit=_RATE, latency_seconds=_LATENCY_SECONDS, unknown_parts=UNKNOWN_PARTS
    )
    with running_sandbox(settings) as sandbox:
        sandbox.store.seed_items(items_beforehand(load_rule_book()))
        sandbox.store.seed_skus(skus_beforehand())
        yield sandbox


def _write_files(url: str) -> None:
    """Write the configuration; a catalog that is there already may be one that was played with."""
    from syncd.cli.files import write_privately
    from syncd.cli.sample import CATALOG, CONFIGURATION, sample_catalog

    write_privately(_FOLDER / _CONFIGURATION, CONFIGURATION.format(url=url))
    if not (_FOLDER / CATALOG).exists():
        write_privately(_FOLDER / CATALOG, sample_catalog())


def _reconcile(inside: Shared) -> Report:
    from syncd.cli.cycles import Asked, run
    from syncd.domain.cycle import Mode

    report = run(inside, Asked(Mode.ONCE), _judged)
    if report.exit_code is not ExitCode.OK:
        raise typer.Exit(report.exit_code)
    return report


def _judged(result: CycleResult) -> ExitCode:
    """The demo is done when it has shown what it has to show, the held rows among it."""
    return ExitCode.OK if result.error is None else ExitCode.FAILED


def _show(inside: Shared, report: Report, output: Path) -> None:
    """Show the summary on stdout, and write the report: HTML, unless the ending says otherwise."""
    from syncd.cli.results import Results

    Results(inside).report(report)
    by_ending = output.suffix in {".json", ".md", ".csv"}
    file = replace(inside, format=None if by_ending else "html", output=output)
    Results(file).report(report)


def _writes_of_another_cycle(inside: Shared, sandbox: RunningSandbox) -> tuple[int, int]:
    """Run a second cycle over the same catalog; gives its writes and all its requests."""
    sandbox.store.clear_requests()
    _reconcile(inside)
    counted = sandbox.store.statistics()
    return counted["requests"] - counted["by_method"].get("GET", 0), counted["requests"]


def _show_second(counts: tuple[int, int]) -> None:
    from syncd.cli.results import write_to_stdout
    from syncd.report.wording import counted

    writes, requests = counts
    words = f"{counted(writes, 'write')} and {counted(requests, 'request')}"
    write_to_stdout(f"\nA second cycle over the same catalog: {words}.\n")


def _hints(text: str, sandbox: RunningSandbox) -> str:
    return text.format(
        syncd=_called(), folder=_FOLDER, configuration=_FOLDER / _CONFIGURATION, url=sandbox.url
    )


def _called() -> str:
    """How syncd is called here: by its name where the shell finds it, else as it just was."""
    if which("syncd"):
        return "syncd"
    program = Path(sys.argv[0])
    return f"{sys.executable} -m syncd" if program.name == "__main__.py" else str(program)
