"""OAuth 2 client credentials (RFC 6749, 4.4): client id and secret in exchange for a token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.credentials import (
    Credentials,
    FixedCredentials,
    TokenCredentials,
    basic_credentials,
    fixed_credentials,
)
from syncd.catalog.from_http.documents import read_document, whole_number
from syncd.catalog.from_http.line import Line
from syncd.catalog.from_http.request import Request
from syncd.catalog.from_http.setback import Setback
from syncd.config.http_sections import AuthKeys

_GRANT: Final = ("grant_type", "client_credentials")
_USUAL_SECONDS: Final = 300.0
"""How long a token is used that comes without a word on how long it lasts."""


def credentials_for(
    auth: AuthKeys, line_with: Callable[[Credentials], Line], ticks: Callable[[], float]
) -> Credentials:
    """Choose what requests for records carry; `line_with` makes the line that tokens come over."""
    if auth.type != "oauth2":
        return fixed_credentials(auth)
    line, request = line_with(_client(auth)), token_request(auth)
    return TokenCredentials(auth.name, lambda: line.ask(request, _token_in), ticks)


def token_request(auth: AuthKeys) -> Request:
    """Ask for a token."""
    scope = (("scope", auth.scope),) if auth.scope else ()
    client = (("client_id", auth.username or ""), ("client_secret", _secret(auth)))
    form = (_GRANT, *scope, *(client if auth.client_in == "body" else ()))
    return Request("POST", auth.token_url or "", form=form)


def _client(auth: AuthKeys) -> FixedCredentials:
    if auth.client_in == "body":
        return FixedCredentials()
    return basic_credentials(auth.username or "", _secret(auth))


def _secret(auth: AuthKeys) -> str:
    return auth.secret.get_secret_value() if auth.secret else ""


def _token_in(answer: Answer) -> tuple[str, float]:
    document = read_document(answer)
    token = document.get("access_token") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(token, str) or not token.isprintable():
        raise Setback("its answer has no access_token")
    return token, float(whole_number(document.get("expires_in")) or _USUAL_SECONDS)
