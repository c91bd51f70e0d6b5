"""Reading lists: transient failures are tried again, and nothing is ever taken in part."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Final, assert_never

from syncd.digital_river.failures import described
from syncd.digital_river.line import Line
from syncd.digital_river.messages import MOST_IDS, Answer, Request, listing
from syncd.digital_river.onward import (
    PageRefusedError,
    new_cursor,
    page_after,
    unavailable,
    without,
)
from syncd.digital_river.outcomes import Setback, mode_mismatch, unreadable
from syncd.digital_river.wire import Entry, Listed, Page, UnreadableError, read_body
from syncd.domain.change import Resource
from syncd.domain.delivery import Exists, Forbidden, Gone, KeyRefused, Refused, Transient
from syncd.engine.breaker import was_kept_back
from syncd.errors import (
    KeyRefusedError,
    RemoteError,
    RemoteUnreachableError,
    ResourceForbiddenError,
)
from syncd.ports import UNSENT

_TRIES: Final = 5
_TRIES_OF_AN_ERROR: Final = 3
"""A server that answers that it cannot, and does not say when it can, is best asked for less."""
_FIRST_DELAY: Final = 0.5
_LONGEST_DELAY: Final = 8.0
_LONGEST_WAIT: Final = 60.0
"""Seconds; a read that is told to wait longer is given up."""


class Reader:
    """Reads lists under one key; see `ports.Remote` for what it raises."""

    def __init__(self, line: Line, *, live: bool) -> None:
        """Take whether the key acts on live data, which every answer must then show."""
        self._line = line
        self._live = live

    @property
    def waiting(self) -> int:
        """How many requests under this key wait for their turn."""
        return self._line.waiting

    async def every(
        self, resource: Resource, entry: type[Listed], query: Sequence[tuple[str, str]]
    ) -> AsyncIterator[Listed]:
        """Give all objects that match, newest first, page after page.

        A page that another has promised and that brings nothing is no end; see `page_after`.
        """
        limit = ("limit", str(MOST_IDS))
        request = listing(resource, [*query, limit])

        def ask(cursor: str) -> Awaitable[Page[Listed]]:
            onward = [*query, limit, ("startingAfter", cursor)]
            return self.page(listing(resource, onward), entry)

        cursors: set[str] = set()
        page = await self.page(request, entry)
        fresh: Sequence[Listed] = page.data
        while True:
            for found in fresh:
                yield found
            if not page.goes_on(MOST_IDS):
                return
            cursors.add(new_cursor(page, cursors, request))
            is_promised = page.has_more is True
            following = await page_after(page, ask, request, is_promised=is_promised)
            fresh, page = without(page, following), following

    async def page(self, request: Request, entry: type[Entry]) -> Page[Entry]:
        """Read one page, with a few more tries where a failure may pass by itself."""
        tries = errors = 0
        while True:
            got = await self._once(request, entry)
            if isinstance(got, Page):
                return got
            tries, errors = tries + 1, errors + _is_error(got)
            worth_another = tries < _TRIES and errors < _TRIES_OF_AN_ERROR
            if not (isinstance(got, Transient) and worth_another and _may_pass(got)):
                raise _error_of(request, got, tries)
            await self._line.sleep(_delay(got, tries))

    async def _once(self, request: Request, entry: type[Entry]) -> Page[Entry] | Setback:
        answer = await self._line.send(request)
        if not isinstance(answer, Answer):
            return answer
        try:
            page = read_body(Page[entry], answer.body)  # type: ignore[valid-type]  # pydantic builds it
        except UnreadableError as error:
            return unreadable(answer, str(error))
        mismatch = mode_mismatch(page.data, answer.request_id, live=self._live)
        return page if mismatch is None else self._line.refuse_key(mismatch.failure)


def _may_pass(setback: Transient) -> bool:
    return not was_kept_back(setback) and (setback.retry_after or 0.0) <= _LONGEST_WAIT


def _is_error(setback: Setback) -> bool:
    """Whether the server says that it cannot, and not when it can."""
    return (
        isinstance(setback, Transient)
        and setback.retry_after is None
        and (setback.failure.status is not None)
    )


def _came_nowhere(setback: Transient) -> bool:
    """Whether there was no connection to send it on, which no other request will find either."""
    no_answer = setback.failure.status is None and not setback.in_doubt
    return no_answer and not was_kept_back(setback)


def _delay(setback: Transient, tries: int) -> float:
    """Wait as long as was asked for, or at random up to a bound that doubles."""
    if setback.retry_after is not None:
        return setback.retry_after
    return random.uniform(0.0, min(_LONGEST_DELAY, _FIRST_DELAY * 2.0**tries))


def _error_of(request: Request, setback: Setback, tries: int) -> RemoteError:
    came = described(setback.failure)
    match setback:
        case KeyRefused():
            return KeyRefusedError(
                "The API key",
                f"Digital River does not take it ({came})",
                "Check digital_river.api_key and digital_river.base_url; nothing more is sent",
            )
        case Forbidden():
            words = request.resource.value.replace("_", " ")
            return ResourceForbiddenError(
                f"The API key's right to {words}s",
                f"Digital River denies it ({came})",
                "Use a key that has it, or have it given to this one",
            )
        case Transient() if setback == UNSENT:
            return unavailable(
                request, "it was not sent, for a stop came first", "Run again, nothing is lost"
            )
        case Transient():
            times = "" if tries == 1 else f" {tries} times"
            if _came_nowhere(setback):
                return RemoteUnreachableError(
                    f"Digital River, {request}",
                    f"failed{times} ({came})",
                    "Nothing is lost; see whether digital_river.base_url is right; run again later",
                )
            return unavailable(
                request, f"failed{times} ({came})", "Nothing is lost; run again later"
            )
        case Gone() | Exists() | Refused():
            return PageRefusedError(
                f"Digital River, {request}",
                f"was refused ({came})",
                "Check digital_river.base_url and api_version",
            )
        case _:
            assert_never(setback)
