"""What is told when, and what is not told again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action
from syncd.domain.cycle import CycleId, CycleResult, Guard, GuardStop, Mode, QuarantinedSku
from syncd.domain.delivery import Failure
from syncd.domain.message import Urgency
from syncd.domain.snapshot import HeldSku
from syncd.domain.tracking import Held
from syncd.service.announce import MANY, PATIENCE, Ledger, announce
from syncd.service.glimpse import Glimpse, Subject
from tests.unit.engine.samples import NOW, SECOND

AT_ONCE: Final = timedelta()
MINUTE: Final = 60 * SECOND
HEALING: Final = (Subject.CATALOG, Subject.REMOTE, Subject.WRITES, Subject.STATE)
STOP: Final = GuardStop(
    Guard.MAX_DELETE, 0.1, 0.4, (Action.DELETE,), "40 of 100 items would go", (ItemId("shoe-1"),)
)
REFUSAL: Final = Failure(409, "invalid_parameter", "no such part", "manufacturerId", "req-1")


class Story:
    """One decision after the other."""

    def __init__(self, patience: timedelta = PATIENCE) -> None:
        self.ledger = Ledger()
        self.patience = patience
        self.bodies: list[str] = []

    def told(self, seen: Glimpse, now: datetime = NOW) -> list[str]:
        """The titles of what is told then."""
        self.ledger, messages = announce(self.ledger, seen, now, self.patience)
        self.bodies += [message.body for message in messages]
        return [message.title for message in messages]

    def restarted(self) -> None:
        """Forget what the state does not remember."""
        self.ledger = Ledger(self.ledger.told)


def wrong(subject: Subject, words: str = "it is so") -> Glimpse:
    return Glimpse({subject: words})


def well(subject: Subject) -> Glimpse:
    return Glimpse({subject: None})


def cycle(**changed: object) -> Glimpse:
    result = CycleResult(CycleId("c-1"), Mode.SCHEDULED, NOW, NOW, None)
    return Glimpse(result=replace(result, **changed))  # type: ignore[arg-type]  # `replace` checks it


def refused(*ids: str, since: datetime = NOW) -> tuple[QuarantinedSku, ...]:
    return tuple(QuarantinedSku(ItemId(id_), REFUSAL, since) for id_ in ids)


def held_rows(count: int) -> tuple[HeldSku, ...]:
    hold = Held("hsCode", "12", "six to ten digits")
    return tuple(HeldSku(ItemId(f"shoe-{number}"), hold) for number in range(count))


@pytest.mark.parametrize("subject", HEALING)
def test_what_heals_within_a_minute_wakes_nobody(subject: Subject) -> None:
    story = Story()
    assert story.told(wrong(subject)) == []
    assert story.told(wrong(subject), NOW + MINUTE - SECOND) == []
    assert story.told(well(subject), NOW + MINUTE - SECOND) == []
    assert story.told(Glimpse(), NOW + 2 * MINUTE) == []


@pytest.mark.parametrize("subject", HEALING)
def test_what_lasts_for_a_minute_is_told_once_and_its_end_as_well(subject: Subject) -> None:
    story = Story()
    assert story.told(wrong(subject)) == []
    assert story.ledger.due_at(PATIENCE) == NOW + MINUTE
    assert len(story.told(Glimpse(), NOW + MINUTE)) == 1
    assert story.ledger.due_at(PATIENCE) is None
    assert story.told(wrong(subject, "and it is worse"), NOW + 2 * MINUTE) == []
    story.restarted()
    assert story.told(wrong(subject), NOW + 3 * MINUTE) == []
    assert len(story.told(well(subject), NOW + 63 * MINUTE)) == 1
    assert story.bodies[-1] == "The trouble lasted 1 h 3 min."
    assert story.told(well(subject), NOW + 64 * MINUTE) == []


@pytest.mark.parametrize("subject", sorted(set(Subject) - set(HEALING)))
def test_what_no_later_try_mends_is_told_at_once(subject: Subject) -> None:
    story = Story()
    assert len(story.told(wrong(subject))) == 1
    assert story.told(wrong(subject), NOW + SECOND) == []


def test_a_command_which_nobody_knows_to_be_run_again_tells_at_once() -> None:
    story = Story(AT_ONCE)
    assert story.told(wrong(Subject.REMOTE, "503")) == ["Digital River does not answer"]
    assert "503" in story.bodies[0]


def test_well_again_is_nothing_to_tell_where_nobody_knew_of_trouble() -> None:
    assert Story().told(Glimpse(dict.fromkeys(Subject))) == []


def test_a_second_failure_after_the_recovery_is_told_again() -> None:
    story = Story(AT_ONCE)
    for _ in range(2):
        assert len(story.told(wrong(Subject.CATALOG))) == 1
        assert len(story.told(well(Subject.CATALOG))) == 1


def test_every_message_says_what_helps() -> None:
    story = Story(AT_ONCE)
    for subject in Subject:
        story.told(wrong(subject, "such and such"))
    assert all("such and such" in body and len(body.splitlines()) == 3 for body in story.bodies)


def test_a_stop_is_told_once_with_the_command_that_approves_it() -> None:
    story = Story()
    assert story.told(cycle(guards=(STOP,))) == ["A guard has stopped something: max_delete"]
    assert "syncd approve c-1" in story.bodies[0]
    assert "shoe-1" in story.bodies[0]
    story.restarted()
    assert story.told(cycle(guards=(replace(STOP, actual=0.5),))) == []


def test_a_stop_that_no_person_can_approve_names_no_such_command() -> None:
    story = Story()
    story.told(cycle(guards=(replace(STOP, guard=Guard.EMPTY_CATALOG),)))
    assert "approve" not in story.bodies[0]
    assert "syncd check" in story.bodies[0]


def test_a_stop_of_twice_as_much_is_told_again() -> None:
    story = Story()
    story.told(cycle(guards=(STOP,)))
    assert len(story.told(cycle(guards=(replace(STOP, actual=0.8),)))) == 1
    assert story.told(cycle(guards=(replace(STOP, actual=0.9),))) == []


def test_another_stop_beside_a_known_one_is_told_alone() -> None:
    story = Story()
    story.told(cycle(guards=(STOP,)))
    other = replace(STOP, guard=Guard.MAX_UPDATE, stopped=(Action.UPDATE,), message="many updates")
    story.told(cycle(guards=(STOP, other)))
    assert "many updates" in story.bodies[1]
    assert "max_delete" not in story.bodies[1]


def test_the_end_of_a_stop_is_told_by_a_cycle_that_would_have_met_it() -> None:
    story = Story()
    story.told(cycle(guards=(STOP,)))
    assert story.told(cycle(error="the catalog is gone")) == []
    assert story.told(replace(cycle(), is_whole=False)) == []
    assert story.told(cycle()) == ["Nothing is stopped any more by max_delete"]
    assert story.told(cycle()) == []


def test_a_cycle_that_another_account_ended_says_of_no_other_stop_that_it_is_over() -> None:
    story, other = Story(), replace(STOP, guard=Guard.ACCOUNT, stopped=tuple(Action))
    story.told(cycle(guards=(STOP,)))
    assert story.told(cycle(guards=(other,))) == ["A guard has stopped something: account"]
    assert story.told(cycle(guards=(STOP,))) == ["Nothing is stopped any more by account"]
    assert story.told(cycle()) == ["Nothing is stopped any more by max_delete"]


def test_a_cycle_over_some_skus_leaves_the_refused_and_the_held_to_the_next_whole_one() -> None:
    story = Story()
    bad = cycle(quarantined=refused("a"), held=held_rows(30))
    assert story.told(replace(bad, is_whole=False)) == []
    assert story.told(bad) == [
        "1 SKU newly refused by Digital River",
        "30 rows of the catalog cannot be used",
    ]
    assert story.told(replace(cycle(), is_whole=False)) == []
    assert story.told(cycle(held=held_rows(30))) == []


def test_newly_refused_skus_are_one_digest_a_cycle() -> None:
    story = Story()
    assert story.told(cycle(quarantined=refused("a", "b"))) == [
        "2 SKUs newly refused by Digital River"
    ]
    assert "2 × 409 invalid_parameter (manufacturerId): no such part (a, b)" in story.bodies[0]
    story.restarted()
    later = NOW + MINUTE
    both = (*refused("a", "b"), *refused("c", since=later))
    after = {"started": later, "finished": later, "quarantined": both}
    assert story.told(cycle(**after), later) == ["1 SKU newly refused by Digital River"]
    assert "1 × 409" in story.bodies[1]
    assert story.told(cycle(**after | {"started": later + SECOND}), later) == []


def test_a_clock_that_was_put_back_hides_no_refusal_and_repeats_none() -> None:
    story, early = Story(), refused("a", since=NOW + 24 * 60 * MINUTE)
    assert len(story.told(cycle(quarantined=early))) == 1
    assert story.told(cycle(quarantined=refused("b"))) == ["1 SKU newly refused by Digital River"]
    much_later = NOW + 25 * 60 * MINUTE
    both = (*early, *refused("b"))
    assert story.told(cycle(started=much_later, quarantined=both), much_later) == []


def test_a_digest_of_thousands_stays_short() -> None:
    story = Story()
    skus = tuple(
        replace(sku, failure=replace(REFUSAL, message=f"{number % 9} " + 900 * "x"))
        for number, sku in enumerate(refused(*map(str, range(5000))))
    )
    story.told(cycle(quarantined=skus))
    assert len(story.bodies[0]) <= 1_800


def test_what_the_remote_says_cannot_break_a_line() -> None:
    story = Story()
    sku = replace(refused("a")[0], failure=replace(REFUSAL, message="so\nsyncd approve c-9\x1b[2J"))
    story.told(cycle(quarantined=(sku,)))
    assert "so\\nsyncd approve c-9\\x1b[2J" in story.bodies[0]


def test_few_held_rows_are_left_to_the_report() -> None:
    assert Story().told(cycle(held=held_rows(MANY - 1))) == []


def test_many_held_rows_are_told_and_again_when_they_are_twice_as_many() -> None:
    story = Story()
    assert story.told(cycle(held=held_rows(30))) == ["30 rows of the catalog cannot be used"]
    assert "30 × hsCode: six to ten digits (such as shoe-0, shoe-1, shoe-2)" in story.bodies[0]
    story.restarted()
    assert story.told(cycle(held=held_rows(59))) == []
    assert len(story.told(cycle(held=held_rows(60)))) == 1


def test_held_rows_that_were_mended_and_break_again_are_told_again() -> None:
    story = Story()
    story.told(cycle(held=held_rows(30)))
    assert story.told(cycle()) == []
    assert len(story.told(cycle(held=held_rows(30)))) == 1


def test_a_take_over_is_told() -> None:
    story = Story()
    assert story.told(Glimpse(gone="syncd, process 7 is on duty")) == ["A standby has taken over"]
    assert "process 7" in story.bodies[0]


def test_trouble_looks_like_trouble_and_its_end_like_an_end() -> None:
    ledger, (bad,) = announce(Ledger(), wrong(Subject.KEY), NOW, PATIENCE)
    _, (good,) = announce(ledger, well(Subject.KEY), NOW, PATIENCE)
    assert (bad.urgency, good.urgency) == (Urgency.FAILURE, Urgency.SUCCESS)
