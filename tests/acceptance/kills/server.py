"""Kills a command whose state is in PostgreSQL at one boundary after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property

from syncd.service.verify import verify
from syncd.state import schema
from tests.acceptance.kills import evidence
from tests.acceptance.kills.arranged import ONE_BY_ONE, Arranged
from tests.acceptance.kills.launcher import Ended, each_killed
from tests.acceptance.kills.places import FILE, StoryThere
from tests.acceptance.kills.stage import ANY, Among, Stage, World
from tests.acceptance.kills.sweep import HOUR
from tests.postgres_states import Account


@dataclass
class Backup:
    """The rows of all tables at one moment, to be put back; or that there were no tables."""

    account: Account

    @property
    def place(self) -> str:
        return f"{self.account.schema} backup"

    @cached_property
    def is_any(self) -> bool:
        query = f"SELECT 1 FROM pg_namespace WHERE nspname = '{self.account.schema}'"  # noqa: S608 - our own
        return bool(self.account.ask(query))

    def take(self) -> None:
        if not self.is_any:
            return
        self.account.run(f'CREATE SCHEMA "{self.place}"')
        for name in schema.metadata.tables:
            self.account.run(f'CREATE TABLE "{self.place}"."{name}" AS TABLE "{name}"')

    def put_back(self) -> None:
        self.account.cut_connections()
        if not self.is_any:
            self.account.run(f'DROP SCHEMA IF EXISTS "{self.account.schema}" CASCADE')
            return
        names = [f'"{name}"' for name in schema.metadata.tables]
        filled = (f'INSERT INTO {name} TABLE "{self.place}".{name}' for name in names)
        self.account.run("; ".join([f"TRUNCATE {', '.join(names)}", *filled]))


class ServerSweep:
    """The story, arranged once and then told anew for every boundary."""

    def __init__(self, stage: Stage, account: Account, term: float, story: StoryThere) -> None:
        """Have leases last `term` seconds, which each recovery waits out."""
        stage.term = term
        self._stage = stage
        self._account = account
        self._arranged: Arranged = story(account.url, account.name)(stage, ONE_BY_ONE)
        self._before = stage.world()
        self._backup = Backup(account)
        self._backup.take()
        self._entries = self._entries_before()

    def close(self) -> None:
        """Leave no backup behind."""
        self._account.run(f'DROP SCHEMA IF EXISTS "{self._backup.place}" CASCADE')

    def kills(self, among: Among = ANY) -> Iterator[Ended]:
        """Kill at each of these boundaries; the last run comes to its end."""
        return each_killed(lambda at: self.killed(at, among))

    def killed(self, at: int, among: Among) -> Ended:
        """Kill at this boundary, if it is there, recover, and look at everything."""
        self._begin_anew()
        ended = self._stage.run(*self._arranged.line, kill_at=at, among=among)
        if not ended.was_killed:
            assert ended.code == 0, ended
        else:
            self._recover()
        self._check()
        return ended

    def _begin_anew(self) -> None:
        self._stage.restore(self._before)
        self._backup.put_back()

    def _entries_before(self) -> int:
        """How much of the journal was there before; in the file, where it is moved from there."""
        if self._backup.is_any:
            return len(journal_of(self._account))
        return len(evidence.journal(self._stage.shop.state, 0))

    def _recover(self) -> None:
        """Try the command again, and have the one that was moved nowhere taken back before that."""
        *first, last = self._arranged.recovery
        for line in first:
            if self._stage.run(*line, later=HOUR).code and not self._is_there():
                reclaimed = self._stage.run("state", "reclaim", FILE)
                assert reclaimed.code == 0, reclaimed
                self._stage.well(*line)
        recovered = self._stage.run(*last, later=HOUR)
        assert recovered.code == 0, recovered

    def _is_there(self) -> bool:
        return Backup(self._account).is_any

    def _check(self) -> None:
        check_there(self._stage, self._arranged, self._before, self._account, self._entries)


def check_there(
    stage: Stage, arranged: Arranged, before: World, account: Account, entries: int
) -> None:
    """Compare the remote, the journal behind so many entries, and the state with one another."""
    log = stage.remote.requests()
    writes, journal = evidence.writes_in(log), journal_of(account)[entries:]
    evidence.check_remote(arranged, before, stage.remote.found())
    evidence.check_writes(arranged, before, writes)
    evidence.check_journal(journal, writes)
    evidence.check_doubts(journal, log)
    assert account.ask("SELECT id FROM sku WHERE delivery <> 'settled'") == []
    with closing(account.open()) as state:
        assert verify(state).breach is None


def journal_of(account: Account) -> list[evidence.Entry]:
    query = """SELECT resource, deed, id, kind, request_id FROM journal
        WHERE deed <> 'adopt' ORDER BY write"""
    return [evidence.Entry(*map(_text, row)) for row in account.ask(query)]  # type: ignore[arg-type]  # the first three are never NULL


def _text(value: object) -> str | None:
    return None if value is None else str(value)
