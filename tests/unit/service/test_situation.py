"""What a guard is told of the account: each item once, whatever this cycle did to it before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import pytest

from syncd.domain.attributes import Attribute, Attributes, ItemId
from syncd.domain.change import Action, Plan
from syncd.domain.delivery import Accepted, Failure, Transient
from syncd.domain.policy import Policy
from syncd.domain.tracking import Ownership, Tracked
from syncd.engine.situation import Situation
from syncd.ports import State
from syncd.service.canary import Canary
from syncd.service.lanes import Delivered
from syncd.service.results import NOT_BEGUN, Results
from syncd.service.situation import Surroundings
from syncd.service.terms import Ports, Terms
from tests.unit.engine.samples import changes

WISH: Final[Attributes] = {Attribute.PART_NUMBER: "P-1"}
PLAN: Final = Plan(changes(Action.UPDATE, 1, 900))
DELETES: Final = changes(Action.DELETE, 5)


def rows(count: int, start: int = 0) -> Iterator[Tracked]:
    for number in range(start, start + count):
        item = ItemId(f"{number:04}")
        yield Tracked(item, 1, WISH, WISH, ownership=Ownership.OWNED, known_sku=WISH)


def without_item(row: Tracked) -> Tracked:
    return replace(row, known=None, ownership=Ownership.UNKNOWN)


def lay_in(state: State, laid: Sequence[Tracked]) -> None:
    with state.transaction() as transaction:
        transaction.put(laid)


@pytest.fixture
def surroundings(ports: Ports, terms: Terms) -> Surroundings:
    of_pairs = replace(terms, policy=Policy(skus=True, delete_skus=True))
    return Surroundings(ports, of_pairs, Canary(ports, of_pairs))


def situation(surroundings: Surroundings, results: Results) -> Situation:
    return surroundings.of(PLAN, frozenset(), results)


def test_what_this_cycle_has_deleted_was_there_when_it_began(
    surroundings: Surroundings, state: State
) -> None:
    lay_in(state, list(rows(10, start=5)))
    results = Results()
    results.begun(Plan(DELETES), [Delivered(one, Accepted(None)) for one in DELETES])

    assert situation(surroundings, results).deleted_now == {one.id for one in DELETES}


def test_a_delete_in_doubt_counts_once_a_look_up_has_found_nothing(
    surroundings: Surroundings, state: State
) -> None:
    lay_in(state, list(rows(14, start=1)))  # all but the first one
    lost = Transient(Failure(None, "timeout", "no answer"), in_doubt=True)
    results = Results()
    results.begun(Plan(DELETES), [Delivered(one, lost) for one in DELETES])

    assert situation(surroundings, results).deleted_now == {DELETES[0].id}


def test_what_was_never_sent_has_deleted_nothing(surroundings: Surroundings, state: State) -> None:
    """Or else an old plan, of items that are long gone, would lift every limit."""
    lay_in(state, list(rows(10, start=5)))
    stale, unseen, left_out, not_begun = DELETES[:4]
    results = Results()
    results.stale([stale])
    results.unseen([unseen])
    results.left_out(left_out, NOT_BEGUN)
    results.begun(Plan((not_begun,)), [])

    assert situation(surroundings, results).deleted_now == frozenset()


def test_a_pair_whose_sku_is_left_counts_once(surroundings: Surroundings, state: State) -> None:
    lay_in(state, [*rows(10, start=5), *map(without_item, rows(3))])
    results = Results()
    results.begun(Plan(DELETES), [Delivered(one, Accepted(None)) for one in DELETES])

    found = situation(surroundings, results)

    assert found.owned == 13
    assert found.deleted_now - found.half_deleted == {one.id for one in DELETES[3:]}
