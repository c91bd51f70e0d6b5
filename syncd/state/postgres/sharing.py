"""The leading end of a delivery that several processes share in PostgreSQL."""

from __future__ import annotations

import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action
from syncd.errors import StateError
from syncd.ports import Helped
from syncd.state import fence
from syncd.state.changes import change_text
from syncd.state.outcomes import outcome_from
from syncd.state.postgres import offers
from syncd.state.postgres.help import helping
from syncd.state.postgres.offers import LEFT_OUT, ran
from syncd.state.postgres.pool import driver_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from syncd.domain.change import Plan
    from syncd.domain.cycle import CycleId
    from syncd.ports import Help, Sharing
    from syncd.state.holding import Timing
    from syncd.state.postgres.database import PostgresDatabase
    from syncd.state.postgres.room import PostgresRoom


@dataclass(frozen=True, slots=True)
class PostgresShelf:
    """The port's `Shelf` for one account."""

    database: PostgresDatabase
    signs: PostgresRoom
    timing: Timing

    @contextmanager
    def laid_out(self, cycle: CycleId, meaning: str) -> Iterator[Sharing]:
        """Ask under the fence that this process holds; what it ends with is nobody's any more.

        Changes that a helper still has in hand at the end stay its own until it has told of them,
        or gives no sign of life: until then nobody else gets the lease.
        """
        room, name = self.database.room, uuid.uuid4().hex
        with room.unlocked() as connection:
            offers.make(connection)
        with self.database.writing() as connection:
            values = {
                "delivery": name,
                "place": room.place.schema,
                "fence": fence.standing(connection).number,
                "cycle": cycle,
                "meaning": meaning,
            }
            ran(connection, offers.CLEAR, values)
            ran(connection, offers.BEGIN, values)
        sharing = PostgresSharing(room, name)
        try:
            yield sharing
        finally:
            with suppress(StateError):  # nobody can help under a fence that is no more
                sharing.close()

    def joined(self, meaning: str) -> AbstractContextManager[Help | None]:
        return helping(self.database, self.signs, self.timing, meaning)


@dataclass(frozen=True, slots=True)
class PostgresSharing:
    """The port's `Sharing`; it locks nobody out, for each row is either free or somebody's."""

    room: PostgresRoom
    name: str

    def offer(self, plan: Plan) -> None:
        rows = [
            (self.name, one.id, one.action.value, change_text(one), one.id in plan.approved)
            for one in plan.changes
        ]
        with self.room.unlocked() as connection, driver_of(connection).cursor() as cursor:
            cursor.executemany(offers.OFFER, rows)

    def take_back(self, action: Action, most: int) -> frozenset[ItemId]:
        values = {"delivery": self.name, "action": action.value, "most": most}
        with self.room.unlocked() as connection:
            rows = ran(connection, offers.TAKE_BACK, values).fetchall()
        return frozenset(ItemId(row[0]) for row in rows)

    def look(self) -> Helped:
        with self.room.unlocked() as connection:
            return self._seen(connection)

    def _seen(self, connection: Connection) -> Helped:
        values = {"delivery": self.name}
        answered = ran(connection, offers.COLLECT, values).fetchall()
        offers.date_leaves_anew(connection, self.room.place.schema)
        ran(connection, offers.DISMISS, values)
        given_up = ran(connection, offers.GIVE_UP, values).fetchall()
        waiting = ran(connection, offers.WAITING, values).fetchall()
        ((helpers,),) = ran(connection, offers.HELPERS, values).fetchall()
        return Helped(
            helpers=helpers,
            answered={
                ItemId(id_): None if text == LEFT_OUT else outcome_from(text)
                for id_, text in answered
            },
            given_up=frozenset(ItemId(row[0]) for row in given_up),
            waiting={Action(action): count for action, count in waiting},
        )

    def close(self) -> None:
        """Want no more help; what is left in hands that may still send keeps the lease."""
        values = {"delivery": self.name}
        with self.room.unlocked() as connection:
            ran(connection, offers.CLOSE, values)
            ran(connection, offers.END, values)
