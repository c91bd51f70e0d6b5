"""A world around a remote: what a test needs to arrange and to see, over HTTP and in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Protocol

from syncd.digital_river.client import DigitalRiver
from syncd.domain.attributes import Attribute, Attributes, ItemId
from syncd.domain.canonical import observed
from syncd.domain.change import Resource
from syncd.domain.delivery import (
    Exists,
    Failure,
    Forbidden,
    Gone,
    KeyRefused,
    Outcome,
    Refused,
    Transient,
)
from syncd.errors import RemoteUnavailableError
from syncd.ports import Remote
from syncd.sandbox import Fault, FaultKind, RunningSandbox
from tests.fakes.remote import FakeRemote

RESOURCES = {
    Resource.INVENTORY_ITEM: "/inventory-items",
    Resource.SKU: "/skus",
    Resource.INVENTORY_LEVEL: "/inventory-levels",
}


class World(Protocol):
    """What lies behind the port."""

    @property
    def remote(self) -> Remote: ...

    def put(self, item: str, values: Attributes) -> None: ...

    def manage(self, item: str) -> None: ...

    def stock(self, item: str) -> None: ...

    def contents(self) -> Mapping[str, Attributes]:
        """All items, with the attributes that have a value."""

    def answer(self, item: str, status: int, *, carried_out: bool = False) -> None:
        """Answer the next change of this id with an error status."""

    def store_otherwise(self, item: str, values: Attributes) -> None:
        """Accept the next change of this id and store other values."""

    def break_reads(self, resource: Resource) -> None:
        """Let every read of this resource fail for now, in a way that may pass."""

    def forbid(self, resource: Resource) -> None:
        """Answer 403 to whatever is about this resource."""


class HttpWorld:
    """The client, and the sandbox at the other end of a socket."""

    def __init__(self, remote: DigitalRiver, sandbox: RunningSandbox) -> None:
        self.remote = remote
        self._store = sandbox.store
        self._faults: list[Fault] = []

    def put(self, item: str, values: Attributes) -> None:
        self._store.seed_items([{"id": item, **_spelled(values)}])

    def manage(self, item: str) -> None:
        self._store.seed_skus([{"id": item, "managedFulfillment": "DRGlobalFulfillment"}])

    def stock(self, item: str) -> None:
        self._store.seed_levels([{"inventoryItemId": item, "availableQuantity": 3}])

    def contents(self) -> Mapping[str, Attributes]:
        return {item: _read(values) for item, values in self._store.items().items()}

    def answer(self, item: str, status: int, *, carried_out: bool = False) -> None:
        kind = FaultKind.STATUS
        self._strike(Fault(kind=kind, status=status, id=item, count=1, carried_out=carried_out))

    def store_otherwise(self, item: str, values: Attributes) -> None:
        self._strike(Fault(kind=FaultKind.OTHER, id=item, count=1, values=_spelled(values)))

    def break_reads(self, resource: Resource) -> None:
        self._strike(Fault(kind=FaultKind.STATUS, status=503, path=RESOURCES[resource]))

    def forbid(self, resource: Resource) -> None:
        self._strike(Fault(kind=FaultKind.STATUS, status=403, path=f"{RESOURCES[resource]}*"))

    def _strike(self, fault: Fault) -> None:
        self._faults.append(fault)
        self._store.set_faults(self._faults)


class FakeWorld:
    """The fake is a world by itself."""

    def __init__(self) -> None:
        self.remote = FakeRemote()

    def put(self, item: str, values: Attributes) -> None:
        self.remote.put(item, values)

    def manage(self, item: str) -> None:
        self.remote.managed_ids.add(ItemId(item))

    def stock(self, item: str) -> None:
        self.remote.stocked_ids.add(ItemId(item))

    def contents(self) -> Mapping[str, Attributes]:
        return {item: _with_value(values) for item, values in self.remote.contents.items()}

    def answer(self, item: str, status: int, *, carried_out: bool = False) -> None:
        self.remote.script(item, _OUTCOMES[status], carried_out=carried_out)

    def store_otherwise(self, item: str, values: Attributes) -> None:
        self.remote.store_otherwise(item, values)

    def break_reads(self, resource: Resource) -> None:
        error = RemoteUnavailableError("Digital River", "it answered 503", "Run again later")
        self.remote.read_errors[resource] = deque([error])

    def forbid(self, resource: Resource) -> None:
        self.remote.forbidden.add(resource)


def _failure(status: int) -> Failure:
    return Failure(status, f"code-{status}", "as the test has it", request_id="request-0")


_OUTCOMES: Mapping[int, Outcome] = {
    400: Refused(_failure(400)),
    401: KeyRefused(_failure(401)),
    403: Forbidden(_failure(403)),
    404: Gone(_failure(404)),
    408: Transient(_failure(408), in_doubt=True),
    409: Exists(_failure(409)),
    429: Transient(_failure(429), in_doubt=False, retry_after=1.0),
    500: Transient(_failure(500), in_doubt=True),
    503: Transient(_failure(503), in_doubt=True),
}


def _spelled(values: Attributes) -> dict[str, str | bool | None]:
    return {name.value: value for name, value in values.items()}


def _read(values: Mapping[str, object]) -> Attributes:
    return _with_value({name: observed(name, values.get(name)) for name in Attribute})


def _with_value(values: Attributes) -> Attributes:
    return {name: value for name, value in values.items() if value is not None}


def numbered(prefix: str, count: int) -> Iterable[ItemId]:
    """Give ids `prefix-0`, `prefix-1` and so on."""
    return (ItemId(f"{prefix}-{number}") for number in range(count))
