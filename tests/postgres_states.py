"""States in a real PostgreSQL, each empty when a test gets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import delete

from syncd.ports import State
from syncd.state import open_state, schema
from tests.servers import Server


@dataclass(frozen=True, slots=True)
class Account:
    """One account's place: what `open_state` needs to find it."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        return self.server.url.render_as_string(hide_password=False)

    @property
    def schema(self) -> str:
        return f"syncd_{self.name}"

    def open(self) -> State:
        return open_state(self.url, account=self.name)

    def run(self, statement: str, *values: object) -> None:
        """Carry a statement out in its schema, behind the back of syncd."""
        engine = self.server.engine()
        with engine.begin() as connection:
            connection.exec_driver_sql(f'SET LOCAL search_path TO "{self.schema}"')
            connection.exec_driver_sql(statement, values or None)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """What a query finds there."""
        engine = self.server.engine()
        with engine.begin() as connection:
            connection.exec_driver_sql(f'SET LOCAL search_path TO "{self.schema}"')
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def cut_connections(self) -> None:
        """End every session of the account but this one, as a proxy or a restart does."""
        self.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
            f"syncd {self.schema}",
        )

    def empty(self) -> None:
        """Leave the tables as they are when they have just been made."""
        tables = [table for table in schema.metadata.sorted_tables if table is not schema.version]
        self.run("; ".join(str(delete(table)) for table in tables))


@contextmanager
def new_account(server: Server, *, made: bool = True) -> Iterator[Account]:
    """An account that no other test uses."""
    account = Account(server, f"test-{uuid4().hex}")
    if made:
        account.open().close()
    yield account
    account.run(f'DROP SCHEMA IF EXISTS "{account.schema}" CASCADE')


@pytest.fixture(scope="session")
def shared_account(postgres_server: Server) -> Iterator[Account]:
    """The one whose tables are emptied rather than made."""
    with new_account(postgres_server) as account:
        yield account


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where copies of fingerprints go."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("CACHE_DIRECTORY", str(folder))
    return folder


@pytest.fixture
def account(shared_account: Account, cache: Path) -> Account:
    """An account with tables, all of them empty."""
    shared_account.empty()
    return shared_account


@pytest.fixture
def state(account: Account) -> Iterator[State]:
    """An empty state, open for writing."""
    with closing(account.open()) as state:
        yield state
