"""Deliveries that several processes share: what is offered is sent by one, and never by two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from typing import Final, TypeAlias

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change, Plan, Resource
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import (
    Accepted,
    Exists,
    Failure,
    Forbidden,
    Gone,
    KeyRefused,
    Outcome,
    Refused,
    Transient,
)
from syncd.errors import LeaseHeldError, LeaseLostError
from syncd.ports import UNSENT, Help, Lease, Sharing, State
from syncd.state.outcomes import outcome_from, outcome_text
from syncd.state.postgres import opening
from syncd.state.postgres.lease import TERM
from syncd.state.postgres.line import Access
from tests.postgres_states import Account
from tests.shop import wait_until

Another: TypeAlias = Callable[..., State]
Aged: TypeAlias = Callable[[str, float], None]

CYCLE: Final = CycleId("cycle-1")
AT_ONCE: Final = timedelta()
_WAITING: Final = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
FAILURE: Final = Failure(429, "slow", "later", "id", "req-1")


def change(number: int, action: Action = Action.CREATE) -> Change:
    values = {Attribute.PART_NUMBER: AttributeChange(None, f"P{number}")}
    return Change(ItemId(f"SKU-{number}"), action, 1, values)


def plan(*changes: Change) -> Plan:
    return Plan(changes, frozenset({ItemId("SKU-1")}))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def lead(process: Another, stack: ExitStack) -> Callable[[], tuple[State, Lease, Sharing]]:
    """Begin a cycle in a process of its own that asks for help."""

    def begin() -> tuple[State, Lease, Sharing]:
        state = process()
        lease = stack.enter_context(state.lease("the leader", AT_ONCE))
        return state, lease, stack.enter_context(laid_out(state))

    return begin


@pytest.fixture
def join(process: Another, stack: ExitStack) -> Callable[[], Help]:
    """Help from a process of its own."""

    def begin() -> Help:
        help_ = stack.enter_context(joined(process()))
        assert help_ is not None
        assert help_.show()
        return help_

    return begin


Lead: TypeAlias = Callable[[], tuple[State, Lease, Sharing]]
Join: TypeAlias = Callable[[], Help]


def laid_out(state: State) -> AbstractContextManager[Sharing]:
    shelf = state.shelf()
    assert shelf is not None
    return shelf.laid_out(CYCLE, "the meaning")


def joined(state: State, meaning: str = "the meaning") -> AbstractContextManager[Help | None]:
    shelf = state.shelf()
    assert shelf is not None
    return shelf.joined(meaning)


@contextmanager
def left_in_hand(leader: State, helper: State, *changes: Change) -> Iterator[Help]:
    """A cycle has ended in order, and its helper has the first of these changes in hand."""
    with ExitStack() as helping:
        with leader.lease("the leader", AT_ONCE), laid_out(leader) as sharing:
            help_ = helping.enter_context(joined(helper))
            assert help_ is not None
            assert help_.show()
            sharing.offer(plan(*changes))
            assert taken(help_, 1) == ids(1)
        yield help_


def taken(help_: Help, most: int = 10, action: Action = Action.CREATE) -> list[ItemId]:
    with help_.claiming(action, most) as claim:
        return [one.change.id for one in claim.offered]


def settled(help_: Help, outcomes: dict[ItemId, Outcome]) -> frozenset[ItemId]:
    with help_.settling(outcomes) as (_, own):
        return own


def ids(*numbers: int) -> list[ItemId]:
    return [ItemId(f"SKU-{number}") for number in numbers]


def test_what_is_offered_is_had_by_one_helper_alone_in_its_order(lead: Lead, join: Join) -> None:
    _, _, sharing = lead()
    one, other = join(), join()
    sharing.offer(plan(*map(change, (3, 1, 2, 4))))
    assert sharing.look().waiting == {Action.CREATE: 4}
    with one.claiming(Action.CREATE, 2) as claim:
        assert [(each.change, each.approved) for each in claim.offered] == [
            (change(3), False),
            (change(1), True),
        ]
    assert taken(other, action=Action.UPDATE) == []
    assert taken(other) == ids(2, 4)
    assert taken(one) == []
    assert sharing.take_back(Action.CREATE, 9) == frozenset()


def test_who_is_just_taking_some_keeps_nobody_from_the_others(
    lead: Lead, join: Join, account: Account
) -> None:
    """Rows that are locked are passed over, by whoever claims and by whoever takes back."""
    _, _, sharing = lead()
    help_ = join()
    sharing.offer(plan(*map(change, range(1, 6))))
    with account.server.engine().begin() as slow:
        slow.exec_driver_sql("SELECT FROM syncd.offer WHERE id IN ('SKU-1', 'SKU-5') FOR UPDATE")
        assert taken(help_, 2) == ids(2, 3)
        assert sharing.take_back(Action.CREATE, 9) == frozenset(ids(4))
    assert taken(help_) == ids(1, 5)


def test_each_answer_comes_back_once_and_what_was_kept_back_is_offered_again(
    lead: Lead, join: Join
) -> None:
    _, _, sharing = lead()
    help_ = join()
    sharing.offer(plan(*map(change, (1, 2, 3))))
    with help_.claiming(Action.CREATE, 3) as claim:
        claim.leave_out(ids(3))
    answer, *_ = ids(1)
    assert settled(help_, {answer: Gone(FAILURE), ItemId("SKU-2"): UNSENT}) == frozenset(ids(1, 2))

    seen = sharing.look()
    assert seen.answered == {answer: Gone(FAILURE), ItemId("SKU-3"): None}
    assert (seen.waiting, seen.helpers, seen.given_up) == ({Action.CREATE: 1}, 1, frozenset())
    assert sharing.look().answered == {}
    assert taken(help_) == ids(2)


def test_a_helper_that_shows_no_life_is_given_up_and_can_tell_nothing_more(
    lead: Lead, join: Join, account: Account
) -> None:
    _, _, sharing = lead()
    gone, alive = join(), join()
    sharing.offer(plan(*map(change, (1, 2, 3))))
    assert taken(gone, 1) == ids(1)
    assert taken(alive, 1) == ids(2)
    account.run(
        "UPDATE syncd.helper SET until = 0 WHERE name ="
        " (SELECT claimant FROM syncd.offer WHERE id = 'SKU-1')"
    )
    seen = sharing.look()
    assert (seen.given_up, seen.helpers) == (frozenset(ids(1)), 1)
    assert settled(gone, {ItemId("SKU-1"): Accepted(None)}) == frozenset()
    assert not gone.show()
    assert taken(gone) == []
    assert settled(alive, {ItemId("SKU-2"): Accepted(None)}) == frozenset(ids(2))


@pytest.mark.parametrize(
    "locking",
    ["SELECT FROM syncd.helper FOR UPDATE", "SELECT FROM syncd.offer FOR UPDATE"],
    ids=["a sign of life", "an answer"],
)
def test_who_has_stopped_while_it_wrote_keeps_no_leader_waiting(
    lead: Lead, join: Join, account: Account, locking: str
) -> None:
    """What it has locked stays so until its session is ended; then it is given up."""
    _, _, sharing = lead()
    stopped = join()
    sharing.offer(plan(*map(change, (1, 2))))
    assert taken(stopped, 1) == ids(1)
    account.run("UPDATE syncd.helper SET until = 0")

    with account.server.engine().begin() as locked:
        locked.exec_driver_sql(locking)
        seen = sharing.look()

    assert (seen.given_up, seen.waiting) == (frozenset(), {Action.CREATE: 1})
    assert sharing.look().given_up == frozenset(ids(1))


def test_leave_to_send_lasts_no_longer_than_the_leader_s_lease(
    lead: Lead, join: Join, pass_over: Aged, account: Account
) -> None:
    """Whoever takes the lease after its term may take it that nothing departs any more."""
    lead()
    help_ = join()
    help_.check()
    pass_over("lease", TERM - 1)
    assert help_.show()
    ((late,),) = account.ask(
        "SELECT until - split_part(value, ' ', 2)::bigint FROM syncd.helper, fact"
        " WHERE key = 'lease'"
    )
    assert int(str(late)) <= (TERM + 0.1) * 1_000_000

    pass_over("lease", 2)
    with pytest.raises(LeaseLostError, match="shows no sign of life"):
        help_.show()
    with pytest.raises(LeaseLostError):
        help_.check()


def test_a_helper_without_a_sign_of_life_sends_nothing(lead: Lead, process: Another) -> None:
    lead()
    with joined(process()) as help_:
        assert help_ is not None
        with pytest.raises(LeaseLostError, match="stood still"):
            help_.check()


def test_nobody_helps_under_a_fence_that_is_no_more(
    lead: Lead, join: Join, process: Another, pass_over: Aged, account: Account
) -> None:
    _, _, sharing = lead()
    help_ = join()
    sharing.offer(plan(change(1), change(2)))
    assert taken(help_, 1) == ids(1)
    pass_over("lease", TERM + 1)
    account.run("UPDATE syncd.helper SET until = 0")
    with process().lease("the heir", AT_ONCE):
        with pytest.raises(LeaseLostError, match="the heir"):
            taken(help_)
        with pytest.raises(LeaseLostError, match="the heir"):
            settled(help_, {ItemId("SKU-1"): Accepted(None)})
        with pytest.raises(LeaseLostError, match="the heir"):
            help_.show()


def test_the_lease_waits_for_what_a_helper_may_still_send(
    process: Another, account: Account
) -> None:
    """It ends its cycle in order, and leaves a helper with something in hand."""
    leader, heir = process(), process()
    with left_in_hand(leader, process(), change(1), change(2)) as help_:
        with pytest.raises(LeaseHeldError), heir.lease("the heir", AT_ONCE):
            pass
        assert not help_.show()
        assert taken(help_) == []
        assert settled(help_, {ItemId("SKU-1"): Accepted(None)}) == frozenset(ids(1))
        with heir.lease("the heir", AT_ONCE):
            pass

    with left_in_hand(leader, process(), change(1)):
        account.run("UPDATE syncd.helper SET until = 0")
        with heir.lease("the heir", AT_ONCE):
            pass


def test_a_clock_set_back_lets_no_helper_keep_the_lease_for_longer_than_it_may_send(
    process: Another, account: Account
) -> None:
    leader, heir = process(), process()
    with left_in_hand(leader, process(), change(1)):
        account.run("UPDATE syncd.helper SET until = until + 3600 * 1000000::bigint")
        with pytest.raises(LeaseHeldError), heir.lease("the heir", AT_ONCE):
            pass
        account.run("UPDATE syncd.helper SET until = until - 5 * 1000000")
        with heir.lease("the heir", AT_ONCE):
            pass


def test_a_clock_set_back_lets_no_dead_helper_keep_what_it_has_claimed(
    lead: Lead, join: Join, account: Account
) -> None:
    _, _, sharing = lead()
    help_ = join()
    sharing.offer(plan(change(1)))
    assert taken(help_) == ids(1)
    account.run("UPDATE syncd.helper SET until = until + 3600 * 1000000::bigint")
    assert sharing.look().helpers == 1
    account.run("UPDATE syncd.helper SET until = until - 5 * 1000000")
    assert sharing.look().helpers == 0


def test_only_who_means_the_same_helps_and_nobody_where_no_help_is_wanted(
    lead: Lead, process: Another
) -> None:
    with joined(process()) as help_:
        assert help_ is None
    lead()
    with joined(process(), "another meaning") as help_:
        assert help_ is None
    with joined(process()) as help_:
        assert help_ is not None
        assert help_.cycle == CYCLE


@pytest.mark.parametrize(
    "outcome",
    [
        Accepted(None, "req-1", managed=True),
        Gone(FAILURE),
        Exists(FAILURE),
        Refused(FAILURE),
        KeyRefused(FAILURE),
        Forbidden(FAILURE),
        Transient(FAILURE, in_doubt=True),
        Transient(FAILURE, in_doubt=False, retry_after=3.5),
    ],
)
def test_an_outcome_is_read_as_it_was_told(outcome: Outcome) -> None:
    assert outcome_from(outcome_text(outcome)) == outcome


def test_the_values_of_an_answer_are_not_told_again() -> None:
    there = Accepted({Attribute.PART_NUMBER: "A"}, "req-1")
    assert outcome_from(outcome_text(there)) == Accepted(None, "req-1")


def test_a_pair_keeps_both_halves(lead: Lead, join: Join) -> None:
    _, _, sharing = lead()
    both = Change(ItemId("SKU-1"), Action.CREATE, 1, {}, Resource.SKU, change(1))
    sharing.offer(plan(both))
    with join().claiming(Action.CREATE, 1) as claim:
        assert [one.change for one in claim.offered] == [both]


def test_who_comes_while_a_delivery_is_taken_away_does_not_help_with_it(
    lead: Lead, process: Another, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "SIGNS", Access())  # it may wait for as long as it takes
    lead()
    comes = joined(process())

    def helps() -> bool:
        with comes as help_:
            return help_ is not None and help_.show()

    with ThreadPoolExecutor(1) as pool:
        with account.server.engine().begin() as other:
            other.exec_driver_sql("DELETE FROM syncd.delivery")
            late = pool.submit(helps)
            wait_until(lambda: account.ask(_WAITING) == [(1,)])
        assert not late.result()
