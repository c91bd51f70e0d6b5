"""Reading a whole list side by side: windows of creation time, split while there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise, takewhile
from math import ceil
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
_WAITING: Final = 4
"""One in so many of the windows waits for its turn to ask, if there is enough to split."""
_PAGES_WORTH_A_WINDOW: Final = 2
"""What is thought to fill no more pages than this is not worth a window of its own."""
_PAGES_OF_A_LONG_LIST: Final = 1_024
"""A rest that is thought to fill more is for the most part empty."""
_PAGES_OF_A_FIRST_STEP: Final = 32
"""How much is left between a page and the first place where such a rest is cut."""
_MOST_OF: Final = 0.75
"""Only a window with at least this share of what the fullest one has left is split."""


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

    def evenly(self, oldest: datetime, parts: int) -> Sequence[datetime]:
        """Where to cut what is older than `oldest` into so many parts, or one for each second."""
        start, end = self._rest(oldest)
        seconds = (end - start) // _SECOND
        parts = min(parts, seconds)
        return [end - timedelta(seconds=seconds * part // parts) for part in range(1, parts)]

    def steps(self, oldest: datetime, first: timedelta) -> Sequence[datetime]:
        """Moments from `oldest` back to the start, each 4 times as far away as the one before."""
        start, end = self._rest(oldest)
        seconds, step = (end - start) // _SECOND, max(1, first // _SECOND)
        steps = takewhile(seconds.__gt__, (step << bits for bits in count(step=2)))
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

    def pages_left(self, window: Window) -> float:
        """How many pages the rest of this window fills if it goes on as densely."""
        return (self.oldest - (window.start or _BEGINNING)) / self._length

    def cuts(self, window: Window, parts: int) -> Sequence[datetime]:
        """Where to cut the rest of this window into no more parts than these, from new to old.

        One that would hold more than any list does if it went on as densely is empty for the most
        part: steps that grow find in few turns where the rest of it lies, however long the void.
        """
        pages = self.pages_left(window)
        if pages > _PAGES_OF_A_LONG_LIST:
            first = self._length * _PAGES_OF_A_FIRST_STEP
            return window.steps(self.oldest, first)[: parts - 1]
        return window.evenly(self.oldest, min(parts, ceil(pages / _PAGES_WORTH_A_WINDOW)))

    @property
    def _length(self) -> timedelta:
        return max(self.newest - self.oldest, _SECOND)


@dataclass(eq=False, slots=True)
class _Course:
    """How one window is read; `left` is how many pages it is thought to go on for."""

    window: Window
    shown: int = 0
    left: float = 0.0


class WindowedList(Generic[Dated]):
    """A list of one resource, whatever its length; it may be read once.

    Each window is paged through by cursor, so that every page but its last is full, and a split
    costs about half a page. So there are no more windows than keep a few requests waiting for their
    turn, whatever the time that an answer takes: as long as fewer wait, the window that is thought
    to have the most left gives parts of it to others. At most `lanes` are under way.
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
        self._under_way: set[_Course] = set()
        self._spans: list[CountedSpan] = []

    async def read(self, take: Callable[[Sequence[Dated]], None]) -> Sequence[CountedSpan]:
        """Give every object once to `take`, a page at a time and in no order."""
        async with together() as tasks:
            self._begin(Window(), _Part(tasks, take))
        return sorted(self._spans, key=lambda span: span.start or _BEGINNING)

    def _begin(self, window: Window, part: _Part[Dated]) -> None:
        course = _Course(window)
        self._under_way.add(course)
        part.tasks.create_task(self._read(course, part))

    async def _read(self, course: _Course, part: _Part[Dated]) -> None:
        """Page through a window, newest first; what is split off is read by another."""
        page, cursors = await self._page(course.window), set[str]()
        fresh: Sequence[Dated] = page.data
        while True:
            course.shown += len(fresh)
            if not page.goes_on(MOST_IDS):
                break
            cursors.add(new_cursor(page, cursors, listing(self._resource, ())))
            rest = self._without_older(course, page, part)
            part.take(fresh)
            before, page = page, await self._page_after(page, course.window, rest)
            course.window, fresh = rest, without(before, page)
        self._under_way.remove(course)
        part.take(fresh)
        window = course.window
        self._spans.append(CountedSpan(window.start, window.end, course.shown))

    def _without_older(self, course: _Course, page: Page[Dated], part: _Part[Dated]) -> Window:
        """The part of a window to read on in; what is older is begun apart if there is room."""
        is_single = len(page.data) == 1  # and has no cursor behind which something must come
        stretch = None if is_single else _stretch(page)
        course.left = 0.0 if stretch is None else stretch.pages_left(course.window)
        room = self._room()
        if stretch is None or room <= 0 or not self._is_full(course):
            return course.window
        newest, *older = course.window.cut(stretch.cuts(course.window, 1 + room))
        for one in older:
            self._begin(one, part)
        course.left = stretch.pages_left(newest)
        return newest

    def _room(self) -> int:
        """How many windows more keep the pace."""
        waiting = max(1, self._lanes // _WAITING) - self._reader.waiting
        return min(waiting, self._lanes - len(self._under_way))

    def _is_full(self, course: _Course) -> bool:
        """Whether hardly any window under way is thought to have more left; new ones tell soon."""
        return course.left >= _MOST_OF * max(one.left for one in self._under_way)

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
