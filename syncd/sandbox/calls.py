"""One request as the sandbox sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

import orjson

TEST_KEY = "sk_test_"


@dataclass(frozen=True, slots=True)
class Call:
    """A request with its path taken apart; header names are in small letters.

    `arrived` is monotonic seconds. `resource` is the path's first part, `id` its second; a longer
    path has `stray` set and belongs to nothing.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    arrived: float
    resource: str
    id: str | None
    stray: bool

    @property
    def key(self) -> str | None:
        """The bearer key, or None where there is none."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" and key.strip() else None

    @property
    def live(self) -> bool:
        """Whether the key acts on live data, which every answer tells as `liveMode`."""
        return not (self.key or "").startswith(TEST_KEY)

    def body_id(self) -> str | None:
        """Return the `id` inside a JSON body, for faults that aim at one resource."""
        if not self.body:
            return None
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None
        found = value.get("id") if isinstance(value, dict) else None
        return found if isinstance(found, str) else None

    def parameters(self) -> dict[str, list[str]]:
        """Return the query's parameters, each with all its values in order."""
        return parse_qs(self.query, keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class RawRequest:
    """What the wire brought, before anything is made of it."""

    method: str
    path: str
    query: bytes
    headers: Iterable[tuple[bytes, bytes]]
    body: bytes
    arrived: float


def read_call(raw: RawRequest) -> Call:
    """Take a request apart; nothing is checked yet."""
    resource, *rest = raw.path.lstrip("/").split("/")
    return Call(
        method=raw.method,
        path=raw.path,
        query=raw.query.decode("latin-1"),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in raw.headers},
        body=raw.body,
        arrived=raw.arrived,
        resource=resource,
        id=rest[0] if rest else None,
        stray=len(rest) > 1,
    )
