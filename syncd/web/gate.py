"""What every request passes: the name it was sent to, where it came from, and who sent it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from syncd.config.addresses import host_and_port, is_loopback
from syncd.config.values import OFF
from syncd.web.access import COOKIE, Access
from syncd.web.security import HEADERS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from syncd.config import ServiceSettings

LOGIN: Final = "/login"
_OPEN: Final = frozenset({"/healthz", "/readyz", LOGIN})
"""What answers everybody; health tells strangers no details."""
_ASSETS: Final = "/static/"
_HOOKS: Final = ("/hooks/", "/webhooks/")
"""What looks at a token or a signature itself, and is meant to be reached from elsewhere."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN: Final = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class Keys:
    """Where people set what the gate goes by, in words."""

    hosts: str = "service.hosts"
    token: str = "service.token"  # noqa: S105 - the key, not the token


@dataclass(frozen=True, slots=True)
class Gate:
    """Passes on what may pass, and puts headers on every answer.

    `request.state.trusted` says that who asks is known, and `request.state.of_its_own` that no page
    of somebody else has made the browser ask.
    """

    app: ASGIApp
    service: Callable[[], ServiceSettings]
    now: Callable[[], datetime]
    keys: Keys = field(default_factory=Keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        sending = _with_headers(send)
        refusal = self._refusal(request)
        if refusal is None:
            await self.app(scope, receive, sending)
        else:
            await refusal(scope, receive, sending)

    def _refusal(self, request: Request) -> Response | None:
        service, path = self.service(), request.url.path
        request.state.trusted = self._trusts(request)
        request.state.of_its_own = _is_of_its_own(service, request)
        if path.startswith(_HOOKS):
            return None
        if not _is_meant(service, request):
            return _refused(
                421,
                f"syncd does not serve under the name {_host(request)!r}."
                f" Use an address of this machine, or add the name to {self.keys.hosts}.",
            )
        if request.method not in _SAFE and not _is_own(service, request):
            return _refused(403, "This was sent by a page of somebody else.")
        if request.state.trusted or path in _OPEN or path.startswith(_ASSETS):
            return None
        return _unknown(request, self.keys)

    def _trusts(self, request: Request) -> bool:
        said, carried = request.headers.get("authorization", ""), request.cookies.get(COOKIE, "")
        return access(self.service()).admits(said, carried, self.now())


def access(service: ServiceSettings) -> Access:
    """The token as it is configured now."""
    return Access(None if service.token is None else service.token.get_secret_value())


def wants_page(request: Request) -> bool:
    """Whether a person asks, by way of a browser."""
    return "text/html" in request.headers.get("accept", "")


def _host(request: Request) -> str:
    """The name that the request was sent to, without its port; empty where it makes no sense."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _is_meant(service: ServiceSettings, request: Request) -> bool:
    """Whether the name is one of ours: others may be made to lead here by whoever owns them.

    Where it is not only this machine that gets in, the token keeps such pages out.
    """
    if service.listen != OFF and not is_loopback(host_and_port(service.listen)[0]):
        return True
    host = _host(request)
    return is_loopback(host) or host in {one.lower() for one in service.hosts}


def _is_own(service: ServiceSettings, request: Request) -> bool:
    """Whether a request that changes something comes from a page of ours, or from no page."""
    says_nothing = {"sec-fetch-site", "origin"}.isdisjoint(request.headers)
    if says_nothing and "cookie" in request.headers:
        return False
    return _is_of_its_own(service, request)


def _is_of_its_own(service: ServiceSettings, request: Request) -> bool:
    """Whether no page of somebody else has asked, as far as the browser tells.

    At this machine's own names every browser does; elsewhere the token keeps such pages out.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in _OWN
    if origin is None:
        return True
    sender = urlsplit(origin)
    own_names = {one.lower() for one in service.hosts}
    return sender.netloc == request.headers.get("host") or sender.hostname in own_names


def _unknown(request: Request, keys: Keys) -> Response:
    """Show people where to say the token, and tell programs how."""
    if request.method in _SAFE and wants_page(request):
        target = quote(request.url.path)
        return RedirectResponse(f"{LOGIN}?next={target}", 303)
    words = f"Say the token, as in: Authorization: Bearer TOKEN ({keys.token})."
    return PlainTextResponse(f"{words}\n", 401, {"WWW-Authenticate": "Bearer"})


def _refused(status: int, words: str) -> Response:
    return PlainTextResponse(f"{words}\n", status)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
