"""What an answer means that no second try would change, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import orjson

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.request import Request
from syncd.errors import CatalogError

_LONGEST: Final = 200
_MOST_READ: Final = 1 << 16
_WORDS: Final = ("message", "error_description", "detail", "title", "error", "errors", "code")
_NEXT_STEPS: Final[dict[int, tuple[str, str]]] = {
    400: ("it refuses the request", "Check catalog.path, params, body and paging"),
    401: ("it does not take the credentials", "Check catalog.auth: the secret may have expired"),
    403: (
        "the credentials do not give the right to read this",
        "Let the credentials of catalog.auth read products, or use others that may",
    ),
    404: ("there is nothing at this address", "Check catalog.url and catalog.path"),
    405: ("it is not to be asked in this way", "Check catalog.method and catalog.path"),
    410: ("there is nothing at this address any more", "Check catalog.url and catalog.path"),
}


def refusal(request: Request, answer: Answer, hide: Callable[[str], str]) -> CatalogError:
    """Put a refusal into words, with the server's own where it has some, secrets hidden."""
    reason, next_step = _NEXT_STEPS.get(
        answer.status, ("it does not give the records", "Check catalog.url and catalog.path")
    )
    said = hide(_said(answer))
    words = f": {said}" if said else ""
    return CatalogError(str(request), f"{reason} ({answer.status}{words})", next_step)


def phrase(value: object) -> str:
    """Find the first sentence in what an API calls an error, whatever shape it has."""
    if isinstance(value, str):
        return _shortened(value)
    if isinstance(value, list):
        return next((said for inner in value if (said := phrase(inner))), "")
    if isinstance(value, dict):
        return next((said for word in _WORDS if (said := phrase(value.get(word)))), "")
    return ""


def _said(answer: Answer) -> str:
    if answer.is_web_page:
        return ""
    with answer.body.open("rb") as body:
        text = body.read(_MOST_READ)
    try:
        return phrase(orjson.loads(text))
    except orjson.JSONDecodeError:
        return HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""


def _shortened(text: str) -> str:
    words = " ".join(text.split()).rstrip(". ")
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
