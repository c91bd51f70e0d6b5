"""What goes to Digital River and what comes back, before anyone says what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import orjson

from syncd.domain.attributes import Attribute, ItemId, Value
from syncd.domain.change import Action, Change, Resource
from syncd.domain.delivery import Failure, Refused, Transient, Verb

MOST_IDS: Final = 100
"""How many ids a filter takes, objects a page holds and levels an answer has."""

LONGEST_QUERY: Final = 4000
"""How many characters of ids a request names; gateways take 8 KB in all, as a rule."""

PATHS: Final = {
    Resource.INVENTORY_ITEM: "/inventory-items",
    Resource.SKU: "/skus",
    Resource.INVENTORY_LEVEL: "/inventory-levels",
    Resource.EVENT: "/events",
}
_METHODS: Final = {
    Verb.LOOK_UP: "GET",
    Verb.CREATE: "POST",
    Verb.UPDATE: "POST",
    Verb.DELETE: "DELETE",
}
_VERBS: Final = {
    Action.CREATE: Verb.CREATE,
    Action.UPDATE: Verb.UPDATE,
    Action.DELETE: Verb.DELETE,
}


_JSON: Final = frozenset({Attribute.WEIGHT, Attribute.METADATA})


@dataclass(frozen=True, slots=True)
class Request:
    """One call; the key, the version and the ids that trace it are the transport's to add."""

    verb: Verb
    resource: Resource
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return _METHODS[self.verb]

    def __str__(self) -> str:
        """Name the call without its query, which may be long."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer, whatever its status; `retry_after` is the header as it came."""

    status: int
    body: bytes
    request_id: str | None
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """No whole answer came; `in_doubt` where the request may have reached Digital River."""

    code: str
    message: str
    in_doubt: bool

    def as_outcome(self) -> Transient:
        """Nothing is known, or nothing was done."""
        return Transient(Failure(None, self.code, self.message), in_doubt=self.in_doubt)


@dataclass(frozen=True, slots=True)
class Unsendable:
    """A request that HTTP has no way to write, now or later."""

    message: str

    def as_outcome(self) -> Refused:
        """Nothing was done, and nothing will be until the data changes."""
        return Refused(Failure(None, "not_sendable", self.message))


def request_for(change: Change) -> Request:
    """Write the call that carries a change out; a create leaves out what has no value."""
    verb, path = _VERBS[change.action], PATHS[change.resource]
    match change.action:
        case Action.CREATE:
            values = {name: value for name, value in change.payload().items() if value is not None}
            return Request(verb, change.resource, path, body=_body({"id": change.id}, values))
        case Action.UPDATE:
            body = _body({}, change.payload())
            return Request(verb, change.resource, _path_of(change.id, path), body=body)
        case Action.DELETE:
            return Request(verb, change.resource, _path_of(change.id, path))


def listing(resource: Resource, query: Sequence[tuple[str, str]]) -> Request:
    """Write the call that lists objects of a resource."""
    return Request(Verb.LOOK_UP, resource, PATHS[resource], tuple(query))


def fitting(name: str, ids: Sequence[ItemId]) -> Iterator[Sequence[ItemId]]:
    """Cut ids into slices that fit the URL of one request as values of this parameter."""
    start = length = 0
    for place, item in enumerate(ids):
        added = len(name) + len(quote(item, safe="")) + 2
        if place > start and length + added > LONGEST_QUERY:
            yield ids[start:place]
            start, length = place, 0
        length += added
    if ids:
        yield ids[start:]


def _body(identity: Mapping[str, str], values: Mapping[Attribute, Value]) -> bytes:
    body = {name.value: _on_the_wire(name, value) for name, value in values.items()}
    return orjson.dumps({**identity, **body})


def _on_the_wire(attribute: Attribute, value: Value) -> object:
    """Weights are numbers and metadata is an object; in canonical form both are written as JSON."""
    return orjson.Fragment(value) if attribute in _JSON and isinstance(value, str) else value


def _path_of(item: ItemId, folder: str) -> str:
    return f"{folder}/{quote(item, safe='')}"
