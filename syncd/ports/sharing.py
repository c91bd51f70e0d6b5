"""How several processes deliver what one of them has planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, Plan
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Outcome
from syncd.ports.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Offered:
    """A change that any process may send, and whether a person has approved it."""

    change: Change
    approved: bool


@dataclass(frozen=True, slots=True)
class Helped:
    """How a delivery stands that others help with.

    `answered` is what came of changes since the last look, None where a row had moved on before it
    was sent. `given_up` are those whose helper shows no sign of life: it sends no more, and whether
    it has sent them nobody knows. `waiting` counts those that nobody has taken yet.
    """

    helpers: int
    answered: Mapping[ItemId, Outcome | None]
    given_up: frozenset[ItemId]
    waiting: Mapping[Action, int]


class Sharing(Protocol):
    """The leading end of a delivery that others help with; the calls block."""

    def offer(self, plan: Plan) -> None:
        """Let whoever comes first send these changes, in their order."""

    def take_back(self, action: Action, most: int) -> frozenset[ItemId]:
        """Withdraw offers of this kind that nobody has taken; those that came last go first."""

    def look(self) -> Helped:
        """See what has become of the offers; each answer comes once."""


@dataclass(slots=True)
class Claim:
    """Offers that this helper alone has now, in the transaction that writes their intents."""

    transaction: Transaction
    offered: Sequence[Offered]
    left_out: list[ItemId] = field(default_factory=list)

    def leave_out(self, ids: Sequence[ItemId]) -> None:
        """Tell that these are not sent, for their rows have moved on."""
        self.left_out.extend(ids)


class Help(Protocol):
    """The helping end; the calls block, and raise `LeaseLostError` once it may write no more."""

    @property
    def cycle(self) -> CycleId:
        """The one that leads."""

    def check(self) -> None:
        """Raise from the moment on when others may take it that nothing is sent from here."""

    def show(self) -> bool:
        """Show that it lives and see that the leading process does; False once nobody wants help.

        What is sent within the few seconds that it answers for needs no other leave.
        """

    def claiming(self, action: Action, most: int) -> AbstractContextManager[Claim]:
        """Take the next offers of this kind that nobody else is just taking."""

    def settling(
        self, outcomes: Mapping[ItemId, Outcome]
    ) -> AbstractContextManager[tuple[Transaction, frozenset[ItemId]]]:
        """Tell outcomes; gives the transaction to record them, and for which ids it may.

        What was kept back is offered again. What was given up meanwhile is another's to find out.
        """


class Shelf(Protocol):
    """Where what a guard has passed lies for more than one process to deliver."""

    def laid_out(self, cycle: CycleId, meaning: str) -> AbstractContextManager[Sharing]:
        """Ask for help with a delivery for the block, from those who mean the same."""

    def joined(self, meaning: str) -> AbstractContextManager[Help | None]:
        """Help with the delivery of another process for the block; None where there is none."""
