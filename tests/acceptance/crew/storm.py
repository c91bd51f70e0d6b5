"""What befalls a crew: one thing after the other, while it delivers."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Final

from syncd.sandbox import Fault, FaultKind
from tests.acceptance.crew.crew import HOUR, MEMBERS, Crew, Member, wait_for

SLOW: Final = Fault(kind=FaultKind.SLOW, seconds=0.15)
PAUSE: Final = 2
THROTTLED: Final = Fault(
    kind=FaultKind.STATUS, status=429, retry_after=PAUSE, method="POST", count=1
)


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
    crew.sandbox.set_faults([THROTTLED, SLOW])
    before = len(crew.departures())
    wait_for(lambda: crew.longest_silence(before) > PAUSE - 1)


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
