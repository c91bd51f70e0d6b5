"""The cycle lease of many machines: a sign of life in a row, and the fence behind it."""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import text

from syncd.errors import StateBusyError, StateError
from syncd.state import fence, migrate
from syncd.state.holding import Holding, Taking, Timing, first_sign
from syncd.state.lock_file import since
from syncd.state.postgres import offers, signs
from syncd.state.postgres.home import Home
from syncd.state.postgres.room import MIGRATING
from syncd.state.postgres.signs import LEASE, Sight, SignedSeat
from syncd.state.turns import Turns, stopped_while_writing

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from syncd.state.postgres.room import PostgresRoom

BEAT: Final = 2.0
TERM: Final = 10.0
"""A standby is at work within 15 s of a crash; a server may be away for a little less than this."""

_END_STUCK_WRITERS: Final = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid <> pg_backend_pid()"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint << 32) | objid::bigint = hashtextextended(:schema, 0)"
    " AND xact_start < clock_timestamp() - make_interval(secs => :term)"
    " AND application_name <> :migrating"
)

_WAIT_A_MOMENT: Final = text("SELECT set_config('lock_timeout', '1s', true)")
_TRIES: Final = 30
"""So many moments are waited at most."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rooms:
    """The connections that write, and those for signs of life, which are quick or fail."""

    work: PostgresRoom
    signs: PostgresRoom


class PostgresLease(Turns):
    """The lease of one state in PostgreSQL.

    It is free at once when its holder lets go, and after a term when its holder is dead, cut off or
    stands still: then the fence shuts that one out, and a transaction it has left open is ended.
    """

    def __init__(self, rooms: Rooms, home: Home, timing: Timing) -> None:
        super().__init__(rooms.work.name, timing)
        self._rooms = rooms
        self._home = home

    def _tried(self, holder: str) -> Holding | None:
        before = self._seen()
        if not before.is_free(self._timing.term):
            return None
        taking = self._advanced_in_turn(holder, before)
        return None if taking is None else self._kept(taking)

    def _seen(self) -> Sight:
        with self._rooms.work.reading() as connection:
            sight = signs.look(connection, LEASE)
        if sight.is_from_the_future:
            with suppress(StateError), self._rooms.signs.unlocked() as connection:
                return signs.look_anew(connection, LEASE)
        return sight

    def _advanced_in_turn(self, holder: str, before: Sight) -> Taking | None:
        """Wait for others to write; behind one who stopped others may have stopped in the queue."""
        tries = itertools.count(1)
        while True:
            if before.holder is not None and not before.holder.ended:
                self._end_stuck_writers()
            try:
                return self._advanced(holder)
            except StateBusyError as busy:
                if next(tries) == _TRIES:
                    raise stopped_while_writing(self._name, before.who) from busy

    def _advanced(self, holder: str) -> Taking | None:
        """Shut everybody else out, if nobody was quicker."""
        began = since(self._timing.now())
        with self._rooms.work.unlocked() as connection:
            connection.execute(_WAIT_A_MOMENT)
            self._rooms.work.lock_writers_out(connection)
            before = signs.look_and_lock(connection, LEASE)
            if not before.is_free(self._timing.term) or self._has_helpers(connection):
                return None
            migrate.refuse_newer_or_moved(connection, self._name)
            if before.holder is not None and not before.holder.ended:
                _log.warning("lease.taken_over", state=self._name, holder=before.who)
            self._doubt_an_old_copy(connection)
            advanced = fence.advance(connection, holder, began, above=self._home.seen())
            signs.put(connection, LEASE, first_sign(advanced, self._timing))
            return Taking(advanced, before.sent_until(self._timing.now()))

    def _has_helpers(self, connection: Connection) -> bool:
        """Whether changes of the last cycle may still depart, from hands that have shown life."""
        return offers.may_still_be_sent(connection, self._rooms.work.place.schema)

    def _doubt_an_old_copy(self, connection: Connection) -> None:
        if not self._home.has_moved(connection):
            return
        in_doubt = fence.doubt_what_is_known(connection)
        _log.warning("state.restored", state=self._name, in_doubt=in_doubt)

    def _kept(self, taking: Taking) -> Holding:
        self._home.witness(taking.fence.number)
        seat = SignedSeat(self._rooms.signs, LEASE)
        holding = Holding(self._name, self._timing, seat, taking)
        seat.show(first_sign(taking.fence, self._timing))  # the taking may have taken its time
        return holding

    def _end_stuck_writers(self) -> None:
        """End what a holder that shows no sign of life keeps locked; only its own user may.

        What it was at began within a beat or two of its last sign. A migration gives no signs of
        life either, and is left to its end.
        """
        values = {
            "schema": self._rooms.work.place.schema,
            "term": self._timing.term - 2 * self._timing.beat,
            "migrating": MIGRATING,
        }
        with suppress(StateError), self._rooms.signs.unlocked() as connection:
            connection.execute(_END_STUCK_WRITERS, values)

    def _who(self) -> str:
        with self._rooms.work.reading() as connection:
            return signs.look(connection, LEASE).who
