"""The lease: one holder at a time, taken from the dead at once and from the stopped in time."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import Delivery, SkuState
from syncd.errors import LeaseHeldError, LeaseLostError
from syncd.ports import DOUBTED, Lease, State
from syncd.state.holding import TERM, Timing
from syncd.state.lock_file import next_to
from syncd.state.sqlite.file import KEPT, SqliteFile, open_file
from syncd.state.sqlite.lease import CycleLease
from syncd.state.sqlite.opening import open_for_writing
from tests.contract.state.examples import NOON, held_rows, put, sku, stored_states
from tests.contract.state.histories import A, result

if TYPE_CHECKING:
    from sqlalchemy import Connection

_AT_ONCE = timedelta(0)
_BEAT = 20.0
"""Longer than any test lasts: signs of life come where a test wants them."""


@dataclass
class Time:
    """Time that passes only in pauses, or where a test lets it; `then` happens once in a pause."""

    passed: float = 0.0
    pauses: list[float] = field(default_factory=list)
    then: Callable[[], object] = lambda: None
    looked: Callable[[], object] = lambda: None

    def now(self) -> datetime:
        self.looked()
        return NOON + timedelta(seconds=self.passed)

    def seconds(self) -> float:
        return self.passed

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.passed += seconds
        self.then()

    def timing(self) -> Timing:
        return Timing(self.now, self.seconds, self.pause, _BEAT, TERM)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def lock(file: Path) -> Path:
    return file.with_name("syncd.db.lock")


@pytest.fixture
def process(file: Path, time: Time) -> Iterator[Callable[[], State]]:
    """Open the state once more, as another process would."""
    with ExitStack() as stack:

        def another() -> State:
            state = open_for_writing(file, time.timing())
            stack.callback(state.close)
            return state

        yield another


@contextmanager
def _stopped(state: State, holder: str = "the one that was stopped") -> Iterator[Lease]:
    """Hold the lease like a process whose threads stand still."""
    entered = state.lease(holder, _AT_ONCE)
    lease = entered.__enter__()
    try:
        yield lease
    finally:
        entered.__exit__(None, None, None)


def _record(lock: Path) -> dict[str, object]:
    return dict(orjson.loads(lock.read_bytes()))


# ------------------------------------------------------------------------------ waiting for it


def test_it_is_waited_for_no_longer_than_wished(process: Callable[[], State], time: Time) -> None:
    with (
        process().lease("a cycle, process 7", _AT_ONCE),
        pytest.raises(LeaseHeldError) as raised,
        process().lease("an impatient one", timedelta(seconds=1.25)),
    ):
        pytest.fail("two hold the lease")

    assert sum(time.pauses) == pytest.approx(1.25)
    assert max(time.pauses) <= 0.1
    assert str(raised.value).endswith(
        "syncd.db: a cycle is running, held by a cycle, process 7 (since 2026-11-21 12:00:00 UTC)."
        " Wait for it to end or stop it, then run again; one that was killed holds nothing."
    )


def test_one_that_comes_free_is_taken(process: Callable[[], State], time: Time, lock: Path) -> None:
    first = process().lease("first", _AT_ONCE)
    first.__enter__()

    def free_it() -> None:
        time.then = lambda: None
        first.__exit__(None, None, None)

    time.then = free_it
    with process().lease("second", timedelta(hours=1)):
        assert (_record(lock)["holder"], _record(lock)["ended"]) == ("second", False)
    assert (_record(lock)["holder"], _record(lock)["ended"]) == ("second", True)


@pytest.mark.parametrize("content", [b"", b'{"hol', b'{"holder":"an older syncd","since":"x"}'])
def test_a_holder_whose_name_cannot_be_read_is_another_process(
    process: Callable[[], State], lock: Path, content: bytes
) -> None:
    with process().lease("first", _AT_ONCE):
        lock.write_bytes(content)
        with (
            pytest.raises(LeaseHeldError, match="held by another process"),
            process().lease("second", _AT_ONCE),
        ):
            pytest.fail("two hold the lease")


# --------------------------------------------------------------- a holder that stands still


def test_a_holder_that_shows_no_sign_of_life_is_replaced_after_its_term(
    process: Callable[[], State], time: Time
) -> None:
    with _stopped(process()):
        heir = process()
        with pytest.raises(LeaseHeldError), heir.lease("heir", timedelta(seconds=TERM - 1)):
            pytest.fail("two hold the lease")
        with heir.lease("heir", timedelta(seconds=2)):
            assert time.passed == pytest.approx(TERM, abs=0.3)
            put(heir, [sku("a")])


def test_a_holder_that_shows_signs_of_life_is_never_replaced(
    process: Callable[[], State], time: Time
) -> None:
    with process().lease("a long cycle", _AT_ONCE) as lease:
        time.then = lease.check
        with (
            pytest.raises(LeaseHeldError, match="a long cycle"),
            process().lease("another", timedelta(seconds=3 * TERM)),
        ):
            pytest.fail("two hold the lease")


def test_an_older_version_that_shows_no_signs_of_life_is_never_replaced(
    process: Callable[[], State], time: Time, lock: Path
) -> None:
    with _stopped(process()):
        lock.write_bytes(b'{"holder":"syncd --once, process 7","since":"2026-11-20 12:00:00 UTC"}')
        with (
            pytest.raises(LeaseHeldError, match="held by another process"),
            process().lease("another", timedelta(seconds=3 * TERM)),
        ):
            pytest.fail("two hold the lease")


def test_whoever_was_replaced_writes_nothing_and_sends_nothing(
    process: Callable[[], State], time: Time
) -> None:
    slow, heir = process(), process()
    with _stopped(slow) as lost:
        with heir.lease("heir, process 8", timedelta(minutes=1)):
            with pytest.raises(LeaseLostError, match=r"heir, process 8 \(since 20.* has taken"):
                put(slow, [sku("a")])
            with pytest.raises(LeaseLostError, match="heir, process 8"):
                lost.check()
        with pytest.raises(LeaseLostError, match="heir"):
            put(slow, [sku("a")])

    assert heir.tracked([ItemId("a")]) == {}
    put(heir, [sku("b")])


def test_the_lease_of_whoever_took_over_is_its_own_once_the_other_has_died(
    process: Callable[[], State], lock: Path
) -> None:
    slow, heir, third = process(), process(), process()
    entered = slow.lease("slow", _AT_ONCE)
    entered.__enter__()
    with heir.lease("heir", timedelta(minutes=1)) as lease:
        entered.__exit__(None, None, None)  # which frees the lock on the file it had
        with pytest.raises(LeaseHeldError, match="heir"), third.lease("third", _AT_ONCE):
            pytest.fail("two hold the lease")
        lease.check()
        assert _record(lock)["holder"] == "heir"
    assert not next_to(lock).exists()


def test_of_two_who_wait_for_a_stopped_one_one_takes_over(
    process: Callable[[], State], time: Time
) -> None:
    heirs = [process(), process()]
    with _stopped(process()):
        for heir in heirs:
            with pytest.raises(LeaseHeldError), heir.lease("heir", _AT_ONCE):
                pytest.fail("two hold the lease")
        time.passed += TERM + 1
        with (
            heirs[0].lease("the quicker one", _AT_ONCE),
            pytest.raises(LeaseHeldError, match="the quicker one"),
            heirs[1].lease("the other", _AT_ONCE),
        ):
            pytest.fail("two hold the lease")


def test_whoever_finds_at_the_last_moment_that_another_was_quicker_takes_nothing(
    file: Path, time: Time, lock: Path, process: Callable[[], State]
) -> None:
    def be_quicker() -> None:
        shutil.copyfile(lock, lock.with_name("another"))
        lock.with_name("another").replace(lock)

    with _stopped(process()), closing(open_file("state", file, KEPT)) as real:
        heir = CycleLease(Interposed(real, be_quicker), lock, time.timing())
        for _ in range(2):
            with pytest.raises(LeaseHeldError), heir.held("heir", _AT_ONCE):
                pytest.fail("two hold the lease")
            time.passed += TERM + 1
        assert _record(lock)["number"] == 1


@dataclass
class Interposed:
    """Connections that let something happen just before they write."""

    real: SqliteFile
    before: Callable[[], None]

    @property
    def name(self) -> str:
        return self.real.name

    def reading(self) -> AbstractContextManager[Connection]:
        return self.real.reading()

    def writing(self) -> AbstractContextManager[Connection]:
        self.before()
        return self.real.writing()


def test_one_that_stops_in_the_middle_of_a_write_is_named(
    file: Path, time: Time, process: Callable[[], State]
) -> None:
    slow = process()
    heir = open_for_writing(file, time.timing(), busy_timeout=timedelta(milliseconds=20))
    with closing(heir):
        with (
            _stopped(slow, "syncd --once, process 7"),
            slow.transaction(),
            pytest.raises(LeaseHeldError, match=r"process 7 .*stopped in the middle of a write"),
            heir.lease("heir", timedelta(minutes=1)),
        ):
            pytest.fail("two hold the lease")
        with heir.lease("heir", _AT_ONCE):
            put(heir, [sku("a")])


# ------------------------------------------------------------------------- waking up again


def test_whoever_stood_still_for_longer_than_its_term_has_lost_even_without_an_heir(
    process: Callable[[], State], time: Time
) -> None:
    with _stopped(process()) as lease:
        lease.check()
        time.passed += TERM + 1
        for _ in range(2):
            with pytest.raises(LeaseLostError, match="stood still for 46 s and its lease lasts 45"):
                lease.check()


def test_whoever_stood_still_in_the_middle_of_a_sign_of_life_has_lost(
    process: Callable[[], State], time: Time
) -> None:
    with _stopped(process()) as lease:
        time.passed += 2 * _BEAT + 1

        def stand_still() -> None:
            time.passed += TERM + 1

        time.looked = stand_still  # at what the sign is dated by, between look and sign
        with pytest.raises(LeaseLostError, match="stood still"):
            lease.check()


def test_whoever_is_only_late_shows_a_sign_of_life_before_it_sends(
    process: Callable[[], State], time: Time, lock: Path
) -> None:
    with _stopped(process()) as lease:
        before = _record(lock)
        time.passed += 2 * _BEAT
        lease.check()
        assert _record(lock) == before
        time.passed += 1
        lease.check()
        assert _record(lock)["beats"] == 1
        time.passed += TERM - 1
        lease.check()
        assert _record(lock)["beats"] == 2


def test_signs_of_life_come_from_a_thread_of_their_own(file: Path, lock: Path, time: Time) -> None:
    timing = Timing(time.now, time.seconds, beat=0.005)
    with closing(open_for_writing(file, timing)) as state, state.lease("busy", _AT_ONCE) as lease:
        while _record_or_none(lock) < 3:
            pass  # never hands over by itself, like a long transaction
        time.passed += TERM + 1
        while True:
            try:
                lease.check()
            except LeaseLostError:
                break


def _record_or_none(lock: Path) -> int:
    try:
        return int(str(_record(lock)["beats"]))
    except orjson.JSONDecodeError:
        return 0


@pytest.mark.parametrize("by", ["deleting", "moving"])
def test_a_lock_file_that_is_taken_away_takes_the_lease_with_it(
    process: Callable[[], State], lock: Path, by: str
) -> None:
    first, second = process(), process()
    with _stopped(first, "first") as lease:
        if by == "deleting":
            lock.unlink()
        else:
            lock.rename(lock.with_name("elsewhere"))
        with pytest.raises(LeaseLostError, match="another process has taken it over"):
            lease.check()
        with second.lease("second", _AT_ONCE), pytest.raises(LeaseLostError, match="second"):
            put(first, [sku("a")])


# ------------------------------------------------------------------ what the one before may do


def test_nobody_knows_of_requests_before_the_first_lease(process: Callable[[], State]) -> None:
    assert process().sent_until() is None
    with process().lease("first", _AT_ONCE) as lease:
        assert lease.sent_until is None


def test_who_let_go_has_sent_until_then(process: Callable[[], State], time: Time) -> None:
    with process().lease("first", _AT_ONCE):
        time.passed += 2
    time.passed += 100
    assert process().sent_until() == NOON + timedelta(seconds=2)
    with process().lease("second", _AT_ONCE) as lease:
        assert lease.sent_until == NOON + timedelta(seconds=2)


@pytest.mark.parametrize(("passed", "sent_until"), [(1, 1), (100, 2 * _BEAT)])
def test_who_died_may_have_sent_until_a_little_after_its_last_sign_of_life(
    file: Path, time: Time, process: Callable[[], State], passed: float, sent_until: float
) -> None:
    _die_holding(file, time)
    time.passed += passed
    with process().lease("heir", _AT_ONCE) as lease:
        assert lease.sent_until == NOON + timedelta(seconds=sent_until)


def test_a_clock_that_was_put_back_makes_nobody_wait_longer(
    process: Callable[[], State], time: Time
) -> None:
    with process().lease("first", _AT_ONCE):
        time.passed += 3600
    time.passed -= 3000
    with process().lease("second", _AT_ONCE) as lease:
        assert lease.sent_until == NOON + timedelta(seconds=600)


def _die_holding(file: Path, time: Time) -> None:
    """Leave the lock file as a process does that was killed."""
    with closing(open_for_writing(file, time.timing())) as state:
        with state.lease("the dead one", _AT_ONCE):
            left = file.with_name("syncd.db.lock").read_bytes()
        file.with_name("syncd.db.lock").write_bytes(left)


# ------------------------------------------------------------------------ a restored backup


def _copy(file: Path) -> bytes:
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file.read_bytes()


def _restore(file: Path, backup: bytes) -> None:
    for path in file.parent.glob("syncd.db-*"):
        path.unlink()
    file.write_bytes(backup)


def _with_lease(file: Path, time: Time) -> None:
    with closing(open_for_writing(file, time.timing())) as state, state.lease("a", _AT_ONCE):
        pass


def test_a_restored_backup_is_told_and_what_it_owns_is_in_doubt(
    file: Path, time: Time, lock: Path
) -> None:
    rows = [
        sku("settled", SkuState.IN_SYNC, owned=True),
        sku("not ours", SkuState.IN_SYNC),
        sku("not there yet", owned=True),
        sku("flying", SkuState.IN_FLIGHT, owned=True),
        *held_rows(),
    ]
    with closing(open_for_writing(file, time.timing())) as state:
        put(state, rows)
        with state.transaction() as transaction:
            transaction.record_cycle(result(A))
    _with_lease(file, time)
    backup = _copy(file)
    _with_lease(file, time)
    _restore(file, backup)

    with closing(open_for_writing(file, time.timing())) as state:
        with state.lease("b", _AT_ONCE):
            found = state.tracked([row.id for row in rows])
            stored = stored_states(state)
            assert state.census().states == Counter(stored.values())
        with state.lease("c", _AT_ONCE):
            assert state.remembered(DOUBTED) == "4"  # no cycle has told it yet
    assert _record(lock)["number"] == 4  # as if the one that is lost, the second, still counted
    assert {id_: row.delivery for id_, row in found.items()} == {
        "settled": Delivery.IN_DOUBT,
        "not ours": Delivery.SETTLED,
        "not there yet": Delivery.SETTLED,
        "flying": Delivery.IN_FLIGHT,
        **dict.fromkeys(["refused", "reverted", "unusable"], Delivery.IN_DOUBT),
    }
    assert stored == {
        "settled": SkuState.PENDING,
        "not ours": SkuState.IN_SYNC,
        "not there yet": SkuState.PENDING,
        "flying": SkuState.IN_FLIGHT,
        "reverted": SkuState.PENDING,
        "refused": SkuState.QUARANTINED,
        "unusable": SkuState.HELD,
    }


def test_a_backup_that_is_put_back_under_a_running_cycle_shuts_it_out(
    file: Path, time: Time
) -> None:
    _with_lease(file, time)
    with closing(open_for_writing(file, time.timing())) as state, state.lease("a", _AT_ONCE):
        put(state, [sku("a")])
        with closing(sqlite3.connect(file)) as database, database:
            database.execute("""UPDATE fact SET value = '[1,"a","x"]' WHERE key = 'fence'""")
        with pytest.raises(LeaseLostError, match="an older copy was put in its place"):
            put(state, [sku("b")])


def test_a_new_state_beside_an_old_lock_is_no_backup(file: Path, time: Time) -> None:
    _with_lease(file, time)
    for path in (file, *file.parent.glob("syncd.db-*")):
        path.unlink()

    with closing(open_for_writing(file, time.timing())) as state:
        put(state, [sku("a", SkuState.IN_SYNC, owned=True)])
        with state.lease("b", _AT_ONCE):
            assert state.remembered(DOUBTED) is None
