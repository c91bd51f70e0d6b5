"""`syncd check`: whether everything that a cycle needs is there."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from syncd.cli.options import Shared, with_shared_options
from syncd.errors import ConfigurationError, ExitCode, StateError

if TYPE_CHECKING:
    from syncd.config import Settings
    from syncd.domain.snapshot import HeldSku
    from syncd.service.check import CatalogFinding, Finding
    from syncd.wiring import Wired


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("check")(with_shared_options(_check))


def _check(shared: Shared) -> None:
    """Check configuration, credentials, catalog, state and remote, one line each."""
    from syncd.cli.results import Results, tell_exit
    from syncd.cli.shown.check import check_listing

    results = Results(shared)
    findings, held = _findings(shared)
    results.listing(check_listing(findings, held))
    code = _exit_code(findings)
    tell_exit(code, "something that a cycle needs is not there")
    raise typer.Exit(code)


def _exit_code(findings: list[Finding]) -> ExitCode:
    from syncd.service.check import Health

    failed = {one.part for one in findings if one.health is Health.FAILED}
    if "configuration" in failed:
        return ExitCode.USAGE
    return ExitCode.FAILED if failed else ExitCode.OK


def _findings(shared: Shared) -> tuple[list[Finding], tuple[HeldSku, ...]]:
    from syncd.cli.session import begin
    from syncd.service.check import Finding, Health, failed

    try:
        settings = begin(shared)
    except ConfigurationError as error:
        parts = ("credentials", "catalog", "state", "remote")
        others = [Finding(part, Health.UNCHECKED, "it needs the configuration") for part in parts]
        return [failed("configuration", error), *others], ()
    good = Finding("configuration", Health.OK, _account(settings))
    credentials, state, remote = _check_account(settings)
    catalog = _check_catalog(settings)
    return [good, credentials, catalog.finding, state, remote], catalog.held


def _check_account(settings: Settings) -> tuple[Finding, Finding, Finding]:
    """Look at credentials, state and remote; a state that cannot be opened hides neither other."""
    from syncd.service.check import check_state, failed
    from syncd.wiring import wired_read_only

    try:
        with wired_read_only(settings) as wired:
            state = check_state(wired.state)
            credentials, remote = _check_remote(wired)
    except StateError as error:
        state = failed("state", error)
        with _knowing_nothing(settings) as wired:
            credentials, remote = _check_remote(wired)
    return credentials, state, remote


def _check_catalog(settings: Settings) -> CatalogFinding:
    from syncd.service.check import check_catalog

    with _knowing_nothing(settings) as wired:
        return check_catalog(wired.catalog, wired.terms.rules, wired.state)


@contextmanager
def _knowing_nothing(settings: Settings) -> Iterator[Wired]:
    """Wire everything over a state that does not exist, so that the catalog is read whole."""
    from syncd.wiring import wired_read_only

    with tempfile.TemporaryDirectory(prefix="syncd-check-") as folder:
        nowhere = settings.state.model_copy(update={"url": f"sqlite:///{Path(folder)}/none.db"})
        with wired_read_only(settings.model_copy(update={"state": nowhere})) as wired:
            yield wired


def _check_remote(wired: Wired) -> tuple[Finding, Finding]:
    from syncd.service.check import check_remote

    async def checking() -> tuple[Finding, Finding]:
        try:
            return await check_remote(wired.remote)
        finally:
            await wired.remote.aclose()

    return asyncio.run(checking())


def _account(settings: Settings) -> str:
    from syncd.config import account_label

    return f"it is sound; account: {account_label(settings)}"
