"""Connections that a process keeps for all its accounts: each sees one of them at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from datetime import timedelta
from unittest.mock import Mock

import pytest
from sqlalchemy import make_url, text

from syncd.errors import LeaseLostError
from syncd.ports import State
from syncd.state import open_state
from syncd.state.postgres import line, opening
from syncd.state.postgres import pool as postgres_pool
from syncd.state.postgres.line import Access
from syncd.state.postgres.place import Place, place_of
from syncd.state.postgres.pool import Pool, Pools, driver_of
from tests.contract.state.examples import sku
from tests.postgres_states import Account, new_account
from tests.servers import Server
from tests.shop import wait_until

Open = Callable[[Account], State]
_OURS = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE application_name ~ '^syncd ?' AND pid <> pg_backend_pid()"
)
_SEEN = text("SELECT current_schemas(false)::text, current_setting('application_name')")


@pytest.fixture(scope="module")
def made(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Account, Account]]:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("CACHE_DIRECTORY", str(tmp_path_factory.mktemp("cache")))
        one, other = (stack.enter_context(new_account(postgres_server)) for _ in range(2))
        yield one, other


@pytest.fixture
def accounts(made: tuple[Account, Account], cache: object) -> tuple[Account, Account]:
    """Two accounts with tables, all of them empty."""
    assert cache
    for account in made:
        account.empty()
    return made


@pytest.fixture
def pools() -> Iterator[Pools]:
    with closing(Pools(2)) as pools:
        yield pools


@pytest.fixture
def opened(pools: Pools) -> Open:
    """Open an account's state on what is kept."""
    return lambda account: open_state(account.url, account=account.name, pools=pools)


def backends(account: Account) -> set[object]:
    return {pid for (pid,) in account.ask(_OURS)}


def others(account: Account) -> set[object]:
    """The users who have a connection, but for this one."""
    query = "SELECT usename FROM pg_stat_activity WHERE usename <> current_user"
    return {name for (name,) in account.ask(query)}


def ids(state: State) -> list[str]:
    return [str(one.id) for one in state.beginning_with("", 10)]


def write(state: State, name: str) -> None:
    with state.transaction() as transaction:
        transaction.put([sku(name)])


def fail_to_write(state: State, name: str) -> None:
    with suppress(ZeroDivisionError), state.transaction() as transaction:
        transaction.put([sku(name)])
        raise ZeroDivisionError


def test_an_errand_finds_the_connections_of_the_one_before(
    accounts: tuple[Account, Account], opened: Open
) -> None:
    one, other = accounts
    with closing(opened(one)) as state:
        write(state, "a")
    kept = backends(one)
    for account in (other, one, other):
        with closing(opened(account)) as state, state.lease("me", timedelta(0)):
            assert len(state.census().states) == (account is one)
    first, *_ = kept
    assert first in backends(one)
    most = len(kept) + 2  # those for signs of life, which the lease began
    wait_until(lambda: len(backends(one)) <= most)  # one that goes is seen a while longer


def test_accounts_that_take_turns_see_their_own_rows_and_write_no_others(
    accounts: tuple[Account, Account], opened: Open
) -> None:
    """Often enough for the driver to have each statement prepared by the server."""
    with closing(opened(accounts[0])) as one, closing(opened(accounts[1])) as other:
        for number in range(8):
            write(one, f"one-{number}")
            fail_to_write(other, f"never-{number}")
            assert ids(other) == [f"other-{before}" for before in range(number)]
            write(other, f"other-{number}")
            fail_to_write(one, f"never-{number}")
            assert ids(one) == [f"one-{before}" for before in range(number + 1)]
    for account, name in zip(accounts, ("one", "other"), strict=True):
        found = account.ask("SELECT id FROM sku ORDER BY id")
        assert found == [(f"{name}-{number}",) for number in range(8)]


def test_whoever_lost_the_lease_of_one_account_still_writes_for_another(
    accounts: tuple[Account, Account], opened: Open
) -> None:
    lost, kept = accounts
    with closing(opened(lost)) as stopped, closing(opened(kept)) as beside:
        with stopped.lease("the one that stood still", timedelta(0)):
            lost.run("UPDATE fact SET value = '[99, \"another\", \"now\"]' WHERE key = 'fence'")
            with pytest.raises(LeaseLostError):
                write(stopped, "stale")
            with beside.lease("me", timedelta(0)):
                write(beside, "fine")
            with pytest.raises(LeaseLostError):
                write(stopped, "stale")
        assert (ids(stopped), ids(beside)) == ([], ["fine"])


def test_what_was_cut_meanwhile_is_made_anew(
    accounts: tuple[Account, Account], opened: Open
) -> None:
    one, other = accounts
    with closing(opened(one)) as state, closing(opened(other)) as beside:
        write(state, "a")
        write(beside, "b")
        for account in accounts:
            account.cut_connections()
        assert (ids(state), ids(beside)) == (["a"], ["b"])


def test_a_connection_that_was_just_made_sees_no_account(
    accounts: tuple[Account, Account], pools: Pools
) -> None:
    place = place_of(make_url(accounts[0].url), accounts[0].name)
    pool = pools.take(place, Access())
    with pool.to_read(place.nobody) as connection:
        assert connection.execute(_SEEN).one()[0] == "{}"
    with pool.to_read(place) as connection:
        seen, told = connection.execute(_SEEN).one()
        assert accounts[0].schema in seen
        assert told == f"syncd {accounts[0].schema}"


def test_a_connection_that_was_interrupted_between_two_accounts_is_not_kept(
    accounts: tuple[Account, Account], pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is outside transactions there, and what failed half way would stay written."""
    one, other = (place_of(make_url(account.url), account.name) for account in accounts)
    pool = pools.take(one, Access())
    with pool.to_read(one) as connection:
        before = driver_of(connection)
    with monkeypatch.context() as patch:
        patch.setattr(line, "turn", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt), pool.to_write(other):
            pass
    with pool.to_write(one) as connection:
        assert driver_of(connection) is not before
        assert not driver_of(connection).autocommit
    assert before.closed


class _Counting(Pools):
    """Pools that count what is taken of them and not given back."""

    def __init__(self, at_once: int) -> None:
        super().__init__(at_once)
        self.taken = Counter[Access]()

    def take(self, place: Place, access: Access) -> Pool:
        self.taken[access] += 1
        return super().take(place, access)

    def give_back(self, place: Place, access: Access) -> None:
        self.taken[access] -= 1
        super().give_back(place, access)


def test_all_that_was_taken_is_given_back_where_opening_fails(
    accounts: tuple[Account, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or else what nobody uses any more is kept for as long as the process lasts."""
    monkeypatch.setattr(opening, "PostgresDuty", Mock(side_effect=MemoryError))
    with closing(_Counting(2)) as pools:
        with pytest.raises(MemoryError):
            open_state(accounts[0].url, account=accounts[0].name, pools=pools)
        assert pools.taken.total() == 0
        assert len(pools.taken) == 2


def test_no_connection_is_kept_for_too_many_accounts(
    accounts: tuple[Account, Account], pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_pool, "_MOST_TURNS", 3)
    places = [place_of(make_url(account.url), account.name) for account in accounts]
    pool, seen = pools.take(places[0], Access()), list[int]()
    for turn in range(8):
        with pool.to_read(places[turn % 2]) as connection:
            seen.append(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    assert [seen.count(pid) for pid in dict.fromkeys(seen)] == [3, 3, 2]


def test_each_user_has_connections_of_its_own_and_few_are_kept_for_nobody(
    accounts: tuple[Account, Account], pools: Pools
) -> None:
    account = accounts[0]
    users = [f"{account.name.replace('-', '_')}_{number}" for number in range(12)]
    with ExitStack() as stack:
        for user in users:
            account.run(f"CREATE USER {user} PASSWORD 'x'")
            stack.callback(account.run, f"DROP USER {user}")
            place = place_of(make_url(account.url).set(username=user, password="x"), account.name)
            pool = pools.take(place, Access())
            with pool.to_read(place) as connection:
                assert connection.exec_driver_sql("SELECT current_user").scalar_one() == user
            pools.give_back(place, Access())
        wait_until(lambda: others(account) == set(users[4:]))  # who goes is seen a while longer
        pools.close()
