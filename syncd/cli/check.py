"""`syncd check`: whether everything that a cycle needs is there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli.nowhere import knowing_nothing
from syncd.cli.options import Shared, with_shared_options
from syncd.errors import ConfigurationError, ExitCode, KeyRefusedError, StateError

if TYPE_CHECKING:
    from syncd.config import Settings
    from syncd.service.check import CatalogFinding, Finding
    from syncd.wiring import Wired


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("check")(with_shared_options(_check))


def _check(
    shared: Shared,
    notify: Annotated[
        bool, typer.Option("--notify", help="Send everybody who would be told a test message.")
    ] = False,
) -> None:
    """Check configuration, credentials, catalog, state and remote, one line each."""
    from syncd.cli.results import Results, tell_exit
    from syncd.cli.shown.check import check_listing

    results = Results(shared)
    findings, catalog = _findings(shared, notify=notify)
    results.listing(check_listing(findings, catalog))
    code = _exit_code(findings)
    tell_exit(code, "something that a cycle needs is not there")
    raise typer.Exit(code)


def _exit_code(findings: list[Finding]) -> ExitCode:
    from syncd.service.check import Health

    failed = {one.part for one in findings if one.health is Health.FAILED}
    if "configuration" in failed:
        return ExitCode.USAGE
    return ExitCode.FAILED if failed else ExitCode.OK


def _findings(shared: Shared, *, notify: bool) -> tuple[list[Finding], CatalogFinding | None]:
    from syncd.cli.session import begin
    from syncd.service.check import Finding, Health, failed

    try:
        settings = begin(shared)
    except ConfigurationError as error:
        parts = ("credentials", "catalog", "state", "remote")
        others = [Finding(part, Health.UNCHECKED, "it needs the configuration") for part in parts]
        return [failed("configuration", error), *others], None
    good = Finding("configuration", Health.OK, _account(settings))
    credentials, state, remote = _check_account(settings)
    catalog = _check_catalog(settings)
    told = _check_targets(settings, notify=notify)
    return [good, credentials, catalog.finding, state, remote, *told], catalog


def _check_targets(settings: Settings, *, notify: bool) -> list[Finding]:
    """Look at the addresses of whom to tell, and if asked to, send to them."""
    from syncd.service.check import Finding, Health, failed, try_targets
    from syncd.wiring import notifier_of

    notifier = notifier_of(settings)
    if notifier is None:
        nobody = Finding("notify", Health.UNCHECKED, "notify.urls names nobody to tell")
        return [nobody] if notify else []
    try:
        notifier.check()
    except ConfigurationError as error:
        return [failed("notify", error)]
    if notify:
        return list(try_targets(notifier))
    count = len(notifier.targets)
    words = f"{count:,} target{'s' * (count != 1)}, to which nothing was sent"
    return [Finding("notify", Health.OK, words)]


def _check_account(settings: Settings) -> tuple[Finding, Finding, Finding]:
    """Look at credentials, state and remote; a state that cannot be opened hides neither other."""
    from syncd.service.check import check_state, failed
    from syncd.wiring import wired_read_only

    try:
        with wired_read_only(settings) as wired:
            state = check_state(wired.state, settings.state.place)
            credentials, remote = _check_remote(wired)
    except StateError as error:
        state = failed("state", error)
        with knowing_nothing(settings) as wired:
            credentials, remote = _check_remote(wired)
    return credentials, state, remote


def _check_catalog(settings: Settings) -> CatalogFinding:
    from syncd.service.check import check_catalog

    with knowing_nothing(settings) as wired:
        return check_catalog(wired.catalog, _mapped(settings), wired.terms.rules)


def _mapped(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Name the columns of the id and of each mapped attribute."""
    mapping = settings.catalog.mapping
    attributes = mapping.by_attribute().items()
    return {"id": mapping.id.sources, **{str(each): of.sources for each, of in attributes}}


def _check_remote(wired: Wired) -> tuple[Finding, Finding]:
    from syncd.service.check import ITEMS_ALONE, PAIRS, Finding, Health, check_remote, failed

    needed = PAIRS if wired.terms.policy.skus else ITEMS_ALONE
    try:
        remote = wired.remote
    except KeyRefusedError as error:  # it is not even sent
        unasked = Finding("remote", Health.UNCHECKED, "it was not asked with this key")
        return failed("credentials", error), unasked

    async def checking() -> tuple[Finding, Finding]:
        try:
            return await check_remote(remote, needed)
        finally:
            await remote.aclose()

    return asyncio.run(checking())


def _account(settings: Settings) -> str:
    from syncd.config import account_label

    return f"it is sound; account: {account_label(settings)}"
