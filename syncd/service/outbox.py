"""Messages on their way: who still has to get them, when they are tried again, and when no more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from syncd.domain.message import Message

WAITS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
)
"""How long is waited after each try that failed; after one more the message is given up."""
TRIES: Final = len(WAITS) + 1
MOST: Final = 50
"""Messages that may wait; the oldest makes room for another one."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message and the targets that have not got it yet, by their ids."""

    key: str
    message: Message
    at: datetime
    left: frozenset[str]
    next_try: datetime
    tries: int = 0

    def is_due(self, now: datetime) -> bool:
        """Whether it is its turn; a clock that had jumped ahead puts nothing off for longer."""
        return not now < self.next_try <= now + WAITS[-1]

    def claimed(self, now: datetime) -> Posted:
        """Count a try before it is made: whoever is killed in it leaves the wait behind."""
        wait = WAITS[min(self.tries, len(WAITS) - 1)]
        return replace(self, tries=self.tries + 1, next_try=now + wait)

    def untried(self, *, at_once: bool) -> Posted:
        """Take back a try that was not made; the wait stays unless it is to be made at once."""
        return replace(self, tries=self.tries - 1, next_try=self.at if at_once else self.next_try)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one message at one target: got, or not, and then why.

    `untried` is the number of the try that was claimed and not made: the round ended before.
    """

    key: str
    target: str
    reason: str | None = None
    untried: int | None = None

    @property
    def is_got(self) -> bool:
        """Whether the message is there."""
        return self.reason is None and self.untried is None


@dataclass(frozen=True, slots=True)
class Lost:
    """The message that was given up last, until another one gets through."""

    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Outbox:
    """All messages that somebody has not got yet, oldest first."""

    posted: tuple[Posted, ...] = ()
    lost: Lost | None = None

    def with_new(
        self, messages: Sequence[Message], targets: Collection[str], now: datetime
    ) -> Outbox:
        """Post these messages to these targets."""
        new = tuple(
            Posted(f"{now:%Y%m%dT%H%M%S.%f}-{number}", message, now, frozenset(targets), now)
            for number, message in enumerate(messages)
        )
        return self._keeping([*self.posted, *new])

    def addressed(self, targets: Collection[str]) -> Outbox:
        """Forget the targets that are none any more."""
        left = [replace(one, left=one.left & frozenset(targets)) for one in self.posted]
        return replace(self, posted=tuple(one for one in left if one.left))

    def claimed(self, now: datetime) -> tuple[Outbox, tuple[Posted, ...]]:
        """Take what is due, to be tried now; what was tried often enough is given up."""
        due = [one for one in self.posted if one.is_due(now)]
        tried = {one.key: one.claimed(now) for one in due if one.tries < TRIES}
        after = [tried.get(one.key, one) for one in self.posted]
        spent = {one.key for one in due if one.key not in tried}
        return self._without(spent, after), tuple(tried.values())

    def settled(self, receipts: Sequence[Receipt]) -> Outbox:
        """Strike out who has got what, and give up what has failed for the last time.

        What was not tried waits all the same where another message has just failed at that target:
        else it would overtake that one.
        """
        got = {(one.key, one.target) for one in receipts if one.is_got}
        failed = {one.key for one in receipts if one.reason is not None}
        untried = _untried(receipts, failed)
        left = [one for one in (_without_those(each, got) for each in self.posted) if one.left]
        after = [
            one.untried(at_once=untried[one.key, one.tries])
            if (one.key, one.tries) in untried
            else one
            for one in left
        ]
        spent = {one.key for one in after if one.tries >= TRIES and one.key in failed}
        outbox = self._without(spent, after)
        return replace(outbox, lost=None) if got and not spent else outbox

    def next_try(self) -> datetime | None:
        """When something is due next."""
        return min((one.next_try for one in self.posted), default=None)

    def _keeping(self, posted: Sequence[Posted]) -> Outbox:
        return self._without({one.key for one in posted[: max(0, len(posted) - MOST)]}, posted)

    def _without(self, keys: Collection[str], posted: Sequence[Posted]) -> Outbox:
        given_up = [one for one in posted if one.key in keys]
        lost = Lost(given_up[-1].message.title, given_up[-1].at) if given_up else self.lost
        return Outbox(tuple(one for one in posted if one.key not in keys), lost)


def _without_those(posted: Posted, got: Collection[tuple[str, str]]) -> Posted:
    left = frozenset(target for target in posted.left if (posted.key, target) not in got)
    return replace(posted, left=left)


def _untried(receipts: Sequence[Receipt], failed: Collection[str]) -> dict[tuple[str, int], bool]:
    """The tries that nobody made in vain, by message and number; whether to make them at once."""
    deaf = {one.target for one in receipts if one.reason is not None}
    tries: dict[tuple[str, int], bool] = {}
    for one in receipts:
        if one.untried is not None and one.key not in failed:
            name = one.key, one.untried
            tries[name] = tries.get(name, True) and one.target not in deaf
    return tries
