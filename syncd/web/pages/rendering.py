"""From a template and what it shows to an answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from syncd.domain.canonical import are_ids
from syncd.report.tokens import LOOKS
from syncd.web.pages.assets import assets

_OURS: Final = "pages"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page; `searched` is what the search field holds."""

    title: str
    account: str
    version: str
    searched: str = ""


def shown(template: str, frame: Frame, view: object, status: int = 200) -> Response:
    """Lay a view out by a template of this room."""
    page = _environment().get_template(f"{_OURS}/{template}")
    return HTMLResponse(page.render(frame=frame, view=view), status)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PrefixLoader(
            {_OURS: PackageLoader("syncd.web.pages"), "report": PackageLoader("syncd.report")}
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["an_id"] = _is_id
    environment.globals["looks"] = {str(role): look for role, look in LOOKS.items()}
    environment.globals["address"] = {name: one.address for name, one in assets().items()}
    return environment


def _is_id(text: str) -> bool:
    """Whether a SKU can have this id: what the catalog calls one may be no id, and has no page."""
    return are_ids([text])
