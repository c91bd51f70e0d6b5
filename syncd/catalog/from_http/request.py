"""What is asked of an API: one request, put together step by step."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, Union
from urllib.parse import urlencode, urljoin, urlsplit

from syncd.config import HttpKeys
from syncd.errors import CatalogError

JsonValue: TypeAlias = Union["dict[str, JsonValue]", "list[JsonValue]", str, int, float, bool, None]
"""What JSON can hold."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; what is `bare` carries no credentials, and so may lead anywhere.

    `unless` is the identity of a document that need not come as long as it shows this one.
    """

    method: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: JsonValue = None
    form: tuple[tuple[str, str], ...] = ()
    bare: bool = False
    unless: str = ""

    def __str__(self) -> str:
        """Name it in messages: without the query, where a token may stand."""
        return f"{self.method} {shown(self.url)}"

    @property
    def address(self) -> str:
        """The URL with the parameters."""
        if not self.params:
            return self.url
        between = "&" if urlsplit(self.url).query else "?"
        return f"{self.url}{between}{urlencode(self.params)}"

    @property
    def content(self) -> tuple[str, bytes] | None:
        """The body as it is sent, after its media type."""
        if self.form:
            return "application/x-www-form-urlencoded", urlencode(self.form).encode()
        if self.body is None:
            return None
        return "application/json", json.dumps(self.body).encode()

    def with_params(self, params: Iterable[tuple[str, str]]) -> Request:
        """Add parameters to the address; those of the same name stay."""
        return replace(self, params=(*self.params, *params))

    def with_headers(self, headers: Mapping[str, str]) -> Request:
        """Add headers."""
        return replace(self, headers={**self.headers, **headers})

    def with_value(self, place: str, value: JsonValue) -> Request:
        """Put a value into the body at a place such as `variables.after`."""
        body = copy.deepcopy(self.body) if isinstance(self.body, dict) else {}
        *tables, name = place.split(".")
        table = body
        for key in tables:
            inner = table.setdefault(key, {})
            if not isinstance(inner, dict):
                inner = table[key] = {}
            table = inner
        table[name] = value
        return replace(self, body=body)

    def at(self, url: str) -> Request:
        """Ask at another address, whole or relative to this one, whose parameters it has.

        Raises `CatalogError` where that is none.
        """
        if not is_address(url, self.url):
            raise CatalogError(
                shown(self.url),
                "it leads on to something that is no address",
                "Run again later; if it stays so, check catalog.url and catalog.paging",
            )
        return replace(self, url=urljoin(self.url, url), params=())


def first_requests(settings: HttpKeys) -> tuple[Request, ...]:
    """The request for each of the configured paths, without credentials and paging."""
    params = [(name, value) for name, values in settings.params.items() for value in values]
    return tuple(
        Request(
            settings.method,
            joined(settings.url, path),
            tuple(params),
            dict(settings.headers),
            as_json(settings.body) if settings.method == "POST" else None,
        )
        for path in settings.path
    )


def joined(url: str, path: str) -> str:
    """Append a path, and the parameters in it, to an address that may have some of its own."""
    if not path:
        return url
    base, mark, query = url.partition("?")
    path, own_mark, own_query = path.partition("?")
    both = "&".join(part for part in (query, own_query) if part)
    return f"{base.rstrip('/') if path else base}{path}{(mark or own_mark) and '?'}{both}"


def as_json(value: object) -> JsonValue:
    """Copy what a configuration holds into plain lists and tables."""
    if isinstance(value, Mapping):
        return {str(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool) else None


def filled(value: JsonValue, mark: str, text: str) -> JsonValue:
    """Put a text in the place of a mark, wherever it stands in texts."""
    if isinstance(value, str):
        return value.replace(mark, text)
    if isinstance(value, dict):
        return {key: filled(inner, mark, text) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, mark, text) for inner in value]
    return value


def is_address(url: str, base: str = "") -> bool:
    """Whether a text is an address at all, whole or relative to another one."""
    try:
        there = urljoin(base, url)
        _ = urlsplit(there).port  # raises where it is no number
    except ValueError:
        return False
    return there.isprintable()


def shown(url: str) -> str:
    """Render an address without user, query and fragment, in which secrets may stand."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def is_same_place(one: str, other: str) -> bool:
    """Whether both addresses are of one host and port, and the second is no less private."""
    here, there = urlsplit(one), urlsplit(other)
    if here.scheme == "http" and there.scheme == "https" and not (here.port or there.port):
        return here.hostname == there.hostname
    return (here.scheme, here.hostname, _port(one)) == (there.scheme, there.hostname, _port(other))


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
