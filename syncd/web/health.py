"""`/healthz` and `/readyz`: whether the daemon lives, and whether its work can be counted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from syncd.service.readiness import Obstacle, ailments, obstacles

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from syncd.web.desk import Desk
    from syncd.web.glimpse import Glimpse

_UNAVAILABLE = 503


def routes(desk: Desk, glimpse: Glimpse) -> list[BaseRoute]:
    """Both of them; strangers are told yes or no."""

    async def healthz(request: Request) -> Response:
        return answer(request, "healthy", ailments(desk.pulse))

    async def readyz(request: Request) -> Response:
        return answer(request, "ready", await hindrances(desk, glimpse))

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def hindrances(desk: Desk, glimpse: Glimpse) -> tuple[Obstacle, ...]:
    """All that keeps the daemon from its work, after a look at the state."""
    found = await glimpse.census()
    state = found if isinstance(found, str) else None
    return obstacles(desk.pulse, desk.settings().schedule, state)


def answer(request: Request, word: str, reasons: Sequence[Obstacle]) -> Response:
    """Say whether the word holds; strangers are told no reasons."""
    status = _UNAVAILABLE if reasons else 200
    told = reasons if request.state.trusted else ()
    if "application/json" in request.headers.get("accept", ""):
        causes = [{"cause": one.cause.value, "words": one.words} for one in told]
        return JSONResponse({word: not reasons, "reasons": causes}, status)
    lines = [f"not {word}" if reasons else word, *(f"{one.cause}: {one.words}" for one in told)]
    return PlainTextResponse("".join(f"{line}\n" for line in lines), status)
