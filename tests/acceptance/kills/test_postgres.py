"""Killed at any commit and any write of a cycle whose state is in PostgreSQL, the next goes on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import pytest

from syncd.service.verify import verify
from syncd.state import schema
from tests.acceptance.kills import evidence
from tests.acceptance.kills.stage import Among, Stage
from tests.acceptance.kills.stories import ONE_BY_ONE, Arranged, keeping
from tests.acceptance.kills.sweep import HOUR, MINUTE
from tests.postgres_states import Account, new_account
from tests.servers import Server, postgres_server

__all__ = ["postgres_server"]

TERM: Final = 0.5
COMMITS: Final = (("the server", "has committed"),)
EVERY: Final = 3
"""Of the commits so many-th: all of them are died at where the state is a file."""
MOST_COMMITS_OF_A_START: Final = 3
SENT: Final = {
    "POST /inventory-items SKU-0002 is sent",
    "POST /inventory-items/SKU-0001 is sent",
    "DELETE /inventory-items/SKU-0000 is sent",
}


@pytest.fixture
def account(
    postgres_server: Server, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Account]:
    monkeypatch.setenv("CACHE_DIRECTORY", f"{tmp_path}/cache")
    with new_account(postgres_server, made=False) as account:
        yield account
        account.run(f'DROP SCHEMA IF EXISTS "{Backup(account).place}" CASCADE')


@dataclass(frozen=True)
class Backup:
    """The rows of all tables at one moment, to be put back into the same tables."""

    account: Account

    @property
    def place(self) -> str:
        return f"{self.account.schema} backup"

    def take(self) -> None:
        self.account.run(f'CREATE SCHEMA "{self.place}"')
        for name in schema.metadata.tables:
            self.account.run(f'CREATE TABLE "{self.place}"."{name}" AS TABLE "{name}"')

    def put_back(self) -> None:
        self.account.cut_connections()
        names = [f'"{name}"' for name in schema.metadata.tables]
        filled = (f'INSERT INTO {name} TABLE "{self.place}".{name}' for name in names)
        self.account.run("; ".join([f"TRUNCATE {', '.join(names)}", *filled]))


@pytest.mark.timeout(300)
def test_wherever_it_is_killed_the_next_one_goes_on(stage: Stage, account: Account) -> None:
    stage.term = TERM
    told = Told(stage, account, keeping(account.url, account.name)(stage, ONE_BY_ONE))

    assert all(told.is_killed(1, ((write, ""),)) for write in SENT)
    commits = itertools.count(1, step=EVERY)
    killed = sum(1 for _ in itertools.takewhile(lambda at: told.is_killed(at, COMMITS), commits))

    assert killed * EVERY > MOST_COMMITS_OF_A_START
    stage.remote.forget_requests()
    assert stage.run("--once", later=HOUR + MINUTE).code == 0
    assert stage.remote.requests() == []


class Told:
    """The story, arranged once and then told anew for every boundary."""

    def __init__(self, stage: Stage, account: Account, arranged: Arranged) -> None:
        self._stage = stage
        self._account = account
        self._arranged = arranged
        self._before = stage.world()
        self._entries = len(_journal(account))
        self._backup = Backup(account)
        self._backup.take()

    def is_killed(self, at: int, among: Among) -> bool:
        """Kill at this boundary, if it is there, recover, and look at everything."""
        self._stage.restore(self._before)
        self._backup.put_back()
        ended = self._stage.run(*self._arranged.line, kill_at=at, among=among)
        if not ended.was_killed:
            assert ended.code == 0, ended
        else:
            recovered = self._stage.run("--once", later=HOUR)
            assert recovered.code == 0, recovered
        self._check()
        return ended.was_killed

    def _check(self) -> None:
        log = self._stage.remote.requests()
        writes, journal = evidence.writes_in(log), _journal(self._account)[self._entries :]
        evidence.check_remote(self._arranged, self._before, self._stage.remote.items())
        evidence.check_writes(self._arranged, self._before, writes)
        evidence.check_journal(journal, writes)
        evidence.check_doubts(journal, log)
        assert self._account.ask("SELECT id FROM sku WHERE delivery <> 'settled'") == []
        with closing(self._account.open()) as state:
            assert verify(state).breach is None


def _journal(account: Account) -> list[evidence.Entry]:
    query = "SELECT deed, id, kind, request_id FROM journal WHERE deed <> 'adopt' ORDER BY write"
    return [evidence.Entry(*map(_text, row)) for row in account.ask(query)]  # type: ignore[arg-type]  # the first two are never NULL


def _text(value: object) -> str | None:
    return None if value is None else str(value)
