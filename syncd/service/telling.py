"""Tells people: a message is remembered before it is sent, and struck out once it is there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from syncd.domain.message import Message
from syncd.errors import LeaseHeldError, LeaseLostError, StateBusyError, StateError
from syncd.ports import State
from syncd.service import remembered
from syncd.service.announce import Ledger, Told, announce
from syncd.service.courier import Courier
from syncd.service.glimpse import Glimpse, condensed
from syncd.service.outbox import Outbox, Posted, Receipt

AT_WORK: Final = (LeaseHeldError, LeaseLostError, StateBusyError)
"""Errors of a state that another process is at work on: a later try is worth the waiting."""
LONGEST: Final = 10.0
"""Seconds that are waited for the targets; who answers later is believed later."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TellingTerms:
    """Who tells, how long failures are left to heal, and how long another cycle is waited for."""

    holder: str
    patience: timedelta
    wait: timedelta


@dataclass(frozen=True, slots=True)
class _Round:
    """What people know and what is on its way before and after a round, and what it sends."""

    before: tuple[Told, Outbox]
    after: tuple[Told, Outbox]
    ledger: Ledger
    messages: tuple[Message, ...]
    due: tuple[Posted, ...]

    @property
    def changes_nothing(self) -> bool:
        return self.before == self.after


@dataclass(slots=True)
class Telling:
    """Takes in what is seen, one round after the other; any thread may add to it.

    Rounds must not overlap. Where the state fails, which is itself worth telling, what was told is
    kept in memory until it can be remembered.
    """

    state: State
    courier: Courier
    now: Callable[[], datetime]
    terms: TellingTerms
    _ledger: Ledger = field(default_factory=Ledger)
    _known: tuple[Told, Outbox] = field(default_factory=lambda: (Told(), Outbox()))
    _is_remembered: bool = True
    _news: list[Glimpse] = field(default_factory=list)
    _receipts: list[Receipt] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def see(self, seen: Glimpse) -> None:
        """Take in what the next round decides about."""
        with self._lock:
            self._news = condensed([*self._news, seen])

    def round(self) -> None:
        """Decide, remember, and send what is due; raises one of `AT_WORK`, and nothing is lost."""
        with self._lock:
            news, self._news = self._news, []
        try:
            done = self._remembered(news)
        except BaseException:
            with self._lock:
                self._news = [*news, *self._news]
            raise
        self._ledger = done.ledger
        self._receipts.clear()
        for message in done.messages:
            _log.info("notify.posted", title=message.title)
        _log_what_is_lost(done.before[1], done.after[1])
        self.courier.send(done.due)

    def settle(self) -> None:
        """Strike out what has got through; raises as `round` does, which may do it later."""
        self._receipts += self.courier.receipts()
        if self._receipts:
            self.round()

    def due_at(self) -> datetime | None:
        """When the next round is due, if nothing is seen before: in the past for at once."""
        moments = (self._ledger.due_at(self.terms.patience), self._known[1].next_try())
        return min((moment for moment in moments if moment is not None), default=None)

    def _remembered(self, news: Sequence[Glimpse]) -> _Round:
        self._receipts += self.courier.receipts()
        try:
            planned = self._planned(news)
            if not planned.changes_nothing or not self._is_remembered:
                planned = self._written(news)
        except AT_WORK:
            raise
        except StateError as error:
            _log.warning("notify.not_remembered", reason=str(error))
            self._is_remembered = False
            planned = self._planned(news)
        self._known = planned.after
        return planned

    def _written(self, news: Sequence[Glimpse]) -> _Round:
        """Plan once more, now that nobody else can change what is remembered, and remember it.

        A cycle of this process need not be waited for: it may be followed by the next at once.
        """
        alongside = self.state.alongside(self.terms.holder, self.terms.wait)
        with alongside, self.state.transaction() as transaction:
            planned = self._planned(news)
            remembered.remember(transaction, *planned.after)
        self._is_remembered = True
        return planned

    def _planned(self, news: Sequence[Glimpse]) -> _Round:
        if self._is_remembered:
            self._known = remembered.told(self.state), remembered.outbox(self.state)
        now, targets = self.now(), [target.id for target in self.courier.targets]
        told, outbox = self._known
        ledger, messages = Ledger(told, self._ledger.waiting), list[Message]()
        for seen in news or [Glimpse()]:
            ledger, more = announce(ledger, seen, now, self.terms.patience)
            messages += more
        settled = outbox.settled(self._receipts).addressed(targets)
        posted, due = settled.with_new(messages, targets, now).claimed(now)
        return _Round((told, outbox), (ledger.told, posted), ledger, tuple(messages), due)


def tell_once(telling: Telling, seen: Glimpse) -> None:
    """Tell of what one command has seen, and wait until it is told, but not for long."""
    telling.see(seen)
    try:
        telling.round()
    except AT_WORK as error:  # the cycle of that process sees the same, and tells of it
        _log.warning("notify.put_off", reason=str(error))
        return
    telling.courier.wait(LONGEST)
    with suppress(*AT_WORK):  # the next to tell tries again, and may tell twice
        telling.settle()


def _log_what_is_lost(before: Outbox, after: Outbox) -> None:
    if after.lost is not None and after.lost != before.lost:
        _log.error("notify.given_up", title=after.lost.title, posted=after.lost.at.isoformat())
