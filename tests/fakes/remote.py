"""Digital River in memory: items, managed and stocked ids, and outcomes that a test scripts."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from syncd.domain.attributes import ITEM_ATTRIBUTES, Attribute, Attributes, ItemId, Value
from syncd.domain.change import SYNCED, Action, Change, Resource
from syncd.domain.delivery import (
    Accepted,
    Exists,
    Failure,
    Forbidden,
    Gone,
    KeyRefused,
    Outcome,
    Refused,
)
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.level import Level, LevelFilter, Levels
from syncd.domain.listing import CountedSpan
from syncd.errors import (
    KeyRefusedError,
    RemoteError,
    RemoteUnavailableError,
    ResourceForbiddenError,
)
from syncd.ports import UNSENT, Permit, TakeItems, TakePairedSkus

MOST_IDS: Final = 100
SERVER_FILLS: Final[Mapping[Attribute, Value]] = {
    Attribute.MANUFACTURER_ID: "default-manufacturer",
    Attribute.ALLOW_OVERSELL: False,
}
FIRST_MOMENT: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the port, by its name; `ids` of what it was about, `change` if it wrote."""

    name: str
    ids: tuple[ItemId, ...] = ()
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What becomes of one change: carried out or not, stored otherwise, answered otherwise.

    Without an `outcome` the answer is the true one; `values` are stored over what was sent.
    """

    outcome: Outcome | None = None
    carried_out: bool = False
    values: Attributes = field(default_factory=dict)


async def _at_once(change: Change) -> None:
    """Let other tasks run while the change is in flight."""
    await asyncio.sleep(0)


async def _nothing() -> None:
    """Nothing happens in between."""


@dataclass(slots=True)
class FakeRemote:
    """The `Remote` port; tests read and change every field.

    `read_errors` are raised by reads of that resource, once each, before anything is answered;
    `forbidden` resources always answer 403, questions about `poison` ids always fail. What is
    called waits for `gate` before it departs. `meanwhile` happens while items are listed, and
    `on_the_way` is awaited while a change is in flight.
    `together` is the most changes that ever were; two of one id at the same time fail the test.
    """

    contents: dict[ItemId, dict[Attribute, Value]] = field(default_factory=dict)
    sku_contents: dict[ItemId, dict[Attribute, Value]] = field(default_factory=dict)
    managed_ids: set[ItemId] = field(default_factory=set)
    stocked_ids: set[ItemId] = field(default_factory=set)
    forbidden: set[Resource] = field(default_factory=set)
    key_refused: Failure | None = None
    read_errors: dict[Resource, deque[RemoteError]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    shelves: list[Level] = field(default_factory=list)
    poison: set[ItemId] = field(default_factory=set)
    gate: asyncio.Event | None = None
    calls: list[Call] = field(default_factory=list)
    on_the_way: Callable[[Change], Awaitable[None]] = _at_once
    meanwhile: Callable[[], Awaitable[None]] = _nothing
    permit: Permit | None = None
    requests: int = 0
    together: int = 0
    closed: bool = False
    _held: asyncio.Event = field(default_factory=asyncio.Event)
    _scripts: dict[ItemId, deque[Script]] = field(default_factory=lambda: defaultdict(deque))
    _in_flight: set[ItemId] = field(default_factory=set)

    # -- what tests do

    def put(self, item: str, values: Attributes | None = None) -> None:
        """Put an item in, or replace it; attributes that are not named have no value."""
        self.contents[ItemId(item)] = {**dict.fromkeys(ITEM_ATTRIBUTES), **(values or {})}

    def put_sku(self, item: str, values: Attributes) -> None:
        """Put a SKU in, or replace it, with these attributes alone."""
        self.sku_contents[ItemId(item)] = {
            name: value for name, value in values.items() if value is not None
        }

    def script(self, item: str, *outcomes: Outcome, carried_out: bool = False) -> None:
        """Answer the next changes of this id so, one after the other; then truly again."""
        scripts = (Script(outcome, carried_out) for outcome in outcomes)
        self._scripts[ItemId(item)].extend(scripts)

    def store_otherwise(self, item: str, values: Attributes) -> None:
        """Accept the next change of this id, but keep and answer these values."""
        self._scripts[ItemId(item)].append(Script(None, carried_out=True, values=values))

    def fail_read(self, resource: Resource, *errors: RemoteError) -> None:
        """Let the next reads of this resource raise."""
        self.read_errors[resource].extend(errors)

    def written(self, action: Action | None = None) -> list[Change]:
        """The changes that were sent, in their order, whatever became of them."""
        changes = [call.change for call in self.calls if call.change is not None]
        return [change for change in changes if action in {None, change.action}]

    def release(self) -> None:
        """End the hold, as a new process's client would begin without one."""
        self._held.clear()

    # -- the port

    async def items(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteItem]:
        if not await self._asks("items", Resource.INVENTORY_ITEM, ids):
            return {}
        return {item: self._shown(item) for item in ids if item in self.contents}

    async def managed(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        if not await self._asks("managed", Resource.SKU, ids):
            return frozenset()
        return frozenset(ids) & self.managed_ids

    async def skus(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteSku]:
        if not await self._asks("skus", Resource.SKU, ids):
            return {}
        there = self.sku_contents.keys() | self.managed_ids
        return {item: self._shown_sku(item) for item in ids if item in there}

    async def stocked(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        if not await self._asks("stocked", Resource.INVENTORY_LEVEL, ids):
            return frozenset()
        return frozenset(ids) & self.stocked_ids

    async def levels(self, ids: Sequence[ItemId], wanted: LevelFilter) -> Levels:
        """What stands on the `shelves`, whatever else is wanted."""
        await self._asks("levels", Resource.INVENTORY_LEVEL, ids)
        asked = frozenset(ids)
        found = [level for level in self.shelves if level.item in asked]
        return Levels(tuple(sorted(found, key=lambda level: (level.item, level.location))))

    async def carry_out(self, change: Change) -> Outcome:
        shut = self._shut(change.resource)
        if shut is not None:
            return shut
        if not await self._departs():
            return UNSENT
        assert change.id not in self._in_flight, f"two changes of {change.id} at the same time"
        self._note(Call("carry_out", (change.id,), change))
        self._in_flight.add(change.id)
        self.together = max(self.together, len(self._in_flight))
        try:
            await self.on_the_way(change)
            return self._heeded(change, self._outcome(change))
        finally:
            self._in_flight.discard(change.id)

    async def search(
        self, part_number: str | None, manufacturer: str | None
    ) -> AsyncIterator[RemoteItem]:
        self._raise_if_shut(Resource.INVENTORY_ITEM)
        self._note(Call("search"))
        for item in reversed(list(self.contents)):
            found = self._shown(item)
            if part_number in {None, found.attributes[Attribute.PART_NUMBER]} and manufacturer in {
                None,
                found.attributes[Attribute.MANUFACTURER_ID],
            }:
                yield found

    async def every_item(self, take: TakeItems) -> Sequence[CountedSpan]:
        """List in pages of two, newest first; `meanwhile` comes between any two of them."""
        if not await self._asks("every_item", Resource.INVENTORY_ITEM, [ItemId("")]):
            return ()
        ids = list(reversed(self.contents))
        for start in range(0, len(ids), 2):
            take([self._shown(item) for item in ids[start : start + 2] if item in self.contents])
            await self.meanwhile()
        return (CountedSpan(None, None, len(ids)),)

    async def every_sku(self, take: TakePairedSkus) -> Sequence[CountedSpan]:
        """List in one page."""
        if not await self._asks("every_sku", Resource.SKU, [ItemId("")]):
            return ()
        there = sorted(self.sku_contents.keys() | self.managed_ids)
        take([self._shown_sku(item) for item in there])
        return (CountedSpan(None, None, len(there)),)

    async def access(self) -> Mapping[Resource, Failure | None]:
        """Tell which resources may be read, as the adapter does."""
        self._raise_if_shut(None)
        return {
            resource: _failure(403, "forbidden") if resource in self.forbidden else None
            for resource in SYNCED
        }

    def depart_by(self, permit: Permit | None) -> None:
        self.permit = permit

    def hold(self) -> None:
        self._held.set()

    async def aclose(self) -> None:
        self.closed = True

    # -- what it does with a change

    def _outcome(self, change: Change) -> Outcome:
        scripts = self._scripts.get(change.id)
        if not scripts:
            return self._carry_out(change, {})
        script = scripts.popleft()
        if script.carried_out:
            answer = self._carry_out(change, script.values)
            return script.outcome or answer
        assert script.outcome is not None, "a script that carries nothing out must answer"
        return script.outcome

    def _carry_out(self, change: Change, values: Attributes) -> Outcome:
        match change.action:
            case Action.CREATE:
                return self._create(change, values)
            case Action.UPDATE:
                return self._update(change, values)
            case Action.DELETE:
                return self._delete(change)

    def _create(self, change: Change, values: Attributes) -> Outcome:
        if change.id in self._all(change.resource):
            return Exists(_failure(409, "already_exists", "id"))
        sent = {name: value for name, value in change.payload().items() if value is not None}
        if change.resource is Resource.SKU:
            assert Attribute.ALLOW_OVERSELL not in sent, "a SKU takes no allowOversell"
            self.put_sku(change.id, {**sent, **values})
            return self._accepted(change)
        if Attribute.PART_NUMBER not in sent:
            return Refused(_failure(400, "missing_parameter", "partNumber"))
        self.put(change.id, {**SERVER_FILLS, **sent, **values})
        return self._accepted(change)

    def _update(self, change: Change, values: Attributes) -> Outcome:
        there = self._all(change.resource)
        if change.id not in there:
            return Gone(_failure(404, "not_found", "id"))
        after = {**there[change.id], **change.payload(), **values}
        put = self.put_sku if change.resource is Resource.SKU else self.put
        put(change.id, after)
        return self._accepted(change)

    def _delete(self, change: Change) -> Outcome:
        if change.resource is Resource.SKU:
            assert change.id not in self.contents, "a SKU goes after its item"
        if self._all(change.resource).pop(change.id, None) is None:
            return Gone(_failure(404, "not_found", "id"))
        return Accepted(None, self._request_id())

    def _accepted(self, change: Change) -> Accepted:
        return Accepted(dict(self._all(change.resource)[change.id]), self._request_id())

    def _all(self, resource: Resource) -> dict[ItemId, dict[Attribute, Value]]:
        return self.sku_contents if resource is Resource.SKU else self.contents

    def _heeded(self, change: Change, outcome: Outcome) -> Outcome:
        if isinstance(outcome, KeyRefused):
            self.key_refused = outcome.failure
        if isinstance(outcome, Forbidden):
            self.forbidden.add(change.resource)
        return outcome

    # -- what it does with a question

    async def _departs(self) -> bool:
        """Wait at the gate, where there is one; False where a hold came first."""
        if self.gate is not None:
            waits = {asyncio.ensure_future(event.wait()) for event in (self.gate, self._held)}
            _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in pending:
                wait.cancel()
        return not self._held.is_set()

    async def _asks(self, name: str, resource: Resource, ids: Sequence[ItemId]) -> bool:
        """Note a question; an empty one costs no request and has an empty answer."""
        if len(ids) > MOST_IDS:
            raise ValueError(len(ids))
        if not ids:
            return False
        self._raise_if_shut(resource)
        if not await self._departs():
            raise RemoteUnavailableError("Digital River", "a stop came first", "Run again")
        self._note(Call(name, tuple(ids)))
        if self.read_errors[resource]:
            raise self.read_errors[resource].popleft()
        if not self.poison.isdisjoint(ids):
            raise RemoteUnavailableError("Digital River", "it answered 500", "Run again later")
        return True

    def _note(self, call: Call) -> None:
        if self.permit is not None:
            self.permit()
        self.requests += 1
        self.calls.append(call)

    def _raise_if_shut(self, resource: Resource | None) -> None:
        if self.key_refused is not None:
            raise KeyRefusedError("The API key", "it was refused", "Check it")
        if resource in self.forbidden:
            raise ResourceForbiddenError(f"Right to {resource}", "it is denied", "Ask for it")

    def _shut(self, resource: Resource) -> KeyRefused | Forbidden | None:
        if self.key_refused is not None:
            return KeyRefused(self.key_refused)
        return Forbidden(_failure(403, "forbidden")) if resource in self.forbidden else None

    def _shown(self, item: ItemId) -> RemoteItem:
        moment = FIRST_MOMENT
        return RemoteItem(item, dict(self.contents[item]), moment, moment, live_mode=False)

    def _shown_sku(self, item: ItemId) -> RemoteSku:
        values = dict(self.sku_contents.get(item, {}))
        return RemoteSku(item, values, item in self.managed_ids, physical=True)

    def _request_id(self) -> str:
        return f"request-{self.requests}"


def _failure(status: int, code: str, parameter: str | None = None) -> Failure:
    return Failure(status, code, code.replace("_", " "), parameter, "request-0")
