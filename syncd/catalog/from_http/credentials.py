"""What a request carries to be let in: the same each time, or a token that lasts for a while."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, assert_never

from syncd.catalog.from_http.request import Request
from syncd.config.http_sections import AuthKeys

_AUTHORIZATION: Final = "Authorization"
_EARLY: Final = 0.9
"""The share of its time for which a token is used, so that none ends on its way."""


class Credentials(Protocol):
    """Lets requests in."""

    def on(self, request: Request) -> Request:
        """Give the request with credentials; `CatalogError` where there are none to be had."""

    def renewed(self) -> bool:
        """Throw away what was refused; whether that may help."""

    def hide(self, text: str) -> str:
        """Take out of a server's words what must never be shown."""


@dataclass(frozen=True, slots=True)
class FixedCredentials:
    """The same on every request; with neither header nor parameter, none at all."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def on(self, request: Request) -> Request:
        return request.with_headers(self.headers).with_params(self.params)

    def renewed(self) -> bool:
        return False

    def hide(self, text: str) -> str:
        texts = [*self.headers.values(), *(value for _, value in self.params)]
        return _without(text, *texts, *(value.rpartition(" ")[2] for value in texts))


class TokenCredentials:
    """A token, fetched when it is needed; `fetch` gives it with the seconds that it lasts."""

    def __init__(
        self, header: str | None, fetch: Callable[[], tuple[str, float]], ticks: Callable[[], float]
    ) -> None:
        """Take the header that carries the bare token, None for the usual one."""
        self._header = header
        self._fetch = fetch
        self._ticks = ticks
        self._token = ""
        self._until = 0.0

    def on(self, request: Request) -> Request:
        if not self._token or self._ticks() >= self._until:
            self._token, seconds = self._fetch()
            self._until = self._ticks() + _EARLY * seconds
        return _bearing(self._token, self._header).on(request)

    def renewed(self) -> bool:
        had_one, self._token = bool(self._token), ""
        return had_one

    def hide(self, text: str) -> str:
        return _without(text, self._token)


def fixed_credentials(auth: AuthKeys) -> FixedCredentials:
    """What the configuration says that each request carries; tokens are another matter."""
    secret = auth.secret.get_secret_value() if auth.secret else ""
    match auth.type:
        case "none" | "oauth2":
            return FixedCredentials()
        case "bearer":
            return _bearing(secret, None)
        case "basic":
            return basic_credentials(auth.username or "", secret)
        case "header":
            return _bearing(secret, auth.name)
        case "query":
            return FixedCredentials(params=((auth.name or "", secret),))
        case _:
            assert_never(auth.type)


def basic_credentials(username: str, password: str) -> FixedCredentials:
    """Name and password, as HTTP's Basic scheme writes them."""
    pair = b64encode(f"{username}:{password}".encode()).decode()
    return FixedCredentials({_AUTHORIZATION: f"Basic {pair}"})


def _bearing(token: str, header: str | None) -> FixedCredentials:
    return FixedCredentials({header: token} if header else {_AUTHORIZATION: f"Bearer {token}"})


def _without(text: str, *secrets: str) -> str:
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text
