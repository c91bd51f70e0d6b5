"""Reading a whole list side by side: windows of creation time, split until each is one page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Generic

from syncd.digital_river.messages import MOST_IDS, listing
from syncd.digital_river.reader import Reader
from syncd.digital_river.wire import Dated, Page
from syncd.domain.change import Resource
from syncd.domain.listing import CountedSpan
from syncd.errors import RemoteUnavailableError

_BEGINNING: Final = datetime(2010, 1, 1, tzinfo=UTC)
"""Where a window without a start is cut as if it began there; what is older is read as well."""
_SECOND: Final = timedelta(seconds=1)
_LANES: Final = 32
"""How many pages may be asked for at once."""


@dataclass(frozen=True, slots=True)
class Window:
    """Times of creation from `start` on and before `end`, in whole seconds; None is open."""

    start: datetime | None = None
    end: datetime | None = None

    def query(self) -> list[tuple[str, str]]:
        """Write the filters of a list request."""
        bounds = (("createdTime[gte]", self.start), ("createdTime[lt]", self.end))
        return [(name, written(moment)) for name, moment in bounds if moment is not None]

    def admits(self, moment: datetime) -> bool:
        """Whether an object of this time may stand in it; times that are shown may be rounded."""
        is_early = self.start is not None and moment < self.start - _SECOND
        is_late = self.end is not None and moment >= self.end + _SECOND
        return not is_early and not is_late

    def halves(self, oldest: datetime) -> tuple[Window, Window] | None:
        """Cut what is left of it once all newer than `oldest` has come; None for a last second."""
        end = oldest.replace(microsecond=0) + _SECOND
        end = end if self.end is None else min(end, self.end)
        start = self.start or _BEGINNING
        seconds = (end - start) // _SECOND
        if seconds <= 1:
            return None
        middle = start + timedelta(seconds=seconds // 2)
        return Window(self.start, middle), Window(middle, end)


class WindowedList(Generic[Dated]):
    """A list of one resource, whatever its length; it may be read once."""

    def __init__(
        self,
        reader: Reader,
        resource: Resource,
        entry: type[Dated],
        query: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Take filters beside the time of creation, which must not change meanwhile."""
        self._reader = reader
        self._resource = resource
        self._entry = entry
        self._query = list(query)
        self._lanes = asyncio.Semaphore(_LANES)
        self._spans: list[CountedSpan] = []

    async def read(self, take: Callable[[Sequence[Dated]], None]) -> Sequence[CountedSpan]:
        """Give every object once to `take`, a page at a time and in no order."""
        try:
            async with asyncio.TaskGroup() as tasks:
                part = _Part(tasks, take)
                tasks.create_task(self._read(Window(), frozenset(), part))
        except ExceptionGroup as group:
            first = group.exceptions[0]
            raise first from first.__cause__
        return sorted(self._spans, key=lambda span: span.start or _BEGINNING)

    async def _read(self, window: Window, known: frozenset[str], part: _Part[Dated]) -> None:
        """Read the newest page of a window, and see to the rest; `known` ids have come before."""
        page = await self._page(window)
        self._refuse_strays(window, page)
        fresh = [one for one in page.data if one.id not in known]
        part.take(fresh)
        if not page.goes_on(MOST_IDS):
            self._spans.append(CountedSpan(window.start, window.end, len(fresh)))
            return
        oldest = _oldest(page)
        halves = None if oldest is None else window.halves(oldest)
        if oldest is None or halves is None:
            known |= {one.id for one in page.data}
            count = len(fresh) + await self._read_on(window, known, part)
            self._spans.append(CountedSpan(window.start, window.end, count))
            return
        older, newer = halves
        again = known | {one.id for one in page.data if _is_near(one.created, oldest)}
        part.tasks.create_task(self._read(older, frozenset(), part))
        part.tasks.create_task(self._read(newer, again, part))
        self._spans.append(CountedSpan(newer.end, window.end, len(fresh)))

    async def _read_on(self, window: Window, known: frozenset[str], part: _Part[Dated]) -> int:
        """Page by cursor through what no time tells apart, and count what is new of it."""
        count = 0
        query = [*self._query, *window.query()]
        async with self._lanes:
            async for found in self._reader.every(self._resource, self._entry, query):
                if found.id not in known:
                    part.take([found])
                    count += 1
        return count

    async def _page(self, window: Window) -> Page[Dated]:
        query = [*self._query, *window.query(), ("limit", str(MOST_IDS))]
        async with self._lanes:
            return await self._reader.page(listing(self._resource, query), self._entry)

    def _refuse_strays(self, window: Window, page: Page[Dated]) -> None:
        """Where filters are not kept to, splitting would never end, and prove nothing."""
        times = [one.created for one in page.data]
        if not all(window.admits(time) for time in times if time is not None):
            raise RemoteUnavailableError(
                f"Digital River, {listing(self._resource, ())}",
                "it answered with objects of other times of creation than were asked for",
                "Run again later, or tell Digital River",
            )


@dataclass(frozen=True, slots=True)
class _Part(Generic[Dated]):
    """What all windows of one reading share."""

    tasks: asyncio.TaskGroup
    take: Callable[[Sequence[Dated]], None]


def written(moment: datetime) -> str:
    """Write a time as Digital River's filters take it: UTC, in whole seconds, rounded down."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _oldest(page: Page[Dated]) -> datetime | None:
    """The last time of a page that goes from new to old; None where it does not, or tells none."""
    times = [one.created for one in page.data]
    known = [time for time in times if time is not None]
    if not known or len(known) < len(times) or known != sorted(known, reverse=True):
        return None
    return known[-1]


def _is_near(created: datetime | None, oldest: datetime) -> bool:
    return created is not None and created <= oldest + _SECOND
