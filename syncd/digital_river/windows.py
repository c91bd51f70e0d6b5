"""Reading a whole list side by side: windows of creation time, split while there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise, takewhile
from typing import Final, Generic

from syncd.digital_river.messages import MOST_IDS, listing
from syncd.digital_river.onward import new_cursor, page_after, without
from syncd.digital_river.reader import Reader
from syncd.digital_river.together import together
from syncd.digital_river.wire import Dated, Page
from syncd.domain.change import Resource
from syncd.domain.listing import CountedSpan
from syncd.errors import RemoteUnavailableError

_BEGINNING: Final = datetime(2010, 1, 1, tzinfo=UTC)
"""Where a window without a start is cut as if it began there; what is older is read as well."""
_SECOND: Final = timedelta(seconds=1)
_LANES: Final = 32
"""How many windows are read side by side unless told otherwise."""
_PAGES_WORTH_A_SPLIT: Final = 2
"""A rest that is thought to fill no more pages than this is read on rather than split."""
_PAGES_OF_A_LONG_LIST: Final = 1_024
"""A rest that is thought to fill more is cut in many places at once."""
_PAGES_OF_A_FIRST_STEP: Final = 64
"""How much is left between a page and the first of those places."""


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

    def middle(self, oldest: datetime) -> Sequence[datetime]:
        """Where what is older than `oldest` has its middle; nowhere in a last second."""
        start, end = self._rest(oldest)
        seconds = (end - start) // _SECOND
        return [start + timedelta(seconds=seconds // 2)] if seconds > 1 else []

    def steps(self, oldest: datetime, first: timedelta) -> Sequence[datetime]:
        """Moments from `oldest` back to the start, each 16 times as far away as the one before."""
        start, end = self._rest(oldest)
        seconds, step = (end - start) // _SECOND, max(1, first // _SECOND)
        steps = takewhile(seconds.__gt__, (step << bits for bits in count(step=4)))
        return [end - timedelta(seconds=away) for away in steps]

    def cut(self, moments: Sequence[datetime]) -> Sequence[Window]:
        """Cut it at these, which go from new to old; gives the newest part first."""
        bounds = [self.end, *moments, self.start]
        return [Window(start, end) for end, start in pairwise(bounds)]

    def _rest(self, oldest: datetime) -> tuple[datetime, datetime]:
        end = oldest.replace(microsecond=0) + _SECOND
        return self.start or _BEGINNING, end if self.end is None else min(end, self.end)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The creation times of one page that goes from new to old."""

    newest: datetime
    oldest: datetime

    def cuts(self, window: Window) -> Sequence[datetime]:
        """Where to cut the rest of this window, from new to old.

        One that would hold more than any list does if it went on as densely is empty for the most
        part: steps that grow find in few turns where the rest of it lies, however long the void.
        """
        length = max(self.newest - self.oldest, _SECOND)
        pages = (self.oldest - (window.start or _BEGINNING)) / length
        if pages <= _PAGES_WORTH_A_SPLIT:
            return []
        if pages <= _PAGES_OF_A_LONG_LIST:
            return window.middle(self.oldest)
        return window.steps(self.oldest, length * _PAGES_OF_A_FIRST_STEP)


class WindowedList(Generic[Dated]):
    """A list of one resource, whatever its length; it may be read once.

    Each window is paged through by cursor, so that every page but its last is full. While fewer
    than `lanes` windows are under way, one that has much left gives the older part of it to others:
    side by side at the cost of about half a page for each window.
    """

    def __init__(
        self,
        reader: Reader,
        resource: Resource,
        entry: type[Dated],
        query: Sequence[tuple[str, str]] = (),
        lanes: int = _LANES,
    ) -> None:
        """Take filters beside the time of creation, which must not change meanwhile."""
        self._reader = reader
        self._resource = resource
        self._entry = entry
        self._query = list(query)
        self._lanes = lanes
        self._under_way = 0
        self._spans: list[CountedSpan] = []

    async def read(self, take: Callable[[Sequence[Dated]], None]) -> Sequence[CountedSpan]:
        """Give every object once to `take`, a page at a time and in no order."""
        async with together() as tasks:
            self._begin(Window(), _Part(tasks, take))
        return sorted(self._spans, key=lambda span: span.start or _BEGINNING)

    def _begin(self, window: Window, part: _Part[Dated]) -> None:
        self._under_way += 1
        part.tasks.create_task(self._read(window, part))

    async def _read(self, window: Window, part: _Part[Dated]) -> None:
        """Page through a window, newest first; what is split off is read by another."""
        page, cursors = await self._page(window), set[str]()
        shown = len(page.data)
        part.take(page.data)
        while page.goes_on(MOST_IDS):
            cursors.add(new_cursor(page, cursors, listing(self._resource, ())))
            rest = self._without_older(window, page, part)
            before, page = page, await self._page_after(page, window, rest)
            window, fresh = rest, without(before, page)
            shown += len(fresh)
            part.take(fresh)
        self._under_way -= 1
        self._spans.append(CountedSpan(window.start, window.end, shown))

    def _without_older(self, window: Window, page: Page[Dated], part: _Part[Dated]) -> Window:
        """The part of a window to read on in; what is older is begun apart if there is room."""
        is_single = len(page.data) == 1  # and has no cursor behind which something must come
        room = 0 if is_single else self._lanes - self._under_way
        stretch = _stretch(page) if room > 0 else None
        if stretch is None:
            return window
        newest, *older = window.cut(stretch.cuts(window)[:room])
        for one in older:
            self._begin(one, part)
        return newest

    async def _page_after(self, page: Page[Dated], window: Window, rest: Window) -> Page[Dated]:
        """Go on in just this rest, of which a page before it need not have promised anything."""

        def ask(cursor: str) -> Awaitable[Page[Dated]]:
            return self._page(rest, ("startingAfter", cursor))

        is_promised = page.has_more is True and rest == window
        request = listing(self._resource, rest.query())
        return await page_after(page, ask, request, is_promised=is_promised)

    async def _page(self, window: Window, *cursor: tuple[str, str]) -> Page[Dated]:
        query = [*self._query, *window.query(), ("limit", str(MOST_IDS)), *cursor]
        page = await self._reader.page(listing(self._resource, query), self._entry)
        self._refuse_strays(window, page)
        return page

    def _refuse_strays(self, window: Window, page: Page[Dated]) -> None:
        """Where filters are not kept to, objects would come twice, and counts prove nothing."""
        times = [time for one in page.data if (time := one.created) is not None]
        if times and not (window.admits(min(times)) and window.admits(max(times))):
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


def _stretch(page: Page[Dated]) -> _Stretch | None:
    """The times of a page that goes from new to old; None where it does not, or tells none."""
    times = [one.created for one in page.data]
    known = [time for time in times if time is not None]
    if not known or len(known) < len(times) or known != sorted(known, reverse=True):
        return None
    return _Stretch(known[0], known[-1])
