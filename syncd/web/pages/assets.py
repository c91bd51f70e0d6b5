"""The style and the scripts of the pages: from this machine alone, and kept by the browser."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from syncd.report import html

if TYPE_CHECKING:
    from starlette.requests import Request

PATH: Final = "/static/"
_FOREVER: Final = "public, max-age=31536000, immutable"
"""The address of an asset changes with what is in it."""
_SCRIPT: Final = "text/javascript"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent; `version` is short for its bytes."""

    name: str
    media_type: str
    content: bytes

    @property
    def address(self) -> str:
        """Where a page asks for it."""
        version = hashlib.blake2b(self.content, digest_size=6).hexdigest()
        return f"{PATH}{self.name}?{version}"


async def asset(request: Request) -> Response:
    """Send one asset; 404 for every other name."""
    found = assets().get(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    return Response(found.content, media_type=found.media_type, headers={"Cache-Control": _FOREVER})


@cache
def assets() -> Mapping[str, Asset]:
    """All of them by name."""
    every = (
        Asset("style.css", "text/css", (html.stylesheet() + _own("pages.css")).encode()),
        Asset("htmx.js", _SCRIPT, _own("htmx.min.js").encode()),
        Asset("morph.js", _SCRIPT, _own("idiomorph-ext.min.js").encode()),
        Asset("pages.js", _SCRIPT, (html.asset("basics.js") + _own("pages.js")).encode()),
    )
    return {one.name: one for one in every}


def _own(name: str) -> str:
    return files("syncd.web.pages").joinpath("static", name).read_text(encoding="utf-8")
