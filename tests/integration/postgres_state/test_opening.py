"""Opening a state in PostgreSQL: made, migrated, read without a trace, refused with a reason."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, create_engine

from syncd.domain.attributes import ItemId
from syncd.errors import StateBusyError, StateError
from syncd.ports import State
from syncd.state import (
    migrate,
    open_existing_read_only,
    open_state,
    open_state_beside,
    open_state_to_receive,
    schema,
)
from tests.contract.state.examples import put, sku
from tests.postgres_states import Account, new_account
from tests.servers import PASSWORD, Server

_LAYOUT = """
SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default
FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2
"""
_INDEXES = """
SELECT regexp_replace(indexdef, 'syncd_[^.]*[.]', '') FROM pg_indexes
WHERE schemaname = current_schema() AND tablename <> 'alembic_version' ORDER BY 1
"""
_NEXT = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9999", "{before}"
def upgrade():
    op.add_column("sku", sa.Column("note", sa.Text))
"""
_MOMENT = timedelta(milliseconds=50)


@contextmanager
def _on(account: Account, user: str, rights: str) -> Iterator[str]:
    """Make a user with rights to the account's schema, and give the URL to connect as that one."""
    name = f'"{account.schema}"'
    account.run(f"CREATE USER {user} PASSWORD '{PASSWORD}'; GRANT USAGE ON SCHEMA {name} TO {user}")
    account.run(f"GRANT {rights} ON ALL TABLES IN SCHEMA {name} TO {user}")
    yield account.server.url.set(username=user).render_as_string(hide_password=False)
    account.run(f"DROP OWNED BY {user}; DROP USER {user}")


def _next_version(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = folder / "next version"
    shutil.copytree(migrate.SCRIPTS, scripts)
    text = _NEXT.format(before=migrate.revisions()[-1])
    (scripts / "versions" / "9999_note.py").write_text(text)
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)


@pytest.mark.usefixtures("cache")
def test_many_may_open_a_new_state_at_once(postgres_server: Server) -> None:
    with new_account(postgres_server, made=False) as account, ThreadPoolExecutor(4) as pool:
        for state in list(pool.map(lambda _: account.open(), range(4))):
            assert state.remembered("nothing") is None
            state.close()


def test_each_account_sees_its_own_rows_and_nobody_else_s(
    state: State, account: Account, postgres_server: Server
) -> None:
    with new_account(postgres_server) as another, closing(another.open()) as other:
        put(state, [sku("ours")])
        put(other, [sku("theirs")])
        with state.lease("ours", timedelta(0)), other.lease("theirs", timedelta(0)):
            assert list(state.tracked([ItemId("ours"), ItemId("theirs")])) == ["ours"]
            assert list(other.tracked([ItemId("ours"), ItemId("theirs")])) == ["theirs"]
            with state.transaction(), other.transaction() as transaction:
                transaction.put([sku("they wait for nobody")])
    assert account.ask("SELECT id FROM sku") == [("ours",)]


def test_the_migrations_end_where_a_new_state_begins(
    postgres_server: Server, account: Account
) -> None:
    with new_account(postgres_server, made=False) as migrated:
        migrated.run(f'CREATE SCHEMA "{migrated.schema}"')
        migrated.run("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
        migrated.open().close()
        assert migrated.ask(_LAYOUT) == account.ask(_LAYOUT)
        assert migrated.ask(_INDEXES) == account.ask(_INDEXES)


def test_alembic_finds_nothing_to_add(account: Account) -> None:
    engine = create_engine(account.url)
    with engine.connect() as connection:
        connection.exec_driver_sql(f'SET search_path TO "{account.schema}"')
        differences = compare_metadata(MigrationContext.configure(connection), schema.metadata)
    engine.dispose()

    assert differences == []


def test_to_read_what_is_not_there_makes_nothing(postgres_server: Server, cache: Path) -> None:
    with new_account(postgres_server, made=False) as account:
        with closing(open_existing_read_only(account.url, account.name)) as state:
            assert state.census().states == {}
            with state.overlay() as overlay:
                put(overlay, [sku("a")])
        assert account.ask(f"SELECT to_regnamespace('\"{account.schema}\"')") == [(None,)]
    assert not cache.exists()


@pytest.mark.usefixtures("cache")
def test_an_older_state_is_migrated_when_it_is_opened_and_a_dry_run_migrates_a_copy(
    postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_account(postgres_server) as account:
        with closing(account.open()) as state, state.transaction() as transaction:
            transaction.put([sku("a"), sku("b")])
            transaction.record_stopped([])
        older = account.ask(_LAYOUT)
        _next_version(tmp_path, monkeypatch)

        with (
            closing(open_existing_read_only(account.url, account.name)) as state,
            state.overlay() as overlay,
        ):
            put(overlay, [sku("c")])
            assert overlay.tracked([ItemId(id_) for id_ in "abc"]).keys() == set("abc")
            assert state.tracked([ItemId("a")]) == {"a": sku("a")}
        assert account.ask(_LAYOUT) == older

        with closing(account.open()) as state:
            assert state.tracked([ItemId("a")]) == {"a": sku("a")}
        assert len(account.ask(_LAYOUT)) == len(older) + 1


def test_a_schema_of_another_program_is_left_alone(postgres_server: Server) -> None:
    with new_account(postgres_server, made=False) as account:
        account.run(f'CREATE SCHEMA "{account.schema}"')
        account.run("CREATE TABLE bookmarks (url TEXT)")
        for opened in (open_state, open_existing_read_only):
            with pytest.raises(StateError, match="it is the database of another program"):
                opened(account.url, account=account.name)
        assert account.ask(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        ) == [("bookmarks",)]


def test_a_state_of_a_newer_version_is_refused(account: Account) -> None:
    before = account.ask("SELECT version_num FROM alembic_version")[0][0]
    account.run("UPDATE alembic_version SET version_num = '9999'")
    try:
        for opened in (open_state, open_existing_read_only):
            with pytest.raises(StateError, match="a newer version of syncd has made it"):
                opened(account.url, account=account.name)
    finally:
        account.run("UPDATE alembic_version SET version_num = %s", before)


def test_whoever_may_only_read_can_make_a_dry_run_and_nothing_else(
    state: State, account: Account
) -> None:
    put(state, [sku("a")])
    with _on(account, "reader", "SELECT") as url:
        with (
            closing(open_existing_read_only(url, account.name)) as looked_at,
            looked_at.overlay() as overlay,
            overlay.lease("dry run", timedelta(0)),
        ):
            put(overlay, [sku("b")])
            assert overlay.tracked([ItemId("a"), ItemId("b")]).keys() == {"a", "b"}
            with pytest.raises(StateError, match="cannot be written"):
                put(looked_at, [sku("c")])
        with (
            pytest.raises(StateError, match=r"this user may not do that there\. Let it own"),
            closing(open_state(url, account=account.name)) as opened,
        ):
            put(opened, [sku("c")])
    assert state.census().states.keys() == {"pending"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda url: url.set(port=1), "PostgreSQL cannot be reached"),
        (lambda url: url.set(password="hush-hush"), "PostgreSQL refuses this user"),
        (lambda url: url.set(username="nobody"), "PostgreSQL refuses this user"),
        (lambda url: url.set(database="nowhere"), "there is no such database"),
    ],
)
def test_what_keeps_it_from_opening_is_told_without_the_password(
    account: Account, change: Callable[[URL], URL], reason: str
) -> None:
    url = change(account.server.url).render_as_string(hide_password=False)
    for opened in (open_state, open_existing_read_only):
        with pytest.raises(StateError, match=reason) as raised:
            opened(url, account=account.name)
        said = f"{raised.value} {raised.value.__cause__}"
        assert "hush-hush" not in said
        assert PASSWORD not in said
        assert str(raised.value).startswith("state 127.0.0.1/")


def test_a_database_that_cannot_hold_every_text_is_refused(account: Account) -> None:
    engine = account.server.engine().execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
        )
        try:
            url = account.server.url.set(database="latin").render_as_string(hide_password=False)
            with pytest.raises(StateError, match="the encoding LATIN1, which cannot hold every"):
                open_state(url, account=account.name)
        finally:
            connection.exec_driver_sql("DROP DATABASE latin")


def test_a_writer_that_never_ends_is_not_waited_for_for_ever(
    state: State, account: Account
) -> None:
    put(state, [sku("a")])
    hurried = open_state_to_receive(account.url, _MOMENT, account.name)
    with closing(hurried), state.transaction() as transaction:
        transaction.put([sku("b")])
        with pytest.raises(StateBusyError, match="keeps it locked for writing"):
            put(hurried, [sku("c")])
        assert hurried.census().states == {"pending": 1}


def test_whoever_looks_on_finds_out_when_it_asks(state: State, account: Account) -> None:
    put(state, [sku("a")])
    with closing(open_state_beside(account.url, _MOMENT, account.name)) as beside:
        assert beside.census().owned == 0
        assert beside.tracked([ItemId("a")]) == {"a": sku("a")}
        with pytest.raises(StateError, match="it was opened to be read"):
            beside.duty("a looker").__enter__()
    with (
        closing(open_state_beside(account.url, _MOMENT, "nobody")) as beside,
        pytest.raises(StateError, match="its tables are gone"),
    ):
        beside.census()


def test_a_text_that_postgresql_cannot_hold_is_told(state: State) -> None:
    with pytest.raises(StateError, match="a character that PostgreSQL cannot store, such as NUL"):
        put(state, [sku("a\0b")])
    assert state.census().states == {}


def test_the_copy_of_fingerprints_outlives_the_process_and_needs_no_folder(
    account: Account, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(account.open()) as state:
        put(state, [sku("a")])
        with state.fingerprints() as known:
            assert known.copy.parent == cache
            assert not list(cache.glob("*.tried"))
            made = known.copy.stat().st_mtime_ns
    with closing(open_existing_read_only(account.url, account.name)) as state:
        with state.fingerprints() as borrowed:
            assert borrowed.copy.read_bytes() == known.copy.read_bytes()
        assert known.copy.stat().st_mtime_ns == made

    monkeypatch.setenv("CACHE_DIRECTORY", "/proc/nowhere")
    with closing(account.open()) as state, state.fingerprints() as private:
        assert private.copy.exists()
    assert not private.copy.exists()
