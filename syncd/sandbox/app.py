"""The sandbox as an ASGI application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from syncd.sandbox.control import control_routes
from syncd.sandbox.front_door import FrontDoor, Pauses
from syncd.sandbox.settings import SandboxSettings
from syncd.sandbox.store import SandboxStore


def build_app(settings: SandboxSettings) -> Starlette:
    """Return an application over a fresh account, which `app.state.store` reaches.

    Faults that break connections need the server of `running_sandbox` or `serve`.
    """
    store, pauses = SandboxStore(settings), Pauses()
    app = Starlette(
        routes=[*control_routes(store), Route("/{path:path}", FrontDoor(store, pauses))]
    )
    app.state.store = store
    app.state.pauses = pauses
    return app
