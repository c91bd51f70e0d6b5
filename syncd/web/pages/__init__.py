"""The pages for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.web.pages.places import Pages
from syncd.web.pages.problems import Handlers, handlers

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from syncd.web.desk import Desk

__all__ = ["Handlers", "handlers", "routes"]


def routes(desk: Desk) -> list[BaseRoute]:
    """What is served to people, over this desk."""
    return Pages(desk).routes()
