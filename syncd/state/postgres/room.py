"""One account's schema in PostgreSQL, seen by connections out of a pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, text

from syncd.errors import StateError
from syncd.state.faults import decoding
from syncd.state.postgres.clock import ServerTime
from syncd.state.postgres.faults import translated
from syncd.state.postgres.pool import Pool

if TYPE_CHECKING:
    from datetime import datetime

    from syncd.state.postgres.line import Access
    from syncd.state.postgres.place import Place
    from syncd.state.postgres.pool import Pools

_LOCK_WRITERS_OUT: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:schema, 0))")
"""It looks at no table, so that what follows sees all that was written before."""
MIGRATING: Final = "syncd, migrating"
"""The name by which the server knows who brings tables up to date, be it a newer version."""
_NAME_IT: Final = text("SELECT set_config('application_name', :name, true)")


@dataclass(frozen=True, slots=True)
class PostgresRoom:
    """The schema of one account, and a pool whose connections see no other while it has them."""

    place: Place
    pool: Pool
    _give_back: Callable[[], None]
    _known_as: str | None = None

    @property
    def name(self) -> str:
        """What messages call the state."""
        return self.place.name

    @property
    def time(self) -> ServerTime:
        """What its connections are told of the server's clock."""
        return self.pool.time

    def now(self) -> datetime:
        """The server's moment; where it has never told it and is away, this machine's own."""
        if not self.time.is_known:
            with suppress(StateError), self.reading():
                pass  # a new connection tells it
        return self.time.now()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """What stands in the block only reads and decodes."""
        with (
            translated(self.name),
            decoding(self.name),
            self.pool.to_read(self.place) as connection,
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Nobody else writes to this account until the end, and readers are not kept waiting."""
        with self.unlocked() as connection:
            self.lock_writers_out(connection)
            if self._known_as is not None:
                connection.execute(_NAME_IT, {"name": self._known_as})
            yield connection

    def migrating(self) -> PostgresRoom:
        """The same, for bringing its tables up to date, however long that takes."""
        return replace(self, _known_as=MIGRATING)

    def lock_writers_out(self, connection: Connection) -> None:
        """Let nobody else write to this account until the end of the transaction."""
        connection.execute(_LOCK_WRITERS_OUT, {"schema": self.place.schema})

    @contextmanager
    def unlocked(self) -> Iterator[Connection]:
        """Write one row that nothing else is written by, such as a sign of life."""
        with translated(self.name), self.pool.to_write(self.place) as connection:
            yield connection

    def hurry(self) -> None:
        """Wait for the server a few seconds more from now on."""
        self.pool.hurry()

    def close(self) -> None:
        """Give the connections back."""
        self._give_back()


def open_room(place: Place, access: Access, time: ServerTime | None = None) -> PostgresRoom:
    """A room with a pool of its own, for as many threads as ask, within bounds.

    Nothing is opened yet. `time` is what another room on the same server goes by.
    """
    pool = Pool(place, access, time or ServerTime())
    return PostgresRoom(place, pool, pool.close)


def shared_room(place: Place, access: Access, pools: Pools) -> PostgresRoom:
    """A room whose connections other accounts' rooms take turns on, and keep when it is closed."""
    pool = pools.take(place, access)
    return PostgresRoom(place, pool, partial(pools.give_back, place, access))
