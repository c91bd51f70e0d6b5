"""From one page of a list to the next: what was promised must come, or the list is broken off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, TypeAlias

from syncd.digital_river.messages import Request
from syncd.digital_river.wire import Listed, Page
from syncd.errors import RemoteUnavailableError

Ask: TypeAlias = Callable[[str], Awaitable[Page[Listed]]]
"""Asks for the page behind the object with this id."""

_CURSORS: Final = 3
"""How many objects at the end of a page are tried as the place to go on from."""


class PageRefusedError(RemoteUnavailableError):
    """A page was refused for what was asked, such as a cursor whose object is no more."""


async def page_after(
    page: Page[Listed], ask: Ask[Listed], request: Request, *, is_promised: bool
) -> Page[Listed]:
    """The next page, which must not be empty; it may repeat the end of the page before it.

    A cursor whose object was deleted is refused, or nothing comes after it: it gives way to the one
    before. Where no more was promised, the page's last object must come. Raises what `request` met
    with where nothing comes after any of them.
    """
    cursors = [one.id for one in reversed(page.data)][0 if is_promised else 1 :]
    refusal: RemoteUnavailableError | None = None
    for cursor in cursors[:_CURSORS]:
        try:
            found = await ask(cursor)
        except PageRefusedError as error:
            refusal = error
        else:
            if found.data:
                return found
    raise refusal or broken_off(request)


def new_cursor(page: Page[Listed], before: AbstractSet[str], request: Request) -> str:
    """The last id of a page that promises more; one that has come before leads in circles."""
    cursor = page.data[-1].id if page.data else None
    if cursor is None or cursor in before:
        raise endless(request)
    return cursor


def without(before: Page[Listed], page: Page[Listed]) -> Sequence[Listed]:
    """What a page has that the page before it did not have."""
    known = {one.id for one in before.data}
    return [one for one in page.data if one.id not in known]


def endless(request: Request) -> RemoteUnavailableError:
    """What is wrong with a list whose cursors lead nowhere."""
    return unavailable(
        request, "its pages lead back to where they began", "Run again later, or tell Digital River"
    )


def broken_off(request: Request) -> RemoteUnavailableError:
    """What is wrong with a list that ends where there must be more of it."""
    return unavailable(
        request, "its pages end before the list does", "Run again later, or tell Digital River"
    )


def unavailable(request: Request, reason: str, next_step: str) -> RemoteUnavailableError:
    """What is wrong with a request, and what to do."""
    return RemoteUnavailableError(f"Digital River, {request}", reason, next_step)
