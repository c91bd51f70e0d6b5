"""Messages wait, are tried again less and less often, and are given up some day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from syncd.domain.message import Message, Urgency
from syncd.service.outbox import MOST, TRIES, WAITS, Lost, Outbox, Receipt
from tests.unit.engine.samples import DAY, NOW, SECOND

NEWS: Final = Message("News", "There are some.", Urgency.INFO)
BOTH: Final = ("mail", "chat")


def posted(*messages: Message) -> Outbox:
    return Outbox().with_new(messages or (NEWS,), BOTH, NOW)


def test_what_is_posted_is_due_at_once_and_no_more_once_it_was_claimed() -> None:
    claimed, due = posted().claimed(NOW)
    assert [(one.message, one.left) for one in due] == [(NEWS, frozenset(BOTH))]
    assert claimed.claimed(NOW)[1] == ()
    assert claimed.next_try() == NOW + WAITS[0]


def test_who_has_got_it_does_not_get_it_again() -> None:
    claimed, (one,) = posted().claimed(NOW)
    settled = claimed.settled([Receipt(one.key, "mail"), Receipt(one.key, "chat", "busy")])
    _, (again,) = settled.claimed(NOW + WAITS[0])
    assert again.left == {"chat"}
    assert settled.settled([Receipt(one.key, "chat")]).posted == ()


def test_a_message_is_tried_for_most_of_a_day_and_then_given_up() -> None:
    outbox, now, tries = posted(), NOW, 0
    while outbox.posted:
        now = outbox.next_try() or now
        outbox, due = outbox.claimed(now)
        tries += len(due)
        outbox = outbox.settled([Receipt(one.key, "chat", "deaf") for one in due])
    assert tries == TRIES
    assert now - NOW == sum(WAITS, timedelta())
    assert outbox.lost is not None
    assert (outbox.lost.title, outbox.lost.at) == ("News", NOW)


def test_one_whose_last_try_was_never_answered_is_given_up_as_well() -> None:
    outbox = posted()
    for _ in range(TRIES):
        outbox, _ = outbox.claimed(outbox.next_try() or NOW)
    after, due = outbox.claimed(outbox.next_try() or NOW)
    assert due == after.posted == ()
    assert after.lost is not None


def test_a_try_that_was_not_made_does_not_count_and_is_due_at_once() -> None:
    claimed, (first, second) = posted(NEWS, NEWS).claimed(NOW)
    receipts = [Receipt(first.key, "mail"), Receipt(second.key, "mail", untried=second.tries)]
    settled = claimed.settled(receipts)
    assert [one.tries for one in settled.posted] == [1, 0]
    assert settled.settled(receipts[1:]) == settled
    assert [one.key for one in settled.claimed(NOW)[1]] == [second.key]
    assert settled.posted[1].left == set(BOTH)


def test_what_was_not_tried_since_another_failed_does_not_overtake_that_one() -> None:
    claimed, (first, second) = posted(NEWS, NEWS).claimed(NOW)
    settled = claimed.settled(
        [Receipt(first.key, "mail", "deaf"), Receipt(second.key, "mail", untried=second.tries)]
    )
    assert [one.tries for one in settled.posted] == [1, 0]
    assert settled.claimed(NOW)[1] == ()
    assert [one.key for one in settled.claimed(NOW + WAITS[0])[1]] == [first.key, second.key]


def test_a_try_that_failed_at_one_target_counts_although_another_was_not_tried() -> None:
    claimed, (one,) = posted().claimed(NOW)
    untried = Receipt(one.key, "chat", untried=one.tries)
    settled = claimed.settled([untried, Receipt(one.key, "mail", "deaf")])
    assert settled == claimed


def test_a_late_word_of_an_earlier_try_takes_back_no_later_one() -> None:
    claimed, (one,) = posted().claimed(NOW)
    again, _ = claimed.claimed(NOW + WAITS[0])
    assert again.settled([Receipt(one.key, "chat", untried=one.tries)]) == again


def test_that_one_was_given_up_is_forgotten_when_another_gets_through() -> None:
    lost = Lost("Old news", NOW - DAY)
    outbox, (one,) = replace(posted(), lost=lost).claimed(NOW)
    assert outbox.settled([Receipt(one.key, "mail", "deaf")]).lost == lost
    assert outbox.settled([Receipt(one.key, "mail")]).lost is None


def test_a_clock_that_had_jumped_ahead_puts_nothing_off() -> None:
    claimed, _ = posted().claimed(NOW + 30 * DAY)
    assert len(claimed.claimed(NOW)[1]) == 1
    assert posted().claimed(NOW)[0].claimed(NOW - SECOND)[1] == ()


def test_whom_the_configuration_names_no_more_is_told_no_more() -> None:
    assert {one.left for one in posted().addressed(["chat"]).posted} == {frozenset({"chat"})}
    assert posted().addressed([]).posted == ()


def test_only_so_many_wait_and_the_oldest_makes_room() -> None:
    messages = [replace(NEWS, title=f"News {number}") for number in range(MOST + 2)]
    outbox = posted(*messages)
    assert len(outbox.posted) == MOST
    assert outbox.posted[0].message.title == "News 2"
    assert outbox.lost is not None
    assert outbox.lost.title == "News 1"
