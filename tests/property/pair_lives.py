"""Random lives of one pair beside a remote that keeps both halves, and loses answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, TypeAlias

from hypothesis import strategies as st

from syncd.domain.attributes import ITEM_ATTRIBUTES, Attribute, Attributes
from syncd.domain.change import Action, Change, Resource
from syncd.domain.delivery import Accepted, Exists, Failure, Gone, Outcome, Refused, Transient
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.policy import Policy
from syncd.domain.tracking import Tracked
from syncd.engine.absorb import absorb, gone
from syncd.engine.forget import is_left_behind
from syncd.engine.observe import Observation, observe
from syncd.engine.plan import change_for, needs_look_up
from syncd.engine.settle import claim, settle
from tests.property.engine_lives import FAILURE, ITEM, START

SKU, OF_ITEM = Resource.SKU, Resource.INVENTORY_ITEM
OTHERS: Final[Mapping[Resource, Attributes]] = {
    SKU: {Attribute.PART_NUMBER: "A", Attribute.NAME: "Theirs"},
    OF_ITEM: {**dict.fromkeys(ITEM_ATTRIBUTES), Attribute.PART_NUMBER: "Theirs"},
}


class Fate(Enum):
    """What becomes of a request."""

    DONE = "done"
    LOST = "not carried out, and unanswered"
    UNHEARD = "carried out, and unanswered"
    DIED = "carried out, and its sender died"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Wished:
    """A read has the row with this wish, None where it has left the catalog."""

    wish: Attributes | None


@dataclass(frozen=True, slots=True)
class Waited:
    """Time passes, over complete reads that change nothing."""

    hours: int
    reads: int


@dataclass(frozen=True, slots=True)
class Meddled:
    """Others change or make a half, or take it away."""

    resource: Resource
    is_gone: bool


@dataclass(frozen=True, slots=True)
class Worked:
    """What must be is looked up, and the first half of what is due is sent."""

    fate: Fate = Fate.DONE


Event: TypeAlias = Wished | Waited | Meddled | Worked


class BrokenError(AssertionError):
    """The engine asked for what it must never ask for."""


@dataclass
class Pair:
    """A row, and what really stands at the remote; `ours` are halves that we made or adopted."""

    policy: Policy
    row: Tracked | None = None
    remote: dict[Resource, Attributes] = field(default_factory=dict)
    ours: set[Resource] = field(default_factory=set)
    meddled: set[Resource] = field(default_factory=set)
    now: datetime = START
    read: int = 0
    wish: Attributes | None = None

    def live(self, event: Event) -> None:
        """Live through one event; raises `BrokenError` where a write must not have been."""
        match event:
            case Wished():
                self._read(event.wish)
            case Waited():
                self.now, self.read = (
                    self.now + timedelta(hours=event.hours),
                    self.read + event.reads,
                )
            case Meddled():
                self._meddle(event)
            case Worked():
                self.look_up()
                self._send(event.fate)

    def look_up(self) -> None:
        """Ask for both halves, where the engine wants to."""
        if self.row is None:
            return
        if not (needs_look_up(self.row, self.now) or is_left_behind(self.row, self.policy)):
            return
        item, sku = self.remote.get(OF_ITEM), self.remote.get(SKU)
        seen = Observation(
            None if item is None else RemoteItem(ITEM, item),
            sku=None if sku is None else RemoteSku(ITEM, sku),
        )
        self.row = observe(self.row, seen, self.policy, self.now)
        known = {} if self.row is None else {SKU: self.row.known_sku, OF_ITEM: self.row.known}
        self.ours |= {resource for resource, values in known.items() if values is not None}
        self.meddled.clear()

    @property
    def due(self) -> Change | None:
        return None if self.row is None else change_for(self.row, self.policy, self.now, self.read)

    def _read(self, wish: Attributes | None) -> None:
        self.read, self.wish = self.read + 1, wish
        if wish is not None:
            self.row = absorb(self.row or Tracked(ITEM), self.read, wish)
        elif self.row is not None:
            self.row = gone(self.row, self.now, self.read)

    def _meddle(self, event: Meddled) -> None:
        if event.is_gone:
            self.remote.pop(event.resource, None)
            self.ours.discard(event.resource)
        elif event.resource in self.remote or not self._takes_for_ours(event.resource):
            self.remote[event.resource] = OTHERS[event.resource]
        self.meddled.add(event.resource)

    def _takes_for_ours(self, resource: Resource) -> bool:
        """Whether nobody could tell that what is made now is not ours."""
        row = self.row
        return row is not None and (row.may_have_written or row.half(resource).known is not None)

    def _send(self, fate: Fate) -> None:
        due, row = self.due, self.row
        if due is None or row is None:
            return
        self._check(due)
        change = due.halves[0]
        self.row = claim(row, change)
        if fate is Fate.REFUSED:
            outcome: Outcome = Refused(FAILURE)
        elif fate is Fate.LOST:
            outcome = Transient(FAILURE, in_doubt=True)
        else:
            outcome = self._carried_out(change)
        if fate is Fate.UNHEARD:
            outcome = Transient(FAILURE, in_doubt=True)
        if fate is not Fate.DIED:
            self.row = settle(self.row, change, outcome, self.policy, self.now)

    def _carried_out(self, change: Change) -> Outcome:
        there = self.remote.get(change.resource)
        if change.action is Action.CREATE and there is not None:
            return Exists(Failure(409, "already_exists", "it is there"))
        if change.action is not Action.CREATE and there is None:
            return Gone(FAILURE)
        if change.action is Action.DELETE:
            del self.remote[change.resource]
            self.ours.discard(change.resource)
            return Accepted(None)
        values = {**(there or _empty(change.resource)), **change.payload()}
        self.remote[change.resource] = _kept(change.resource, values)
        self.ours.add(change.resource)
        return Accepted(self.remote[change.resource])

    def _check(self, due: Change) -> None:
        order = [(half.action, half.resource) for half in due.halves]
        deletes = [resource for action, resource in order if action is Action.DELETE]
        if deletes and deletes[0] is SKU and OF_ITEM in self.remote and OF_ITEM not in self.meddled:
            raise BrokenError("a SKU is deleted before its item")
        if SKU in deletes and not self.policy.delete_skus:
            raise BrokenError("a SKU is deleted that the policy keeps")
        if not {one for one in deletes if one in self.remote} <= self.ours:
            raise BrokenError("what others have made is deleted")
        if order[-1:] == [(Action.CREATE, SKU)] and len(order) > 1:
            raise BrokenError("an item is made before its SKU")
        for half in due.halves:
            if half.action is Action.UPDATE and not half.attributes:
                raise BrokenError("a write changes nothing")


def _empty(resource: Resource) -> Attributes:
    return {} if resource is SKU else dict.fromkeys(ITEM_ATTRIBUTES)


def _kept(resource: Resource, values: Attributes) -> Attributes:
    """A SKU is shown without what has no value."""
    if resource is OF_ITEM:
        return values
    return {name: value for name, value in values.items() if value is not None}


def lived(policy: Policy, events: list[Event]) -> Pair:
    """Live through these events."""
    pair = Pair(policy)
    for event in events:
        pair.live(event)
    return pair


def calmed(pair: Pair) -> Pair:
    """Let time pass, and everything come through, until nothing is left to do."""
    for _ in range(12):
        pair.live(Waited(25, 2))
        pair.live(Worked())
    return pair


wishes: st.SearchStrategy[Attributes] = st.builds(
    lambda part, origin, name: {
        Attribute.PART_NUMBER: part,
        Attribute.COUNTRY_OF_ORIGIN: origin,
        Attribute.NAME: name,
    },
    st.sampled_from("AB"),
    st.sampled_from(["DK", "CA"]),
    st.sampled_from(["Shoe", "Boot"]),
)
policies = st.builds(
    Policy,
    adopt=st.booleans(),
    delete_reads=st.integers(1, 2),
    skus=st.just(True),
    delete_skus=st.booleans(),
)
works = st.builds(Worked, st.sampled_from(Fate))
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Wished, st.none() | wishes),
    works,
    works,
    st.builds(Waited, st.sampled_from([0, 1, 25]), st.integers(0, 2)),
    st.builds(Meddled, st.sampled_from([SKU, OF_ITEM]), st.booleans()),
)
histories: st.SearchStrategy[list[Event]] = st.builds(
    lambda wish, rest: [Wished(wish), *rest], wishes, st.lists(events, max_size=12)
)
