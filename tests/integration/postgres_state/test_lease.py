"""The lease over many machines: free at once after an end, after a term without a sign of life."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import Delivery, SkuState
from syncd.errors import LeaseHeldError, LeaseLostError, StateAwayError, StateError
from syncd.ports import DOUBTED, Lease, State
from syncd.state import migrate
from syncd.state.holding import Timing
from syncd.state.lock_file import Holder
from syncd.state.postgres import lease as postgres_lease
from syncd.state.postgres import signs
from syncd.state.postgres.lease import TERM
from syncd.state.postgres.opening import open_for_writing
from syncd.state.postgres.place import Place
from syncd.state.postgres.signs import LEAVE, Sight
from tests.contract.state.examples import NOON, held_rows, put, sku, stored_states
from tests.integration.postgres_state.conftest import StartProcess
from tests.postgres_states import Account
from tests.shop import wait_until

if TYPE_CHECKING:
    from sqlalchemy import Connection

_AT_ONCE = timedelta(0)
_MOMENT = timedelta(seconds=0.2)
_HOUR = timedelta(hours=1)
_WRITING = """
from datetime import timedelta
from syncd.domain.tracking import Tracked
with state.lease("the one that stops", timedelta(0)), state.transaction() as transaction:
    transaction.put([Tracked("never")])
    print("ready", flush=True)
    input()
"""
Aged = Callable[[str, float], None]
Another = Callable[..., State]


@contextmanager
def _held(state: State, holder: str = "the first") -> Iterator[Lease]:
    """Hold the lease, and let go of it without a sign."""
    entered = state.lease(holder, _AT_ONCE)
    lease = entered.__enter__()
    try:
        yield lease
    finally:
        entered.__exit__(None, None, None)


def test_it_names_its_holder_and_is_free_at_once_after_a_clean_end(process: Another) -> None:
    first, second = process(), process()
    with _held(first), pytest.raises(LeaseHeldError) as raised, _held(second):
        pytest.fail("two hold the lease")
    assert "held by the first (since 2026-11-21 12:00:00 UTC)" in str(raised.value)

    with _held(second) as lease:
        lease.check()
        put(second, [sku("a")])


def test_it_is_waited_for(process: Another) -> None:
    first, second = process(), process()
    entered = first.lease("first", _AT_ONCE)
    entered.__enter__()
    with pytest.raises(LeaseHeldError), second.lease("second", timedelta(seconds=0.3)):
        pytest.fail("two hold the lease")
    entered.__exit__(None, None, None)
    with second.lease("second", timedelta(seconds=0.3)):
        pass


def test_a_holder_without_a_sign_of_life_is_replaced_after_its_term(
    process: Another, pass_over: Aged
) -> None:
    first, heir = process(), process()
    with _held(first) as lease:
        pass_over("lease", TERM - 1)
        with pytest.raises(LeaseHeldError), _held(heir, "the heir"):
            pytest.fail("two hold the lease")
        pass_over("lease", 2)
        with _held(heir, "the heir") as heirs:
            put(heir, [sku("a")])
            with pytest.raises(LeaseLostError, match=r"the heir .* has taken it over"):
                put(first, [sku("b")])
            assert heirs.sent_until == NOON
            heirs.check()
        lease.check()  # it looks no more often than it shows signs of life
    assert list(first.tracked([ItemId("a"), ItemId("b")])) == ["a"]


@pytest.mark.parametrize(("up", "is_free"), [(TERM - 1, False), (TERM + 1, True)])
def test_a_time_in_which_the_server_was_down_is_no_silence(
    process: Another, pass_over: Aged, monkeypatch: pytest.MonkeyPatch, up: float, is_free: bool
) -> None:
    with _held(process()):
        pass_over("lease", 1000.0)
        began = f"clock_timestamp() - interval '{up} s'"
        monkeypatch.setattr(signs, "LOOK", signs.LOOK.replace("to_timestamp(0)", began))
        with nullcontext() if is_free else pytest.raises(LeaseHeldError), _held(process()):
            assert is_free


def test_a_clock_set_back_keeps_the_lease_of_a_dead_one_for_a_term(
    process: Another, pass_over: Aged
) -> None:
    """Its last sign of life lies in the future, so that silence counts from the first look."""
    heir = process()
    with _held(process()):
        pass_over("lease", -3600.0)
        for silent in (0.0, TERM - 1):
            pass_over("lease", silent)
            with pytest.raises(LeaseHeldError), _held(heir):
                pytest.fail("two hold the lease")
        pass_over("lease", 2.0)
        with _held(heir):
            pass


def test_a_server_that_began_before_its_clock_was_set_back_hides_no_silence(
    process: Another, pass_over: Aged, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _held(process()):
        pass_over("lease", TERM + 1)
        began = "clock_timestamp() + interval '1 hour'"
        monkeypatch.setattr(signs, "LOOK", signs.LOOK.replace("to_timestamp(0)", began))
        with _held(process()):
            pass


def test_a_holder_that_shows_signs_of_life_stays(place: Place, pass_over: Aged) -> None:
    passed = 0.0
    timing = Timing(lambda: NOON, lambda: passed, lambda _: None, beat=1000.0, term=5000.0)
    with (
        closing(open_for_writing(place, timing)) as first,
        closing(open_for_writing(place, timing)) as second,
        _held(first) as lease,
    ):
        for _ in range(3):
            pass_over("lease", 4000.0)
            passed += 4000.0
            lease.check()
            with pytest.raises(LeaseHeldError), _held(second):
                pytest.fail("two hold the lease")
        passed += 5001.0
        with pytest.raises(LeaseLostError, match="stood still for 5001 s"):
            lease.check()


def test_its_number_grows_and_shuts_out_who_comes_back(process: Another, pass_over: Aged) -> None:
    first, heir = process(), process()
    with _held(first):
        pass_over("lease", TERM + 1)
        with _held(heir):
            pass
        with pytest.raises(LeaseLostError):
            put(first, [sku("a")])
        with pytest.raises(LeaseLostError):
            list(first.prune(NOON))


def test_clocks_that_differ_do_not_matter(process: Another, pass_over: Aged) -> None:
    fast, slow = process(lambda: NOON + _HOUR), process(lambda: NOON - _HOUR)
    with _held(fast), pytest.raises(LeaseHeldError), _held(slow):
        pytest.fail("two hold the lease")
    pass_over("lease", 7.0)
    seen = slow.sent_until()
    assert seen is not None
    assert timedelta(seconds=7 - LEAVE) <= slow.now() - seen < timedelta(seconds=60)
    with _held(slow) as lease:
        assert lease.sent_until is not None
        sent_before = NOON - _HOUR - lease.sent_until
        assert timedelta(seconds=7 - LEAVE) <= sent_before < timedelta(seconds=60)


@pytest.mark.parametrize(
    ("ended", "silent", "before"), [(True, 7.0, 7.0 - LEAVE), (True, 1.0, 0.0), (False, 100.0, 0.0)]
)
def test_a_helper_may_have_sent_for_a_while_after_the_end(
    silent: float, before: float, *, ended: bool
) -> None:
    """One that has not heard of it sends as long as it has leave; without an end nobody knows."""
    sight = Sight(Holder("a cycle", "", 1, 0, ended=ended), silent)
    assert sight.sent_until(NOON) == NOON - timedelta(seconds=before)


def test_who_stops_in_the_middle_of_a_write_keeps_nobody_waiting(
    process: Another, pass_over: Aged, start_process: StartProcess, account: Account
) -> None:
    term = 0.5
    with start_process(_WRITING) as stopped:
        stopped.send_signal(signal.SIGSTOP)
        heir = process(term=term)
        pass_over("lease", -60.0)
        with pytest.raises(LeaseHeldError, match="the one that stops"), _held(heir):
            pytest.fail("two hold the lease")
        pass_over("lease", 60.0 + term)
        account.run(f"SELECT pg_sleep({term})")  # a server judges a transaction by its own time
        with _held(heir):
            put(heir, [sku("a")])
        stopped.send_signal(signal.SIGCONT)
        _told_to_go_on(stopped)

        assert stopped.wait(30) == 1
    assert heir.census().states == {SkuState.PENDING: 1}


def test_a_migration_that_takes_long_is_not_taken_for_one_who_stopped(
    process: Another,
    pass_over: Aged,
    place: Place,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timing = Timing(lambda: NOON, pause=lambda _: None, term=0.1)
    migrated: list[Connection] = []
    with _held(process()), closing(open_for_writing(place, timing, _MOMENT)) as older:
        pass_over("lease", 60.0)

        def migrate_for_long(connection: Connection) -> None:
            account.run("SELECT pg_sleep(0.2)")
            with pytest.raises(LeaseHeldError), _held(older):
                pytest.fail("it writes while the tables change")
            migrated.append(connection)

        monkeypatch.setattr(postgres_lease, "_TRIES", 1)
        monkeypatch.setattr(migrate, "is_up_to_date", lambda _: False)
        monkeypatch.setattr(migrate, "standing", lambda *_: migrate.Standing.OLDER)
        monkeypatch.setattr(migrate, "upgrade", migrate_for_long)
        open_for_writing(place, timing).close()

    assert len(migrated) == 1


def _told_to_go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


# ------------------------------------------------------------------------ a restored backup


def _restored(account: Account, folder: Path) -> None:
    """Dump the account's schema, drop it, and put it back."""
    url = account.url.replace("postgresql+psycopg", "postgresql")
    dump = folder / "dump.sql"
    command = ["pg_dump", f"--dbname={url}", f"--schema={account.schema}", f"--file={dump}"]
    subprocess.run(command, check=True)
    account.run(f'DROP SCHEMA "{account.schema}" CASCADE')
    load = ["psql", "-q", "-v", "ON_ERROR_STOP=1", f"--dbname={url}", f"--file={dump}"]
    subprocess.run(load, check=True, stdout=subprocess.DEVNULL)


def test_a_dump_that_was_put_back_is_told_and_what_it_owns_is_in_doubt(
    account: Account, tmp_path: Path
) -> None:
    rows = [
        sku("settled", SkuState.IN_SYNC, owned=True),
        sku("not ours", SkuState.IN_SYNC),
        sku("flying", SkuState.IN_FLIGHT, owned=True),
        *held_rows(),
    ]
    with closing(account.open()) as state:
        put(state, rows)
        for _ in range(2):
            with _held(state):
                assert state.remembered(DOUBTED) is None
    _restored(account, tmp_path)

    with closing(account.open()) as state:
        with _held(state):
            found = state.tracked([row.id for row in rows])
            stored = stored_states(state)
        with _held(state):
            assert state.remembered(DOUBTED) == "4"  # no cycle has told it yet
    assert {id_: row.delivery for id_, row in found.items()} == {
        "settled": Delivery.IN_DOUBT,
        "not ours": Delivery.SETTLED,
        "flying": Delivery.IN_FLIGHT,
        **dict.fromkeys(["refused", "reverted", "unusable"], Delivery.IN_DOUBT),
    }
    assert stored == {
        "settled": SkuState.PENDING,
        "not ours": SkuState.IN_SYNC,
        "flying": SkuState.IN_FLIGHT,
        "reverted": SkuState.PENDING,
        "refused": SkuState.QUARANTINED,
        "unusable": SkuState.HELD,
    }


def test_a_disk_that_was_put_back_is_told_by_what_this_machine_has_seen(
    process: Another, account: Account, cache: Path
) -> None:
    first = process()
    put(first, [sku("settled", SkuState.IN_SYNC, owned=True)])
    with _held(first):
        pass
    before = account.ask("SELECT value FROM fact WHERE key = 'fence'")[0][0]
    with _held(first):
        pass
    account.run("UPDATE fact SET value = %s WHERE key = 'fence'", before)
    assert [path.read_text() for path in cache.glob("*.seen")] == ["2"]

    last = process()
    with _held(last):
        assert last.remembered(DOUBTED) == "1"
    assert account.ask("SELECT value FROM fact WHERE key = 'fence'")[0][0].startswith("[3,")  # type: ignore[attr-defined]  # it is a text


def test_whoever_works_on_an_older_copy_is_shut_out(process: Another, account: Account) -> None:
    state = process()
    with _held(state):
        put(state, [sku("a")])
        account.run("""UPDATE fact SET value = '[0,"x","y"]' WHERE key = 'fence'""")
        with pytest.raises(LeaseLostError, match="an older copy was put in its place"):
            put(state, [sku("b")])


def test_connections_that_were_cut_are_made_anew_and_the_lease_stays(
    process: Another, account: Account
) -> None:
    state = process()
    with _held(state) as lease:
        put(state, [sku("a")])
        with pytest.raises(StateError, match=r"connection was lost\. Nothing that was"):
            _cut_off_in_the_middle(state, account)
        put(state, [sku("d")])
        lease.check()
    assert list(state.tracked([ItemId(id_) for id_ in "abcd"])) == ["a", "d"]


def test_a_connection_that_is_ended_in_the_middle_of_a_statement_leaves_no_traceback(
    process: Another, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    state = process()
    put(state, [sku("a")])
    with account.server.engine().begin() as blocker:
        blocker.exec_driver_sql(f'LOCK TABLE "{account.schema}".sku IN SHARE MODE')
        ending = threading.Thread(target=_cut_off_while_it_waits, args=(account,))
        ending.start()
        with pytest.raises(StateAwayError, match="the connection was lost"):
            put(state, [sku("a", SkuState.IN_SYNC)])
        ending.join()
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert state.census().states == {SkuState.PENDING: 1}


def _cut_off_while_it_waits(account: Account) -> None:
    waiting = (
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND starts_with(application_name, 'syncd ')"
    )
    wait_until(lambda: bool(account.ask(waiting)))
    account.cut_connections()


def _cut_off_in_the_middle(state: State, account: Account) -> None:
    with state.transaction() as transaction:
        transaction.put([sku("b")])
        account.cut_connections()
        transaction.put([sku("c")])
