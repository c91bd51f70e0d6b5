"""Moving a state between SQLite and PostgreSQL: all of it or nothing, and never two at work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Integer,
    LargeBinary,
    Table,
    create_engine,
    insert,
    inspect,
    select,
)

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import Delivery, SkuState, Tracked
from syncd.errors import ExitCode, LeaseHeldError, StateError, StateMovedError
from syncd.service.restored import doubted_untold
from syncd.service.verify import verify
from syncd.state import (
    facts,
    migrate,
    move_state,
    moving,
    open_existing_read_only,
    open_state,
    reclaim_state,
    schema,
)
from syncd.state.ends import Values
from syncd.state.moving import MovedTable
from syncd.state.postgres.end import PostgresEnd
from syncd.state.sqlite.end import FileEnd
from tests.contract.state.examples import NOON, sku
from tests.contract.state.histories import A, B, C, run
from tests.postgres_states import Account, new_account
from tests.servers import Server

MOVER: Final = "the one who moves"
ROWS: Final = 3
_EVERYTHING: Final = [*schema.metadata.sorted_tables]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "syncd.db"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"


@pytest.fixture
def new(postgres_server: Server, cache: Path) -> Iterator[Account]:
    """An account that was never used."""
    with new_account(postgres_server, made=False) as account:
        yield account


def known(id_: str) -> Tracked:
    return sku(id_, SkuState.IN_SYNC, owned=True)


@pytest.fixture
def worked(url: str) -> str:
    """A state after two cycles."""
    with closing(open_state(url)) as state:
        run(state, A, "a", "b")
        run(state, B, "b", "c")
        with state.transaction() as transaction:
            transaction.put([known(id_) for id_ in ("a", "b", "Z", "ä")])
    return url


def value_of(column: Column[Any], number: int) -> object:
    """Something of its type, with what may go wrong on the way; every second NULL may stay."""
    if column.nullable and number % 2:
        return None
    match column.type:
        case Boolean():
            return bool(number % 2)
        case BigInteger() | Integer():
            return -(2**63) + number if column.table is schema.sku else 2**40 + number
        case Double():
            return number + 0.1
        case LargeBinary():
            return bytes(range(256)) * number
        case _:
            return f"{column.name}\t\\N \\ \"'\r\n,€😀{number}"


def fill_every_table(url: str) -> None:
    open_state(url).close()
    with closing(create_engine(url).connect()) as connection, connection.begin():
        for table in moving.TABLES:
            rows = [
                {column.name: value_of(column, number) for column in table.c}
                for number in range(ROWS)
            ]
            connection.execute(insert(table), rows)


def everything(url: str, schema_name: str | None = None) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables that are there, whether syncd knows them or not."""
    engine = create_engine(url)
    with closing(engine.connect()) as connection:
        if schema_name:
            connection.exec_driver_sql(f'SET search_path TO "{schema_name}"')
        found = {}
        for name in inspect(connection).get_table_names(schema_name):
            table = schema.metadata.tables[name]
            rows = [tuple(row) for row in connection.execute(select(table))]
            found[name] = sorted(rows, key=repr)
    engine.dispose()
    return found


def without_place(tables: dict[str, list[tuple[object, ...]]]) -> dict[str, Any]:
    kept = [row for row in tables["fact"] if row[0] not in {*facts.OF_ITS_PLACE, "fence"}]
    return {**tables, "fact": kept}


def move(source: str, target: str, account: Account) -> dict[str, MovedTable]:
    done = move_state(source, target, account.name, MOVER, NOON)
    return {table.name: table for table in done.tables}


def test_every_table_that_there_is_comes_whole_there_and_back(
    url: str, tmp_path: Path, new: Account
) -> None:
    fill_every_table(url)
    before = without_place(everything(url))
    assert before.keys() == {table.name for table in _EVERYTHING}

    there = move(url, new.url, new)
    assert without_place(everything(new.url, new.schema)) == before
    assert {name: table.rows for name, table in there.items() if name != "fact"} == {
        name: ROWS for name in before if name not in {"alembic_version", "fact"}
    }

    back = move(new.url, f"sqlite:///{tmp_path / 'back.db'}", new)
    assert without_place(everything(f"sqlite:///{tmp_path / 'back.db'}")) == before
    same = before.keys() - {"alembic_version", "fact"}
    assert {name: back[name].digest for name in same} == {name: there[name].digest for name in same}


def test_the_history_is_still_proven_and_goes_on_where_it_went(worked: str, new: Account) -> None:
    move(worked, new.url, new)

    with closing(new.open()) as state:
        run(state, C, "d")
        verdict = verify(state)
        assert (verdict.breach, verdict.cycles) == (None, 3)
        assert [entry.write for entry in state.journal_of(ItemId("d"))] == [5]
        assert set(state.tracked([ItemId("a"), ItemId("Z"), ItemId("ä")])) == {"a", "Z", "ä"}


def test_nothing_is_in_doubt_after_a_move(worked: str, new: Account) -> None:
    move(worked, new.url, new)

    with closing(new.open()) as state, state.lease("a cycle", timedelta()):
        assert doubted_untold(state) == 0


@pytest.mark.parametrize("open_it", [open_state, open_existing_read_only])
def test_the_state_that_was_moved_refuses_and_names_where_it_went(
    worked: str, new: Account, open_it: Callable[[str], object]
) -> None:
    move(worked, new.url, new)

    with pytest.raises(
        StateMovedError, match=f"moved to .*, account {new.name} at 2026"
    ) as refused:
        open_it(worked)
    assert refused.value.exit_code is ExitCode.USAGE


def test_the_one_in_postgresql_refuses_as_well(worked: str, tmp_path: Path, new: Account) -> None:
    move(worked, new.url, new)
    move(new.url, f"sqlite:///{tmp_path / 'back.db'}", new)

    with pytest.raises(StateMovedError, match=r"back\.db"):
        new.open()
    with pytest.raises(StateMovedError, match=r"back\.db"):
        open_existing_read_only(new.url, new.name)


def test_one_that_stood_by_during_the_move_gets_no_lease(worked: str, new: Account) -> None:
    with closing(open_state(worked)) as standby:
        move(worked, new.url, new)

        with pytest.raises(StateMovedError), standby.lease("a cycle", timedelta()):
            pass


def test_a_state_that_is_taken_back_works_and_doubts_what_it_knows(
    worked: str, new: Account
) -> None:
    move(worked, new.url, new)

    assert reclaim_state(worked, None) == 4
    with closing(open_state(worked)) as state:
        (row,) = state.tracked([ItemId("a")]).values()
        assert row.delivery is Delivery.IN_DOUBT
    with pytest.raises(StateError, match="it was not moved anywhere"):
        reclaim_state(worked, None)


@pytest.mark.parametrize("seat", ["lease", "duty"])
def test_a_state_that_somebody_works_on_is_not_moved(worked: str, new: Account, seat: str) -> None:
    with closing(open_state(worked)) as state:
        taken = state.duty("the service") if seat == "duty" else state.lease("it", timedelta())
        with taken, pytest.raises(LeaseHeldError, match=r"the service|held by it"):
            move(worked, new.url, new)
        assert not has_tables(new)

    assert move(worked, new.url, new)


def test_a_state_is_only_moved_to_where_nothing_is(worked: str, new: Account) -> None:
    with closing(new.open()) as state, state.transaction() as transaction:
        transaction.put([known("other")])
    with pytest.raises(StateError, match=r"not empty, for there are rows in its table \w+"):
        move(worked, new.url, new)
    with pytest.raises(StateError, match="not empty"):
        move(worked, worked, new)

    with closing(new.open()) as state:
        assert state.census().owned == 1
    open_state(worked).close()


def test_empty_tables_that_are_there_take_a_state(worked: str, new: Account) -> None:
    new.open().close()

    assert move(worked, new.url, new)["sku"].rows == 4


def test_a_state_of_another_version_is_not_moved(url: str, new: Account) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        migrate.upgrade(connection, "0002")
    engine.dispose()
    with pytest.raises(StateError, match=r"tables are at 0002.*Let this version work on it once"):
        move(url, new.url, new)

    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StateError, match="a newer version of syncd has made it"):
        move(url, new.url, new)


def test_a_table_that_syncd_does_not_know_is_not_left_behind(worked: str, new: Account) -> None:
    with closing(sqlite3.connect(worked.removeprefix("sqlite:///"))) as database, database:
        database.execute("CREATE TABLE notes (text)")

    with pytest.raises(StateError, match="has not made: notes"):
        move(worked, new.url, new)


def test_where_no_state_is_none_is_made(url: str, file: Path, new: Account) -> None:
    for source, target in ((url, new.url), (new.url, url)):
        with pytest.raises(StateError, match="there is no state"):
            move(source, target, new)

    assert not file.exists()
    assert not has_tables(new)


@pytest.mark.parametrize("to", ["postgresql", "sqlite"])
def test_what_does_not_arrive_as_it_was_sent_is_undone(
    worked: str, tmp_path: Path, new: Account, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target.db"
    lying = iter(range(1000))
    line = moving._line  # noqa: SLF001 - a database that keeps something else than it was told
    monkeypatch.setattr(moving, "_line", lambda row: line((*row, next(lying))))

    with pytest.raises(StateError, match=r"row 1 of the table \w+ is not as it was sent"):
        move(worked, new.url if to == "postgresql" else f"sqlite:///{target}", new)

    assert not list(tmp_path.glob("target.db*"))
    assert not has_tables(new)
    open_state(worked).close()


@pytest.mark.parametrize("to", ["postgresql", "sqlite"])
@pytest.mark.parametrize("lost", [0, 1, 3], ids=["the first", "one in between", "the last"])
def test_a_row_that_is_lost_on_the_way_is_told_and_nothing_was_moved(
    worked: str, tmp_path: Path, new: Account, to: str, lost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = f"sqlite:///{tmp_path / 'back.db'}"
    source, target = (worked, new.url) if to == "postgresql" else (new.url, back)
    if to == "sqlite":
        move(worked, new.url, new)
    end = PostgresEnd if to == "postgresql" else FileEnd
    fill = end.fill

    def losing(
        end: PostgresEnd | FileEnd, there: Connection, table: Table, rows: Iterable[Values]
    ) -> None:
        kept = [row for number, row in enumerate(rows) if table is not schema.sku or number != lost]
        fill(end, there, table, kept)  # type: ignore[arg-type]  # the one of both that it is

    monkeypatch.setattr(end, "fill", losing)
    told = rf"row {lost + 1} of the table sku is not as it was sent.*Nothing was changed"
    with pytest.raises(StateError, match=told):
        move(source, target, new)

    assert not list(tmp_path.glob("back.db*"))
    assert has_tables(new) == (to == "sqlite")
    open_state(source, account=new.name).close()


def test_a_server_that_dies_in_between_leaves_the_old_state_at_work(
    worked: str, new: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    from syncd.state.postgres.end import PostgresEnd

    fill = PostgresEnd.fill

    def cut(end: PostgresEnd, to: Any, table: Table, rows: Any) -> None:  # noqa: ANN401 - passed on
        if table is schema.sku:
            new.cut_connections()
        fill(end, to, table, rows)

    monkeypatch.setattr(PostgresEnd, "fill", cut)
    with pytest.raises(StateError):
        move(worked, new.url, new)

    assert not has_tables(new)
    with closing(open_state(worked)) as state:
        assert state.census().owned == 4


def has_tables(account: Account) -> bool:
    return account.ask(f"SELECT to_regnamespace('\"{account.schema}\"')") != [(None,)]
