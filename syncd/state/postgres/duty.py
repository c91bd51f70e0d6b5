"""Being on duty over many machines: a sign of life in a row of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncd.errors import LeaseHeldError, StateError
from syncd.state.duty import lost, refusal
from syncd.state.lock_file import Holder, since
from syncd.state.postgres import signs
from syncd.state.postgres.signs import DUTY, Sight, SignedSeat

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from syncd.state.holding import Timing
    from syncd.state.postgres.room import PostgresRoom


class PostgresDuty:
    """Who is on duty: relieved at once when it ends, and after a term when nothing is seen of it.

    Two may believe for a moment that they are on duty; their cycles still take turns by the lease.
    """

    def __init__(self, room: PostgresRoom, timing: Timing) -> None:
        """Take connections that are quick to answer or to fail: a daemon's loop waits for them."""
        self._room = room
        self._timing = timing

    @contextmanager
    def taken(self, holder: str) -> Iterator[PostgresOnDuty]:
        """Be on duty for the block; raises `LeaseHeldError`, at once, where somebody else is.

        Nor does anybody come on duty while the server is away.
        """
        try:
            sign = self._taken(holder)
        except LeaseHeldError:
            raise
        except StateError as error:
            raise LeaseHeldError(error.thing, error.reason, error.next_step) from error
        on_duty = PostgresOnDuty(self._room.name, SignedSeat(self._room, DUTY), sign)
        try:
            yield on_duty
        finally:
            on_duty.end()

    def _taken(self, holder: str) -> Holder:
        with self._room.unlocked() as connection:
            before = signs.look_anew(connection, DUTY)
        if before.is_free(self._timing.term):
            with self._room.unlocked() as connection:
                before = signs.look_and_lock(connection, DUTY)  # another may have been quicker
                if before.is_free(self._timing.term):
                    return self._put(connection, before, holder)
        raise refusal(self._room.name, before.who)

    def _put(self, connection: Connection, before: Sight, holder: str) -> Holder:
        number = 1 if before.holder is None else before.holder.number + 1
        sign = Holder(holder, since(self._timing.now()), number, 0)
        signs.put(connection, DUTY, sign)
        return sign


@dataclass(slots=True)
class PostgresOnDuty:
    """The port's `Duty`.

    While the server is away nobody else comes on duty, so whoever is stays; when it is back, the
    next sign of life tells.
    """

    _name: str
    _seat: SignedSeat
    _sign: Holder

    def show(self) -> None:
        self._beat()
        who = self._seat.taken_by()
        if who is not None:
            raise lost(self._name, who)

    def end(self) -> None:
        """Let the next one come on duty at once."""
        if self._seat.taken_by() is None:
            self._beat(ended=True)

    def _beat(self, *, ended: bool = False) -> None:
        self._sign = replace(self._sign, beats=self._sign.beats + 1, ended=ended)
        self._seat.show(self._sign)
