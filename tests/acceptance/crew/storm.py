"""What befalls a crew: one thing after the other, while it delivers."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Final

from syncd.sandbox import Fault, FaultKind
from tests.acceptance.crew.crew import HOUR, MEMBERS, Crew, Member, wait_for
from tests.acceptance.crew.ship import PAUSE

SLOW: Final = Fault(kind=FaultKind.SLOW, seconds=0.15)
THROTTLED: Final = Fault(kind=FaultKind.STATUS, status=429, method="POST", count=1)
"""For one request alone, or each process would be told to wait by an answer of its own."""
HELD_UP: Final = 0.3
"""Seconds by which a departure may be noted later than its slot was, or clocks be apart."""


def weather(crew: Crew, count: int) -> None:
    """All of it in one delivery; whoever was stopped goes on in the end."""
    stopped: list[Member] = []

    def nobody_leads() -> None:
        """A line breaks that some have, while all wait for the one who has stopped."""
        stopped.append(_stop(_holder(crew)))
        crew.cable.cut()

    events: list[Callable[[], None]] = [
        lambda: throttling(crew),
        lambda: _kill(_helper(crew)),
        lambda: stopped.append(_stop(_helper(crew))),
        nobody_leads,
        crew.account.server.restart,
        lambda: _kill(_holder(crew)),
    ]
    crew.sandbox.set_faults([SLOW])
    crew.stock(count, "DK")
    for number in range(MEMBERS):
        crew.sign_on(later=HOUR * (number % 3 - 1))
    for number, event in enumerate(events, start=1):
        crew.wait_for("DK", count * number // (len(events) + 2))
        event()
    crew.wait_for("DK", count * (len(events) + 1) // (len(events) + 2))
    for member in stopped:
        member.send(signal.SIGCONT)
    crew.wait_for("DK", count)
    crew.check(count, "DK")
    assert any("lease.taken_over" in member.log for member in crew.members)


def throttling(crew: Crew) -> None:
    """One of those who send is told to wait: so do all, whatever their clocks say."""
    _helper(crew)
    before, paused = len(_told_to_wait(crew)), crew.paused_until()
    crew.sandbox.set_faults([THROTTLED, SLOW])
    wait_for(lambda: len(_told_to_wait(crew)) > before)
    wait_for(lambda: crew.paused_until() != paused)
    used_up = crew.slots_used_up() + HELD_UP
    over = _told_to_wait(crew)[before] + PAUSE - HELD_UP
    wait_for(lambda: any(moment > over for moment in crew.departures()))
    assert [moment - over for moment in crew.departures() if used_up < moment < over] == []


def _told_to_wait(crew: Crew) -> list[float]:
    """When requests came that were told to wait, in seconds of this machine's clock."""
    requests = crew.sandbox.requests()
    return [one["arrived"] for one in requests if one["status"] == THROTTLED.status]


def _holder(crew: Crew) -> Member:
    wait_for(lambda: (one := crew.holder()) is not None and one.lives)
    holder = crew.holder()
    assert holder is not None
    return holder


def _helper(crew: Crew) -> Member:
    wait_for(lambda: bool(crew.helpers()))
    return crew.helpers()[0]


def _kill(member: Member) -> None:
    member.send(signal.SIGKILL)


def _stop(member: Member) -> Member:
    member.send(signal.SIGSTOP)
    return member
