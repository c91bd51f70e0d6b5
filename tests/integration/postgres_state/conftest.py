"""Accounts in a real PostgreSQL, and processes that have their states open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import pytest
from sqlalchemy import make_url

from syncd.ports import State
from syncd.state.holding import Timing
from syncd.state.postgres import signs
from syncd.state.postgres.lease import TERM
from syncd.state.postgres.opening import open_for_writing
from syncd.state.postgres.place import Place, place_of
from tests.contract.state.examples import NOON
from tests.environment import clean_environment
from tests.postgres_states import Account, account, cache, shared_account, state
from tests.servers import Server, own_postgres, postgres_server

__all__ = ["account", "cache", "postgres_server", "shared_account", "state"]

StartProcess: TypeAlias = Callable[[str], AbstractContextManager["subprocess.Popen[str]"]]
NEVER = 10_000.0
"""A beat that is longer than any test: signs of life come where a test wants them."""


@pytest.fixture
def place(account: Account) -> Place:
    return place_of(make_url(account.url), account.name)


@pytest.fixture
def process(place: Place) -> Iterator[Callable[[], State]]:
    """Open the state once more, like another process, whose threads give no sign of life."""
    with ExitStack() as stack:

        def another(now: Callable[[], datetime] = lambda: NOON, term: float = TERM) -> State:
            timing = Timing(now, pause=lambda _: None, beat=NEVER, term=term)
            state = open_for_writing(place, timing)
            stack.callback(state.close)
            return state

        yield another


@pytest.fixture
def pass_over(account: Account, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, float], None]:
    """Let a sign of life be so many seconds older than it is, on a server that has long been up."""
    long_up = signs.LOOK.replace("pg_postmaster_start_time()", "to_timestamp(0)")
    monkeypatch.setattr(signs, "LOOK", long_up)

    def age(key: str, seconds: float) -> None:
        account.run(
            "UPDATE fact SET value = split_part(value, ' ', 1) || ' ' ||"
            " (split_part(value, ' ', 2)::bigint - %s) || substr(value, strpos(value, ' {'))"
            " WHERE key = %s",
            round(seconds * 1_000_000),
            key,
        )

    return age


@pytest.fixture
def start_process(account: Account, cache: Path, project_root: Path) -> StartProcess:
    """Run a script that has `state` open, as far as the line it prints first."""

    @contextmanager
    def start(script: str) -> Iterator[subprocess.Popen[str]]:
        head = (
            "from syncd.state import open_state\n"
            f"state = open_state({account.url!r}, account={account.name!r})\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", head + script],
            cwd=project_root,
            env={**clean_environment(), "CACHE_DIRECTORY": str(cache)},
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            try:
                yield process
            finally:
                process.kill()

    return start


@pytest.fixture
def mortal_server() -> Iterator[Server]:
    """A PostgreSQL that a test may stop."""
    with own_postgres() as server:
        yield server
