"""What is told survives restarts, other processes and targets that fail: on a real state."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
import structlog

from syncd.errors import LeaseHeldError, StateError
from syncd.ports import State
from syncd.service import courier, remembered
from syncd.service.announce import PATIENCE
from syncd.service.courier import Courier
from syncd.service.glimpse import MOST, Glimpse, Subject
from syncd.service.outbox import WAITS
from syncd.service.telling import Telling, TellingTerms, tell_once
from syncd.state import open_state
from tests.fakes.notifier import FakeNotifier
from tests.unit.engine.samples import NOW

REFUSED: Final = Glimpse({Subject.KEY: "401"})
TAKEN: Final = Glimpse({Subject.KEY: None})
TITLE: Final = "Digital River refuses the key"


class Clock:
    """Time that is set."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notifier() -> Iterator[FakeNotifier]:
    notifier = FakeNotifier("mail", "chat")
    yield notifier
    notifier.released.set()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with closing(open_state(_url(tmp_path))) as state:
        yield state


@pytest.fixture
def other(tmp_path: Path, state: State) -> Iterator[State]:
    """The same state, as another process has it open."""
    with closing(open_state(_url(tmp_path))) as other:
        yield other


def _url(folder: Path) -> str:
    return f"sqlite:///{folder}/state.db"


def telling_on(state: State, notifier: FakeNotifier, clock: Clock) -> Telling:
    terms = TellingTerms("a test", PATIENCE, timedelta())
    return Telling(state, Courier(notifier), clock.now, terms)


def told(telling: Telling, *seen: Glimpse) -> None:
    """Go one round, and see its messages through."""
    for one in seen:
        telling.see(one)
    telling.round()
    telling.courier.wait(60)
    telling.settle()


def test_everybody_is_told_once_even_after_a_restart(
    state: State, notifier: FakeNotifier, clock: Clock
) -> None:
    told(telling_on(state, notifier, clock), REFUSED)
    for _ in range(2):
        clock.moment += WAITS[-1]
        told(telling_on(state, notifier, clock), REFUSED)
    assert notifier.titles("mail") == notifier.titles("chat") == [TITLE]
    assert remembered.outbox(state).posted == ()


def test_a_target_that_fails_holds_up_no_other_and_gets_it_later(
    state: State, notifier: FakeNotifier, clock: Clock
) -> None:
    notifier.deaf.add("chat")
    told(telling_on(state, notifier, clock), REFUSED)
    assert (notifier.titles("mail"), notifier.titles("chat")) == ([TITLE], [])
    notifier.deaf.clear()
    later = telling_on(state, notifier, clock)
    told(later)
    assert notifier.titles("chat") == []  # not before its time
    assert later.due_at() == NOW + WAITS[0]
    clock.moment += WAITS[0]
    told(later)
    assert (notifier.titles("mail"), notifier.titles("chat")) == ([TITLE], [TITLE])


def test_only_what_was_tried_counts_as_a_try(
    state: State, notifier: FakeNotifier, clock: Clock
) -> None:
    notifier.deaf |= {"mail", "chat"}
    told(telling_on(state, notifier, clock), REFUSED, TAKEN)
    assert [one.tries for one in remembered.outbox(state).posted] == [1, 0]


def test_who_takes_long_gets_the_rest_in_the_next_round(
    state: State, notifier: FakeNotifier, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "ENOUGH", -1.0)
    telling = telling_on(state, notifier, clock)
    told(telling, REFUSED, TAKEN)  # its end is a round as well
    telling.courier.wait(60)
    assert notifier.titles("mail") == [TITLE, "Digital River takes the key again"]
    telling.settle()
    assert remembered.outbox(state).posted == ()


def test_messages_reach_a_target_in_their_order(
    state: State, notifier: FakeNotifier, clock: Clock
) -> None:
    told(telling_on(state, notifier, clock), REFUSED, TAKEN)
    assert notifier.titles("mail") == [TITLE, "Digital River takes the key again"]


def test_a_message_is_remembered_before_it_leaves(
    state: State, notifier: FakeNotifier, clock: Clock
) -> None:
    """Or whoever is killed in between would never tell it."""
    on_its_way: list[int] = []
    notifier.on_tell = lambda: on_its_way.append(len(remembered.outbox(state).posted))
    told(telling_on(state, notifier, clock), REFUSED)
    assert on_its_way == [1, 1]


def test_a_cycle_of_the_same_process_is_not_waited_for(
    state: State, notifier: FakeNotifier, clock: Clock
) -> None:
    """Where one follows the other without a pause there would be no turn but theirs."""
    telling = telling_on(state, notifier, clock)
    with state.lease("a cycle", timedelta()) as lease:
        told(telling, REFUSED)
        lease.check()

    assert notifier.titles("mail") == [TITLE]
    assert remembered.outbox(state).posted == ()


def test_a_process_that_dies_while_it_tells_leaves_the_message_to_the_next(
    state: State, notifier: FakeNotifier, clock: Clock
) -> None:
    notifier.slow.add("chat")
    dying = telling_on(state, notifier, clock)
    dying.see(REFUSED)
    dying.round()
    other = FakeNotifier("mail", "chat")
    clock.moment += WAITS[0]
    told(telling_on(state, other, clock), REFUSED)
    assert other.titles("chat") == [TITLE]


def test_nothing_is_told_while_another_process_is_at_work_and_nothing_is_lost(
    state: State, other: State, notifier: FakeNotifier, clock: Clock
) -> None:
    telling = telling_on(state, notifier, clock)
    telling.see(REFUSED)
    with other.lease("another", timedelta()), pytest.raises(LeaseHeldError):
        telling.round()
    assert notifier.told == []
    told(telling)
    assert notifier.titles("mail") == [TITLE]


def test_however_long_another_process_is_at_work_only_so_much_is_kept(
    state: State, other: State, notifier: FakeNotifier, clock: Clock
) -> None:
    telling = telling_on(state, notifier, clock)
    telling.see(REFUSED)
    with other.lease("another", timedelta()):
        for _ in range(3):
            for _ in range(MOST):
                telling.see(Glimpse({Subject.CATALOG: None}))
            with pytest.raises(LeaseHeldError):
                telling.round()
    assert len(telling._news) == MOST  # noqa: SLF001 - memory shows nowhere else
    told(telling)
    assert notifier.titles("mail") == [TITLE]


def test_what_another_process_has_told_is_not_told_again(
    state: State, other: State, notifier: FakeNotifier, clock: Clock
) -> None:
    first, second = telling_on(state, notifier, clock), telling_on(other, notifier, clock)
    told(first, REFUSED)
    told(second, REFUSED)
    assert notifier.titles("mail") == [TITLE]
    told(second, TAKEN)
    told(first, REFUSED)
    assert len(notifier.titles("mail")) == 3


def test_what_is_seen_and_changes_nothing_costs_no_write(
    state: State, notifier: FakeNotifier, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling = telling_on(state, notifier, clock)
    told(telling, REFUSED)
    monkeypatch.setattr(state, "lease", lambda *_: pytest.fail("the lease was taken"))
    told(telling, REFUSED, Glimpse({Subject.CATALOG: None}))


def test_a_state_that_fails_is_told_all_the_same_and_once(
    state: State, notifier: FakeNotifier, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, telling = Glimpse({Subject.STATE: "disk full"}), telling_on(state, notifier, clock)
    told(telling, broken)
    with monkeypatch.context() as patch:
        patch.setattr(state, "lease", _fail)
        for _ in range(2):
            clock.moment += PATIENCE
            told(telling, broken)
    assert notifier.titles("mail") == ["The state cannot be used"]
    told(telling, broken)
    assert Subject.STATE in remembered.told(state).wrong
    assert len(notifier.titles("mail")) == 1


def _fail(*_: object) -> None:
    raise StateError("state.db", "disk full", "Make room")


def test_a_target_that_hangs_holds_nobody_up_and_is_not_asked_twice(
    state: State, notifier: FakeNotifier, clock: Clock
) -> None:
    notifier.slow.add("chat")
    telling = telling_on(state, notifier, clock)
    telling.see(REFUSED)
    mail_is_done = threading.Event()
    telling.courier.when_done = mail_is_done.set
    telling.round()
    assert mail_is_done.wait(60)
    assert telling.courier.is_busy
    telling.settle()
    clock.moment += WAITS[0]
    before = {*threading.enumerate()}
    with structlog.testing.capture_logs() as logs:
        telling.round()
    assert {*threading.enumerate()} <= before
    assert [one["event"] for one in logs] == ["notify.no_answer"]
    assert notifier.titles("mail") == [TITLE]
    notifier.released.set()
    telling.courier.wait(60)
    telling.settle()
    assert remembered.outbox(state).posted == ()


def test_a_command_waits_until_it_is_told(
    state: State, notifier: FakeNotifier, clock: Clock
) -> None:
    tell_once(telling_on(state, notifier, clock), REFUSED)
    assert notifier.titles("chat") == [TITLE]
    assert remembered.outbox(state).posted == ()


def test_a_command_that_comes_between_leaves_it_to_the_other_process(
    state: State, other: State, notifier: FakeNotifier, clock: Clock
) -> None:
    with other.lease("another", timedelta()), structlog.testing.capture_logs() as logs:
        tell_once(telling_on(state, notifier, clock), REFUSED)
    assert notifier.told == []
    assert [one["event"] for one in logs] == ["notify.put_off"]


@pytest.mark.parametrize("text", ["", "{}", '{"wrong": {"weather": "x"}}', "[1]", "null"])
def test_what_cannot_be_understood_is_told_anew(
    state: State, notifier: FakeNotifier, clock: Clock, text: str
) -> None:
    with state.transaction() as transaction:
        transaction.remember(remembered.TOLD, text)
        transaction.remember(remembered.OUTBOX, text)
    told(telling_on(state, notifier, clock), REFUSED)
    assert notifier.titles("mail") == [TITLE]


def test_the_last_message_that_was_given_up_is_logged_and_remembered(
    state: State, notifier: FakeNotifier, clock: Clock
) -> None:
    notifier.deaf |= {"mail", "chat"}
    with structlog.testing.capture_logs() as logs:
        told(telling_on(state, notifier, clock), REFUSED)
        while next_try := remembered.outbox(state).next_try():
            clock.moment = next_try
            told(telling_on(state, notifier, clock))
    assert "notify.given_up" in {one["event"] for one in logs}
    lost = remembered.outbox(state).lost
    assert lost is not None
    assert lost.title == TITLE
