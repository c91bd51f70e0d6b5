"""The application that the server runs: pages, health, metrics and webhooks over one desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from syncd.web import health, login
from syncd.web.desk import Desk
from syncd.web.gate import Gate, Keys, wants_page
from syncd.web.glimpse import Glimpse
from syncd.web.hooks import Hooks
from syncd.web.metrics import Metrics
from syncd.web.pages import handlers, routes

if TYPE_CHECKING:
    from starlette.requests import Request

    from syncd.config import ServiceSettings


def application(desk: Desk) -> Gate:
    """Join all that is served, behind the gate."""
    glimpse, hooks, keys = Glimpse(desk.state), Hooks(desk), Keys()

    def service() -> ServiceSettings:
        return desk.settings().service

    served = Starlette(
        routes=[
            *health.routes(desk, glimpse),
            *Metrics(desk, glimpse, hooks).routes(),
            *hooks.routes(),
            *login.routes(service, desk.now, keys),
            *routes(desk),
        ],
        exception_handlers={kind: _in_their_form(page) for kind, page in handlers(desk).items()},
    )
    return Gate(served, service, desk.now, keys)


def _in_their_form(
    page: Callable[[Request, Exception], Response],
) -> Callable[[Request, Exception], Response]:
    """Show people a page, and tell programs in a line what was wrong with what they sent."""

    def told(request: Request, error: Exception) -> Response:
        if wants_page(request) or not isinstance(error, HTTPException):
            return page(request, error)
        return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)

    return told
