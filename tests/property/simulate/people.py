"""Those whom a daemon tells: they may be deaf for a while, and remember what they have heard."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

from syncd.domain.message import Message, Target
from syncd.errors import NotifyError
from syncd.service.courier import Courier
from syncd.service.outbox import TRIES, Outbox, Posted
from tests.property.simulate.process import Process
from tests.property.simulate.trace import Trace

WHO: Final = Target("somebody", "somebody")
_DEAF: Final = 0.2

Name = str
"""A message's key in the outbox."""


class People:
    """What was sent to them and what they heard, by the names of messages and of processes."""

    def __init__(self, chance: random.Random, trace: Trace, blame: Callable[[str], object]) -> None:
        self.targets: Sequence[Target] = [WHO]
        self.is_calm = False
        self._chance = chance
        self._trace = trace
        self._blame = blame
        self._tries: dict[Name, int] = {}
        self._heard: dict[Name, list[Process]] = {}

    def tell(self, target: Target, message: Message) -> None:
        if not self.is_calm and self._chance.random() < _DEAF:
            raise NotifyError(target.label, "it does not listen", "Knock")
        self._trace.tell("", f"   somebody hears: {message.title}")

    def given(self, posted: Posted) -> None:
        """A message is about to be carried to them."""
        self._tries[posted.key] = max(posted.tries, self._tries.get(posted.key, 0))

    def heard(self, process: Process, posted: Posted) -> None:
        """It has come; a second time only from who cannot know of the first."""
        before = self._heard.setdefault(posted.key, [])
        if process in before:
            self._blame(f"{process.name} told twice: {posted.message.title}")
        before.append(process)

    def forget(self) -> None:
        """Know of no message any more, for who would carry them has lost them."""
        self._tries.clear()
        self._heard.clear()

    def check(self, outbox: Outbox) -> None:
        """Whatever was to be told was heard, is still to be told, or was tried often enough."""
        waiting = {one.key for one in outbox.posted}
        for key, tries in self._tries.items():
            if key not in self._heard and key not in waiting and tries < TRIES:
                self._blame(f"message {key} was never heard")


class Errand(Courier):
    """A courier without threads, who may die on the way."""

    def __init__(self, people: People, process: Process) -> None:
        super().__init__(people)
        self._people = people
        self._process = process

    def send(self, due: Sequence[Posted]) -> None:
        for posted in due:
            self._people.given(posted)
            self._process.cross("before somebody is told")
            receipt = self._carried(WHO, posted)
            if receipt.is_got:
                self._people.heard(self._process, posted)
            self._process.cross("after somebody was told")
            self._receipts.append(receipt)
        self.when_done()
