"""All that is written to a state, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Protocol

from syncd.domain.approval import Approval
from syncd.domain.attributes import ItemId
from syncd.domain.audit import Observed
from syncd.domain.change import Change
from syncd.domain.cycle import CycleId, CycleResult
from syncd.domain.event import Event
from syncd.domain.journal import Adoption, Intent, Settlement, WriteId
from syncd.domain.snapshot import Reading
from syncd.domain.stock import StockPoint
from syncd.domain.tracking import Tracked
from syncd.engine.wishes import Wishes


class Transaction(Protocol):
    """Everything that changes the state, all or nothing; no network call may stand inside."""

    def tracked(self, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
        """The rows of these ids as this transaction sees them; unknown ids are left out."""

    def put(self, rows: Sequence[Tracked]) -> None:
        """Insert or replace whole rows."""

    def begin(self, wishes: Wishes) -> bool:
        """Insert the rows of ids that have none; False, and nothing done, where one has a row.

        They go on from `last_forgotten`.
        """

    def revise(self, wishes: Wishes) -> AbstractSet[ItemId]:
        """Let rows take in their wishes as `absorb` would; gives the ids of those that have.

        The others are left as they are, for they may have to be looked at one by one.
        """

    def forget(self, ids: Sequence[ItemId]) -> None:
        """Remove rows; the journal keeps what happened to them."""

    def last_forgotten(self) -> int:
        """The highest revision of any row that was ever forgotten, 0 where none was."""

    def begin_writes(self, intents: Sequence[Intent]) -> list[WriteId]:
        """Write intents into the journal; the ids come in the order of the intents."""

    def end_writes(self, settlements: Sequence[Settlement]) -> None:
        """Write outcomes beside their intents."""

    def adopt(self, adoptions: Sequence[Adoption]) -> None:
        """Write adoptions into the journal."""

    def record_reading(self, reading: Reading) -> None:
        """Replace what is remembered of the last read."""

    def record_cycle(self, result: CycleResult) -> None:
        """Insert or replace this cycle; its `changes` are not kept, the journal has them."""

    def seal(self, cycle: CycleId, at: datetime) -> None:
        """Close the chain over all cycles and entries under no seal yet, this finished cycle's too.

        From then on a change to any of them shows in `State.seals`.
        """

    def record_stopped(self, changes: Sequence[Change]) -> str:
        """Keep changes that guards stopped and name them; the same ones are kept once."""

    def approve(self, approved: Sequence[Approval]) -> None:
        """Keep approvals, each in the place of an older one for its SKU."""

    def forget_approvals(self, moment: datetime) -> None:
        """Remove the approvals that have expired at this moment."""

    def remember(self, key: str, value: str) -> None:
        """Keep one small fact under a name, such as the account the state belongs to."""

    def observe(self, observed: Sequence[Observed]) -> None:
        """Keep what an audit found otherwise than it is known, for each in the place of before."""

    def forget_observed(self, ids: Sequence[ItemId]) -> None:
        """Remove what was observed of these ids, for it is as it is known."""

    def forget_observed_before(self, moment: datetime) -> None:
        """Remove what was seen before this moment."""

    def note_stock(self, points: Sequence[StockPoint]) -> None:
        """Keep what was seen of stock, each in the place of its item's point of the same day."""

    def receive(self, event: Event) -> bool:
        """Keep an event; False where the one with its id is kept already."""

    def see_to_events(self, ids: Sequence[str]) -> None:
        """Note that what these events are about was looked at; they wait no more."""
