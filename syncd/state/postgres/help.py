"""The helping end of a delivery that several processes share in PostgreSQL."""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from syncd.domain.attributes import ItemId
from syncd.domain.cycle import CycleId
from syncd.engine.breaker import was_kept_back
from syncd.errors import LeaseLostError, StateError
from syncd.ports import Claim, Offered
from syncd.state import fence
from syncd.state.changes import change_from
from syncd.state.outcomes import outcome_text
from syncd.state.postgres import offers, signs
from syncd.state.postgres.line import Access
from syncd.state.postgres.offers import LEFT_OUT, ran
from syncd.state.postgres.room import open_room
from syncd.state.postgres.signs import LEASE, LEAVE
from syncd.state.transaction import SqlTransaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from syncd.domain.change import Action
    from syncd.domain.delivery import Outcome
    from syncd.ports import Help, Transaction
    from syncd.state.holding import Timing
    from syncd.state.postgres.database import PostgresDatabase
    from syncd.state.postgres.room import PostgresRoom

STANDSTILL: Final = timedelta(seconds=5)
"""A helper that stops in the middle of a write keeps the others waiting for no longer."""
PATIENCE: Final = timedelta(seconds=3)
"""How long a helper waits for others to write: one that stopped in the middle of that may be the
very process whose place it is about to take."""
_SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Invitation:
    """A delivery that wants help: its name, the fence it is under, and its cycle."""

    delivery: str
    fence: int
    cycle: CycleId


@contextmanager
def helping(
    database: PostgresDatabase, signs_room: PostgresRoom, timing: Timing, meaning: str
) -> Iterator[Help | None]:
    """Help with the block, by connections that keep nobody waiting; None where nobody wants it."""
    found = _found(signs_room, meaning)
    if found is None:
        yield None
        return
    room = open_room(database.room.place, Access(PATIENCE, standstill=STANDSTILL), signs_room.time)
    help_ = PostgresHelp(database, room, signs_room, timing, found)
    try:
        help_.join()
        yield help_
    finally:
        with suppress(StateError):  # then it is dismissed, once it has shown no sign of life
            help_.leave()


def _found(room: PostgresRoom, meaning: str) -> Invitation | None:
    values = {"place": room.place.schema, "meaning": meaning}
    with room.unlocked() as connection:
        if not offers.are_made(connection):
            return None
        row = ran(connection, offers.FIND, values).fetchone()
    return None if row is None else Invitation(row[0], row[1], CycleId(row[2]))


@dataclass(slots=True)
class PostgresHelp:
    """The port's `Help`: it writes under the leader's fence, and sends by the leader's lease.

    Whoever takes that lease may take it that nothing departs any more: leave to send ends with the
    lease's term after the leader's last sign of life, by the server's clock, and before a clean end
    it is the lease that waits.
    """

    _database: PostgresDatabase
    _room: PostgresRoom
    _signs: PostgresRoom
    _timing: Timing
    _invitation: Invitation
    _name: str = field(default_factory=lambda: uuid.uuid4().hex)
    _leave_until: float = 0.0
    _has_left: bool = False
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    @property
    def cycle(self) -> CycleId:
        return self._invitation.cycle

    def check(self) -> None:
        if self._timing.seconds() >= self._leave_until:
            raise self._lost("this process stood still, or cannot reach the server")

    def join(self) -> None:
        """Be known as a helper; the first sign of life gives leave to send."""
        with self._signs.unlocked() as connection:
            ran(connection, offers.JOIN, self._values(span=self._microseconds(LEAVE)))

    def leave(self) -> None:
        """Be known no more; what was claimed and not told is given up."""
        self._leave_until = 0.0
        with self._one_at_a_time:  # a thread may still be at work for a task that was cancelled
            self._has_left = True
            self._room.close()
        with self._signs.unlocked() as connection:
            ran(connection, offers.LEAVE, self._values())

    def show(self) -> bool:
        asked = self._timing.seconds()
        with self._signs.unlocked() as connection:
            span = self._span(connection)
            values = self._values(span=self._microseconds(span))
            is_wanted = span > 0 and bool(ran(connection, offers.SHOW, values).rowcount)
        if is_wanted:
            self._leave_until = asked + span
        return is_wanted

    def _span(self, connection: Connection) -> float:
        """Seconds in which nobody takes the lease, whatever becomes of its holder; 0 at its end."""
        sight = signs.look_anew(connection, LEASE)
        if sight.holder is None or sight.holder.number != self._invitation.fence:
            raise self._lost(f"{sight.who} has taken the lease")
        if sight.silent >= self._timing.term:
            raise self._lost(f"{sight.who} shows no sign of life")
        return 0.0 if sight.holder.ended else min(LEAVE, self._timing.term - sight.silent)

    @contextmanager
    def claiming(self, action: Action, most: int) -> Iterator[Claim]:
        with self._writing() as connection:
            values = self._values(action=action.value, most=most)
            rows = sorted(ran(connection, offers.CLAIM, values).fetchall())
            offered = [Offered(change_from(text), approved) for _, text, approved in rows]
            claim = Claim(self._transaction(connection), offered)
            yield claim
            self._tell(connection, dict.fromkeys(claim.left_out, LEFT_OUT))

    @contextmanager
    def settling(
        self, outcomes: Mapping[ItemId, Outcome]
    ) -> Iterator[tuple[Transaction, frozenset[ItemId]]]:
        kept_back = [item for item, outcome in outcomes.items() if was_kept_back(outcome)]
        told = {item: outcome_text(outcomes[item]) for item in outcomes.keys() - set(kept_back)}
        with self._writing() as connection:
            transaction = self._transaction(connection)
            back = ran(connection, offers.PUT_BACK, self._values(ids=kept_back))
            own = frozenset(ItemId(row[0]) for row in back.fetchall())
            yield transaction, own | self._tell(connection, told)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._one_at_a_time:
            if self._has_left:
                raise self._lost("it has left")
            with self._room.unlocked() as connection:
                yield connection

    def _transaction(self, connection: Connection) -> SqlTransaction:
        """Write beside nobody else, unless another has the lease by now."""
        self._room.lock_writers_out(connection)
        standing = fence.standing(connection)
        if standing.number != self._invitation.fence:
            raise self._lost(f"{standing.who} has taken the lease")
        return SqlTransaction(connection, self._database)

    def _tell(self, connection: Connection, told: Mapping[ItemId, str]) -> frozenset[ItemId]:
        if not told:
            return frozenset()
        values = self._values(ids=list(told), outcomes=list(told.values()))
        rows = ran(connection, offers.TELL, values).fetchall()
        return frozenset(ItemId(row[0]) for row in rows)

    def _values(self, **others: object) -> dict[str, object]:
        return {"delivery": self._invitation.delivery, "helper": self._name, **others}

    def _microseconds(self, seconds: float) -> int:
        return round(seconds * _SECOND)

    def _lost(self, reason: str) -> LeaseLostError:
        self._leave_until = 0.0
        return LeaseLostError(
            self._room.name,
            f"{reason}, so it helps with the delivery no more",
            "Nothing is lost: what it was sending is looked up before it is repeated",
        )
