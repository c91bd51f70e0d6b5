"""Kills a process of a fleet at one boundary after the other, the queue's steps among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import uuid4

from syncd.errors import ExitCode
from tests.acceptance.kills.arranged import ONE_BY_ONE, Arranged
from tests.acceptance.kills.launcher import Ended, each_killed
from tests.acceptance.kills.places import keeping
from tests.acceptance.kills.server import check_there, journal_of
from tests.acceptance.kills.stage import ANY, Among, Stage, World
from tests.postgres_states import Account
from tests.servers import Server

ACCOUNT: Final = "acme"
_RARE: Final = "0 0 29 2 *"
_SCHEDULE: Final = """
[schedule]
poll = "{poll}"
full = "{rare}"
audit = "{rare}"
rolling = "0"
"""


class FleetSweep:
    """An account with something to write, in a database that is copied for every kill."""

    def __init__(self, stage: Stage, server: Server, term: float) -> None:
        """Have leases last `term` seconds, and the dead be found twice as many later."""
        stage.term = term
        self._stage = stage
        self._server = server
        self._template = self._account = self._made("template0")
        self._arranged: Arranged = keeping(self._account.url, ACCOUNT)(stage, ONE_BY_ONE)
        self._catalog = stage.shop.catalog.read_bytes()
        self._before: World = stage.world()
        self._entries = len(journal_of(self._account))

    def close(self) -> None:
        """Leave no database behind."""
        self._drop_copy()
        self._drop(self._template)

    def kills(self, among: Among = ANY) -> Iterator[Ended]:
        """Kill at each of these boundaries; the last process comes to its end."""
        return each_killed(lambda at: self.killed(at, among))

    def killed(self, at: int, among: Among) -> Ended:
        """Kill at this boundary, if it is there, have another go on, and look at everything."""
        self._begin_anew()
        ended = self._process(at, among)
        self._goes_on()
        return ended

    def killed_twice(self, first: Among, second: Among) -> Ended:
        """Kill at the first of these, and the one that would go on at the first of those."""
        self._begin_anew()
        assert self._process(1, first).was_killed
        ended = self._process(1, second)
        self._goes_on()
        return ended

    def killed_without_a_catalog(self, at: int, among: Among) -> Ended:
        """The same of one that can do nothing; the catalog comes with the other."""
        self._begin_anew()
        self._stage.shop.catalog.unlink()
        ended = self._process(at, among)
        self._stage.shop.catalog.write_bytes(self._catalog)
        self._goes_on()
        return ended

    def killed_and_removed(self, at: int, among: Among) -> Ended:
        """Kill, and take the account out of the fleet: nothing is sent until it is back."""
        self._begin_anew()
        ended = self._process(at, among)
        self._file.unlink()
        left = self._stage.remote.requests()
        assert self._process().code == ExitCode.TERMINATED
        assert self._stage.remote.requests() == left
        self._add(poll="* * * * *")
        self._goes_on()
        return ended

    def _goes_on(self) -> None:
        """Have another process do what is left, to the last errand."""
        heir = self._process()
        assert heir.code == ExitCode.TERMINATED, heir
        check_there(self._stage, self._arranged, self._before, self._account, self._entries)
        assert self._account.ask("SELECT 1 FROM syncd.procrastinate_jobs") == []

    def _process(self, at: int = 0, among: Among = ANY) -> Ended:
        """Run one that ends once it is idle."""
        where = ("--accounts", "accounts", "--database", self._account.url)
        return self._stage.run("fleet", *where, "--listen", "off", kill_at=at, among=among)

    def _begin_anew(self) -> None:
        self._stage.restore(self._before)
        self._drop_copy()
        self._account = self._made(str(self._template.server.url.database))
        self._add(poll="1d")

    @property
    def _file(self) -> Path:
        return self._stage.shop.folder / "accounts" / f"{ACCOUNT}.toml"

    def _add(self, poll: str) -> None:
        """Drop the account's file; where its state is, the fleet says."""
        text = self._stage.shop.configuration.read_text()
        here = text.replace('"catalog.csv"', '"../catalog.csv"')
        lines = [line for line in here.splitlines() if not line.startswith(("url =", "account ="))]
        self._file.parent.mkdir(exist_ok=True)
        self._file.write_text("\n".join(lines) + _SCHEDULE.format(poll=poll, rare=_RARE))

    def _made(self, template: str) -> Account:
        """The account in a database of its own, which is a copy of another one."""
        name = f"kills_{uuid4().hex}"
        self._run(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE {template}")
        there = replace(self._server, url=self._server.url.set(database=name))
        return Account(there, ACCOUNT)

    def _drop_copy(self) -> None:
        if self._account is not self._template:
            self._drop(self._account)

    def _drop(self, account: Account) -> None:
        self._run(f"DROP DATABASE {account.server.url.database} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        admin = self._server.engine().execution_options(isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(statement)
