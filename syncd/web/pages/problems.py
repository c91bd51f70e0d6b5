"""Pages that say what is wrong, and what to do: not found, state unreadable, a mistake of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from syncd.report.tokens import Role
from syncd.report.wording import visible
from syncd.web.pages.headline import trouble_words
from syncd.web.pages.needs import Trouble, troubles
from syncd.web.pages.rendering import Frame, shown
from syncd.web.pages.watch import watch

if TYPE_CHECKING:
    from syncd.errors import SyncdError
    from syncd.web.desk import Desk

Handlers: TypeAlias = Mapping[int | type[Exception], Callable[[Request, Exception], Response]]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Problem:
    """What the page says; `command` is empty where none helps, `retry` where none is worth it."""

    words: str
    reason: str
    next_step: str
    command: str = ""
    troubles: tuple[Trouble, ...] = ()
    retry: str = ""
    role: Role = Role.FAILED


def handlers(desk: Desk) -> Handlers:
    """What answers people where no page does."""

    def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        problem = _REFUSALS.get(status) or _otherwise(status)
        if "text/html" in request.headers.get("accept", ""):
            return _page(desk, status, problem)
        return PlainTextResponse(f"{problem.words} {problem.next_step}\n", status)

    return {HTTPException: refused}


def mistaken(desk: Desk, path: str, bug: Exception) -> Response:
    """Say that a page could not be made, for a mistake of ours, and log what it is."""
    _log.error("web.bug", path=path, exc_info=bug)
    return _page(desk, 500, _MISTAKE)


def unreadable(desk: Desk, path: str, error: SyncdError) -> Response:
    """Say that the state cannot be read, and how the daemon stands all the same."""
    now = watch(desk, None, str(error))
    problem = Problem(
        words=trouble_words(now) or "The state cannot be read.",
        reason=visible(f"{error.thing}: {error.reason}."),
        next_step=visible(f"{error.next_step}."),
        command="syncd check",
        troubles=tuple(one for one in troubles(now) if one.words != visible(str(error))),
        retry=path,
    )
    return _page(desk, 503, problem)


def unfinished(desk: Desk, path: str) -> Response:
    """Say that a cycle is still at work; the page becomes its report when it has ended."""
    doing = desk.pulse.doing
    problem = Problem(
        words="This cycle is still going on.",
        reason="" if doing.is_idle else visible(f"Now: {doing}."),
        next_step="Its report is here when it has ended.",
        retry=path,
        role=Role.PENDING,
    )
    return _page(desk, 200, problem)


def not_found(desk: Desk, error: SyncdError) -> Response:
    """Say that there is no such thing."""
    reason, step = visible(f"{error.thing}: {error.reason}."), visible(f"{error.next_step}.")
    return _page(desk, 404, Problem("There is no such page.", reason, step))


def _page(desk: Desk, status: int, problem: Problem) -> Response:
    frame = Frame(problem.words.rstrip("."), desk.account_words, desk.version)
    return shown("problem.html", frame, problem, status)


def _otherwise(status: int) -> Problem:
    return Problem(
        f"That cannot be: {HTTPStatus(status).phrase}.", "", "Go back to the status page."
    )


_REFUSALS: Mapping[int, Problem] = {
    404: Problem(
        "There is no such page.",
        "Nothing is served at this address.",
        "Go to the status page, or search for an id.",
    )
}
_MISTAKE = Problem(
    "This page could not be made.",
    "That is a mistake in syncd; its work goes on.",
    "Report it, with what its log says:",
    "journalctl -u syncd -n 50",
)
