"""Cycles with their state in PostgreSQL: many processes, one account, and death in between."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.acceptance.test_stopping import creates_by_id
from tests.environment import clean_environment
from tests.postgres_states import Account, new_account
from tests.sandbox_process import SandboxProcess
from tests.servers import PASSWORD, Server, postgres_server
from tests.shop import Run, Shop, ended, row, running, wait_until
from tests.warm import WARM

__all__ = ["postgres_server"]

ROWS = 40
TERM = 1.5
IN_FLIGHT = 4
_ALL = "SELECT id::text, state FROM sku UNION ALL SELECT write::text, kind FROM journal ORDER BY 1"
SLOW = Fault(kind=FaultKind.SLOW, seconds=0.3, method="POST")
_QUICK = """
import sys
import syncd.state.postgres.opening as opening
from syncd.cli.app import main
opening.BEAT, opening.TERM = {term} / 10, {term}
sys.argv[0] = "syncd"
main()
"""


@pytest.fixture
def account(postgres_server: Server) -> Iterator[Account]:
    with new_account(postgres_server, made=False) as account:
        yield account


@pytest.fixture
def kept_there(shop: Shop, account: Account) -> Shop:
    """A shop whose state is in PostgreSQL, with its copies in a folder of the shop's."""
    text = shop.configuration.read_text()
    there = f'url = "{account.url}"\naccount = "{account.name}"'
    quick = text.replace('"5s"', f'"1s"\nmax_in_flight = {IN_FLIGHT}')
    shop.configuration.write_text(quick.replace('url = "sqlite:///state.db"', there))
    shop.stock([row(number) for number in range(ROWS)])
    return shop


def _start(shop: Shop, *arguments: str) -> subprocess.Popen[bytes]:
    """Run with a lease that lasts `TERM` seconds."""
    return WARM.popen(
        [sys.executable, "-c", _QUICK.format(term=TERM), *arguments],
        cwd=shop.folder,
        env={**clean_environment(), "CACHE_DIRECTORY": str(shop.folder / "cache")},
    )


def _run(shop: Shop, *arguments: str) -> Run:
    with running(_start(shop, *arguments)) as process:
        run = ended(process)
    assert PASSWORD not in run.stdout + run.stderr
    return run


def _states(account: Account) -> dict[object, object]:
    return dict(account.ask("SELECT state, count(*) FROM sku GROUP BY state"))  # type: ignore[arg-type]  # pairs


def test_a_dry_run_makes_nothing_and_a_cycle_does_what_it_said(
    kept_there: Shop, account: Account, sandbox: SandboxProcess
) -> None:
    dry = _run(kept_there, "--dry-run", "--format", "json")
    assert (dry.code, dry.json()["summary"]["create"]) == (0, ROWS), dry.stderr
    assert account.ask(f"SELECT to_regnamespace('{account.schema}')") == [(None,)]

    run = _run(kept_there, "--once", "--format", "json")
    assert (run.code, run.json()["summary"]["create"]) == (0, ROWS), run.stderr
    assert len(sandbox.items()) == ROWS
    assert _states(account) == {"in_sync": ROWS}
    assert list((kept_there.folder / "cache").glob("*.parquet"))
    assert not kept_there.state.exists()

    sandbox.clear_requests()
    quiet = _run(kept_there, "--once")
    assert (quiet.code, sandbox.requests()) == (0, []), quiet.stderr


def test_the_readme_s_way_from_a_file_to_a_server_is_gone_to_the_letter(
    shop: Shop, account: Account, sandbox: SandboxProcess, project_root: Path
) -> None:
    readme = (project_root / "README.md").read_text()
    (line,) = re.findall("^syncd state migrate .*$", readme, re.MULTILINE)
    _, *command, source, target, option, _ = shlex.split(line)
    assert (source[:10], target[:21]) == ("sqlite:///", "postgresql+psycopg://"), line
    assert _run(shop, "--once").code == 0
    before = shop.configuration.read_text()
    sandbox.clear_requests()

    moved = _run(shop, *command, "sqlite:///state.db", account.url, option, account.name)
    assert moved.code == 0, moved.stderr
    refused = _run(shop, "--once")
    assert (refused.code, "it was moved to" in refused.stderr) == (2, True), refused.stderr
    there = f'url = "{account.url}"\naccount = "{account.name}"'
    shop.configuration.write_text(before.replace('url = "sqlite:///state.db"', there))
    again = _run(shop, "--once")
    assert (again.code, sandbox.requests()) == (0, []), again.stderr
    assert _states(account) == {"in_sync": len(sandbox.items())}


def test_one_that_was_killed_and_one_that_was_stopped_are_followed_by_one_that_converges(
    kept_there: Shop, account: Account, sandbox: SandboxProcess
) -> None:
    sandbox.set_faults([SLOW])
    with running(_start(kept_there, "--once")) as killed:
        wait_until(lambda: len(sandbox.items()) > 4)
        killed.kill()
    with running(_start(kept_there, "--once")) as stopped:
        wait_until(lambda: len(sandbox.items()) > 12)
        stopped.send_signal(signal.SIGSTOP)
        assert len(sandbox.items()) < ROWS
        sandbox.set_faults([])
        heir = _run(kept_there, "--once")
        before, sent = account.ask(_ALL), len(sandbox.requests())
        stopped.send_signal(signal.SIGCONT)
        run = ended(stopped)

    assert heir.code == 0, heir.stderr
    assert "lease.taken_over" in heir.stderr
    assert run.code == 1, run.stderr
    assert "lease.taken_over" in run.stderr
    assert len(sandbox.requests()) <= sent + IN_FLIGHT
    assert account.ask(_ALL) == before
    assert set(creates_by_id(sandbox).values()) == {1}
    assert len(sandbox.items()) == ROWS
    assert _states(account) == {"in_sync": ROWS}
