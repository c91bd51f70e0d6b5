"""One run of the program: it may die at any boundary, be frozen, and be told to stop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context, copy_context
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, TypeVar

from syncd.domain.attributes import ItemId
from syncd.errors import LeaseHeldError
from syncd.ports import Clock, Lease, Shelf, State, Transaction
from syncd.service.terms import Terms
from tests.property.simulate.account import Half
from tests.property.simulate.loop import BEARER, thawed
from tests.property.simulate.trace import Trace

_T = TypeVar("_T")
_PLACE: Final = re.compile(r"#\d+|(GET|POST|DELETE) \S+")


class Killed(BaseException):
    """The process is no more."""


class Died(Exception):  # noqa: N818 - told to whoever had started it
    """The process that was waited for has died."""


class ShutOutError(AssertionError):
    """A process went on with what is another's by now."""


class Process:
    """Counts the boundaries it crosses, and dies at the one that was drawn, if any.

    It `was_cut_off` where its death, or another that took over, kept it from recording outcomes.

    After its death no port does anything for it any more, so that what Python still runs of it
    (its `finally` blocks) changes nothing. What it has learned of ids counts for its own writes:
    `absent` ids were looked up and are not there, `unmanaged` ones are not Digital River's own, and
    `unstocked` ones had no stock when they were asked for at that moment of the loop's time.
    """

    def __init__(
        self, name: str, terms: Terms, trace: Trace, turns: list[str], *, rehearses: bool = False
    ) -> None:
        """Take the list that all share of those who took the lease, in their order."""
        self.name = name
        self.terms = terms
        self.rehearses = rehearses
        self.dead = False
        self.was_cut_off = False
        self.frozen_since = 0.0
        self.frozen_until = 0.0
        self.lives: int | None = None
        self.stop = asyncio.Event()
        self.absent: set[Half] = set()
        self.unmanaged: set[ItemId] = set()
        self.unstocked: dict[ItemId, float] = {}
        self.skus_hidden = False
        self.refused_at: datetime | None = None
        self.saw: object = None
        self.is_polling = False
        self.takes_over = False
        self.owed = 0.0
        self.turn: int | None = None
        self._turns = turns
        self._trace = trace
        self._end: Callable[[], object] | None = None

    async def run(self, story: Coroutine[Any, Any, _T]) -> _T:
        """Live through a story to its end; raises `Died` where death comes first."""
        context: Context = copy_context()
        context.run(BEARER.set, self)
        task: asyncio.Task[_T] = asyncio.create_task(story, context=context)
        self._end = task.cancel
        try:
            return await task
        except (Killed, asyncio.CancelledError) as end:
            raise Died(self.name) from end
        except Exception as error:
            if self.dead:
                raise Died(self.name) from error
            raise
        finally:
            self.dead = True

    def cross(self, place: str) -> None:
        """Come to a boundary; raises `Killed` where this is the end."""
        if self.dead:
            raise Killed(self.name)
        if self.lives == 0:
            self.die(place)
            raise Killed(self.name)
        if self.lives is not None:
            self.lives -= 1

    def takes_the_lease(self) -> None:
        """Nobody who took it before may write, or send a write, from now on.

        What a former cycle of this process has learned of ids counts for this one no more; that
        SKUs may not be read, its client goes by to its end.
        """
        self.absent.clear()
        self.unmanaged.clear()
        self.unstocked.clear()
        self._turns.append(self.name)
        self.turn = len(self._turns)

    def helps(self, leader: Process) -> None:
        """Send on behalf of this one from now on, by its turn and by what it has learned."""
        self.turn = leader.turn
        self.absent, self.unmanaged = leader.absent, leader.unmanaged
        self.skus_hidden = leader.skus_hidden

    def note(self, kind: str) -> None:
        """Count that something of this kind has happened."""
        self._trace.note(kind)

    @property
    def is_shut_out(self) -> bool:
        """Whether somebody else has taken the lease since."""
        return self.turn is not None and self.turn < len(self._turns)

    @property
    def was_frozen_for(self) -> float:
        """Seconds for which it stood still the last time."""
        return self.frozen_until - self.frozen_since

    def may_write(self) -> None:
        """Raise where this process commits although another has the lease."""
        if self.is_shut_out:
            raise ShutOutError(f"{self.name} wrote the state after {self._turns[-1]} took it over")

    def die(self, place: str = "at some moment") -> None:
        """Be killed; once dead, nothing changes."""
        if self.dead or self._end is None:
            return
        self._trace.tell(self.name, f"is killed {place}")
        self._trace.note(f"killed {_PLACE.sub('a request', place)}")
        self.dead = self.was_cut_off = True
        self._end()

    def freeze(self, until: float) -> None:
        """Do nothing before this moment of the loop's time."""
        if not self.dead:
            self._trace.tell(self.name, f"is frozen until {until:.3f}")
            self._trace.note("frozen")
            self.frozen_since = asyncio.get_running_loop().time()
            self.frozen_until = max(until, self.frozen_until)


ShelfFor: TypeAlias = Callable[[Any, Process], Shelf | None]


class MortalState:
    """The state as one process has it: every transaction has a boundary at either side."""

    def __init__(self, state: State, process: Process, shelf_for: ShelfFor) -> None:
        """Take what gives the shelf, if any, on which this process shares its deliveries."""
        self._state = state
        self._process = process
        self._shelf_for = shelf_for
        self._has_lease = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the state's own
        if self._process.dead:
            raise Killed(self._process.name)
        return getattr(self._state, name)

    @contextmanager
    def lease(self, holder: str, wait: timedelta) -> Iterator[Lease]:
        """Try once, and let the waiting in vain cost the time that it takes."""
        self._process.cross("before it takes the lease")
        try:
            lease = self._state.lease(holder, timedelta(0))
            held = lease.__enter__()
        except LeaseHeldError:
            self._process.owed += wait.total_seconds()
            raise
        self._process.takes_the_lease()
        self._has_lease = True
        try:
            yield held
        finally:
            self._has_lease = False
            lease.__exit__(None, None, None)

    @contextmanager
    def alongside(self, holder: str, wait: timedelta) -> Iterator[None]:
        """Go by the boundaries of this very lease."""
        if self._has_lease:
            yield
            return
        with self.lease(holder, wait):
            yield

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        self._process.cross("before a transaction")
        with self._state.transaction() as transaction:
            yield transaction
            self._process.cross("before a commit")
            self._process.may_write()
        self._process.cross("after a commit")

    def shelf(self) -> Shelf | None:
        return self._shelf_for(self, self._process)

    def overlay(self) -> AbstractContextManager[State]:
        self._process.cross("before an overlay")
        return self._state.overlay()


class MortalClock:
    """The machine's time as one process has it."""

    def __init__(self, clock: Clock, process: Process) -> None:
        self._clock = clock
        self._process = process

    def now(self) -> datetime:
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        self._process.cross("before a sleep")
        await self._clock.sleep(seconds)
        await thawed()
        self._process.cross("after a sleep")
