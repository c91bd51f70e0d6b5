"""Where people say the token, once a week."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from syncd.web.access import COOKIE, SESSION
from syncd.web.bodies import body_within
from syncd.web.gate import LOGIN, Keys, access
from syncd.web.pages.assets import assets

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from syncd.config import ServiceSettings

_MOST: Final = 4_096
_HOME: Final = "/"
_WRONG: Final = '<p role="alert">That was not the token.</p>\n'
_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}">
<title>Sign in · syncd</title>
</head>
<body>
<header class="top"><span class="brand">syncd</span></header>
<main>
<section class="answer">
<h1>Say the token to come in</h1>
<p id="about">It is what <code>{key}</code> says.</p>
{wrong}<form class="toolbar" method="post" action="{action}">
<input type="hidden" name="next" value="{target}">
<label for="token" class="hidden-text">Token</label>
<input type="password" id="token" name="token" aria-describedby="about"
 autocomplete="current-password" required autofocus>
<button>Sign in</button>
</form>
</section>
</main>
</body>
</html>
"""


def routes(
    service: Callable[[], ServiceSettings], now: Callable[[], datetime], keys: Keys
) -> list[BaseRoute]:
    """The form and its answer."""

    async def show(request: Request) -> Response:
        return _form(keys, _own(request.query_params.get("next", "")))

    async def enter(request: Request) -> Response:
        fields = parse_qs((await body_within(request, _MOST)).decode("utf-8", "replace"))
        target = _own(_first(fields, "next"))
        door = access(service())
        if not door.is_token(_first(fields, "token")):
            return _form(keys, target, wrong=_WRONG, status=401)
        entered = RedirectResponse(target, 303)
        entered.set_cookie(
            COOKIE,
            door.cookie(now()),
            max_age=int(SESSION.total_seconds()),
            secure=request.headers.get("x-forwarded-proto") == "https",
            httponly=True,
            samesite="strict",
        )
        return entered

    return [Route(LOGIN, show), Route(LOGIN, enter, methods=["POST"])]


def _form(keys: Keys, target: str, wrong: str = "", status: int = 200) -> Response:
    """With a referrer for ourselves, for without one a browser does not say whose form it sends."""
    style = assets()["style.css"].address
    page = _PAGE.format(
        style=style, action=LOGIN, target=escape(target), wrong=wrong, key=keys.token
    )
    return HTMLResponse(page, status, {"Referrer-Policy": "same-origin"})


def _first(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _own(target: str) -> str:
    """A path of ours: two slashes, a backslash or a whole address would lead away."""
    is_path = target.startswith("/") and target.isprintable() and "\\" not in target
    return target if is_path and not target.startswith("//") else _HOME
