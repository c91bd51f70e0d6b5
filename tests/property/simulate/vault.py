"""Where the state of one account is kept, and how a process opens it: in memory, or as a file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

import structlog

from syncd.errors import LeaseHeldError
from syncd.ports import Clock, State
from syncd.state import open_existing_read_only
from syncd.state.holding import TERM, Timing
from syncd.state.sqlite.opening import open_for_writing
from tests.fakes.state import Contents, FakeLease, FakeState, Store
from tests.property.simulate.loop import BEARER, Freezable
from tests.property.simulate.sharing import LEAVE, Common

_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
_NEVER: Final = 1e9

_log = structlog.get_logger()


class Vault(Protocol):
    """One state, and what stands in it as anybody may see it.

    `common` is where processes share their deliveries, None where this kind of state has no such.
    """

    common: Common | None

    def opened(self) -> AbstractContextManager[State]:
        """Open it as a command that may write does."""

    def opened_read_only(self) -> AbstractContextManager[State]:
        """Open it as a command that only looks does."""

    def look(self) -> State:
        """The state as it stands, for whoever checks."""

    def contents(self) -> object:
        """Everything in it, to be compared."""

    def lose(self) -> None:
        """Begin anew, with nothing in it; nobody has it open."""


# -- in memory


@dataclass(slots=True)
class Signs:
    """Who holds the lease, or held it last, and when that came to an end."""

    clock: Clock
    state: LeasedState | None = None
    bearer: Freezable | None = None
    ended: datetime | None = None
    common: Common = field(default_factory=Common)

    def sent_until(self) -> datetime | None:
        """Until when somebody may have sent; helpers may have done so after their leader's end."""
        now, delivery = self.clock.now(), self.common.delivery
        if self.state is not None or (delivery and delivery.leaderless_since is not None):
            return now
        if self.ended is None or delivery is None:
            return self.ended
        return min(now, self.ended + timedelta(seconds=LEAVE))

    @property
    def shows_no_life(self) -> bool:
        """Whether the holder has been frozen for longer than a lease lasts."""
        now, bearer = asyncio.get_running_loop().time(), self.bearer
        return bearer is not None and bearer.frozen_until > now > bearer.frozen_since + TERM


class LeasedState(FakeState):
    """The fake state, whose lease is lost by whoever is frozen for too long."""

    def __init__(self, signs: Signs, store: Store | None = None) -> None:
        super().__init__(store=store)
        self._signs = signs

    def opened(self) -> LeasedState:
        """The same state, as another process has it open."""
        return LeasedState(self._signs, self._store)

    @contextmanager
    def lease(self, holder: str, wait: timedelta) -> Iterator[FakeLease]:
        signs = self._signs
        if signs.state is not None and signs.shows_no_life:
            signs.state.stand_still()
            _log.warning("lease.taken_over", state="state in memory", holder="who stood still")
            signs.ended = signs.clock.now() - timedelta(seconds=TERM)
            signs.state = signs.bearer = None
        if signs.common.keeps_the_lease():
            raise LeaseHeldError("state in memory", "a helper may still send", "Wait")
        with super().lease(holder, wait) as lease:
            lease.sent_until = signs.sent_until()
            signs.state, signs.bearer, signs.common.delivery = self, BEARER.get(), None
            try:
                yield lease
            finally:
                if signs.state is self:
                    signs.state, signs.ended = None, signs.clock.now()

    def sent_until(self) -> datetime | None:
        return self._signs.sent_until()


class MemoryVault:
    """The fake state, which never forgets."""

    def __init__(self, clock: Clock) -> None:
        signs = Signs(clock)
        self.common: Common | None = signs.common
        self._state = LeasedState(signs)

    def opened(self) -> AbstractContextManager[State]:
        return nullcontext(self._state.opened())

    def opened_read_only(self) -> AbstractContextManager[State]:
        return nullcontext(self._state.opened())

    def look(self) -> State:
        return self._state

    def contents(self) -> object:
        return self._state.contents.copied()

    def lose(self) -> None:
        self._state.contents = Contents()


# -- as a file


@dataclass
class FileVault:
    """A real SQLite file; what one process had open the next one may use, for it opens slowly."""

    file: Path
    timing: Timing
    common: Common | None = None
    _idle: dict[bool, list[State]] = field(default_factory=lambda: {True: [], False: []})

    def __post_init__(self) -> None:
        self._look = open_for_writing(self.file, self.timing)

    def opened(self) -> AbstractContextManager[State]:
        return self._lent(may_write=True)

    def opened_read_only(self) -> AbstractContextManager[State]:
        return self._lent(may_write=False)

    def look(self) -> State:
        return self._look

    def contents(self) -> object:
        with closing(sqlite3.connect(self.file)) as database:
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return {
                name: sorted(database.execute(f'SELECT * FROM "{name}"'), key=repr)  # noqa: S608 - the table's own name
                for (name,) in names.fetchall()
            }

    def lose(self) -> None:
        self.close()
        self._idle = {True: [], False: []}
        for file in self.file.parent.glob(f"{self.file.name}*"):
            if not file.name.endswith(".lock"):
                file.unlink()
        self._look = open_for_writing(self.file, self.timing)

    def close(self) -> None:
        with ExitStack() as stack:
            for state in (self._look, *self._idle[True], *self._idle[False]):
                stack.enter_context(closing(state))

    @contextmanager
    def _lent(self, *, may_write: bool) -> Iterator[State]:
        idle = self._idle[may_write]
        state = idle.pop() if idle else self._newly_opened(may_write=may_write)
        try:
            yield state
        finally:
            idle.append(state)

    def _newly_opened(self, *, may_write: bool) -> State:
        if may_write:
            return open_for_writing(self.file, self.timing)
        return open_existing_read_only(f"sqlite:///{self.file}")


@contextmanager
def vault_of(kind: str, clock: Clock) -> Iterator[Vault]:
    """A new state of this kind, `memory` or `sqlite`, for the loop that runs."""
    if kind == "memory":
        yield MemoryVault(clock)
        return
    with quick_folder() as folder:
        timing = Timing(now=clock.now, seconds=asyncio.get_running_loop().time)
        with closing(FileVault(folder / "state.db", timing)) as vault:
            yield vault


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory, where there is any."""
    place = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None
    with TemporaryDirectory(dir=place, prefix="syncd-simulated-") as folder:
        yield Path(folder)
