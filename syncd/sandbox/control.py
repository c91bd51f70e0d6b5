"""The control calls under `/_sandbox/`, for tests that run the sandbox as its own process."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syncd.sandbox.answers import JSON
from syncd.sandbox.errors import SandboxError, SandboxSettingsError
from syncd.sandbox.faults import faults_from_json
from syncd.sandbox.seeds import Seed
from syncd.sandbox.store import SandboxStore

if TYPE_CHECKING:
    from pydantic import JsonValue

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def control_routes(store: SandboxStore) -> list[Route]:
    """Return the routes that read and change the store without a key."""
    return [
        Route("/_sandbox/faults", _replace_faults(store), methods=["PUT"]),
        Route("/_sandbox/requests", _read(_requests(store)), methods=["GET"]),
        Route("/_sandbox/requests", _do(store.clear_requests), methods=["DELETE"]),
        Route("/_sandbox/statistics", _read(store.statistics), methods=["GET"]),
        Route("/_sandbox/items", _read(store.items), methods=["GET"]),
        Route("/_sandbox/skus", _read(store.skus), methods=["GET"]),
        Route("/_sandbox/items", _seed(store.seed_items), methods=["PUT"]),
        Route("/_sandbox/skus", _seed(store.seed_skus), methods=["PUT"]),
        Route("/_sandbox/levels", _seed(store.seed_levels), methods=["PUT"]),
        Route("/_sandbox/reset", _do(store.reset), methods=["POST"]),
    ]


def _requests(store: SandboxStore) -> Callable[[], object]:
    return lambda: [entry.as_json() for entry in store.requests()]


def _read(value: Callable[[], object]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return _guarded(request, lambda: _json(200, value()))

    return endpoint


def _do(action: Callable[[], None]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return _guarded(request, lambda: _done(action))

    return endpoint


def _seed(put: Callable[[Iterable[Seed]], None]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        return _guarded(request, lambda: _done(lambda: put(_seeds(body))))

    return endpoint


def _replace_faults(store: SandboxStore) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        return _guarded(request, lambda: _done(lambda: store.set_faults(faults_from_json(body))))

    return endpoint


def _guarded(request: Request, answer: Callable[[], Response]) -> Response:
    """Answer a caller on this machine, and tell it what was wrong with what it sent."""
    if request.client is not None and not ipaddress.ip_address(request.client.host).is_loopback:
        return Response(status_code=403)
    try:
        return answer()
    except SandboxError as error:
        return _json(400, {"message": str(error)})


def _seeds(body: bytes) -> list[Seed]:
    """Read a JSON array of objects, or an object of them by id, as `GET` returns it."""
    try:
        value = cast("JsonValue", orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise _no_seeds("it is not valid JSON") from error
    if isinstance(value, dict):
        value = [
            {"id": name, **seed} if isinstance(seed, dict) else seed for name, seed in value.items()
        ]
    if not isinstance(value, list):
        raise _no_seeds("it is neither an array nor an object")
    seeds = [seed for seed in value if isinstance(seed, dict)]
    if len(seeds) < len(value):
        raise _no_seeds("not every entry is an object")
    return list(seeds)


def _no_seeds(reason: str) -> SandboxSettingsError:
    return SandboxSettingsError("Body", reason, "Send a JSON array of objects")


def _done(action: Callable[[], None]) -> Response:
    action()
    return Response(status_code=204)


def _json(status: int, value: object) -> Response:
    return Response(orjson.dumps(value), status_code=status, media_type=JSON)
