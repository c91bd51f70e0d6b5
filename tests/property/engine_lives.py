"""Random lives of one SKU: every row that the engine can reach, by whatever happened to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Final, TypeAlias, assert_never

from hypothesis import strategies as st

from syncd.domain.attributes import (
    ITEM_ATTRIBUTES,
    SERVER_FILLED,
    Attribute,
    Attributes,
    ItemId,
    Value,
)
from syncd.domain.change import Change
from syncd.domain.delivery import (
    Accepted,
    Exists,
    Failure,
    Forbidden,
    Gone,
    KeyRefused,
    Outcome,
    Refused,
    Transient,
)
from syncd.domain.item import RemoteItem
from syncd.domain.policy import Policy
from syncd.domain.tracking import Delivery, Held, Ownership, Tracked
from syncd.engine.absorb import absorb, gone
from syncd.engine.observe import Observation, observe
from syncd.engine.plan import change_for, needs_look_up
from syncd.engine.settle import claim, settle

ITEM: Final = ItemId("shoe-1")
START: Final = datetime(2026, 11, 21, tzinfo=UTC)
FAILURE: Final = Failure(500, "code", "message", request_id="r")


@dataclass(frozen=True, slots=True)
class Seen:
    """A read has the row, as a wish or broken."""

    wish: Attributes | Held


@dataclass(frozen=True, slots=True)
class Absent:
    """A complete read does not have the row."""


@dataclass(frozen=True, slots=True)
class Waited:
    """Time passes, over some complete reads that change nothing."""

    hours: int
    reads: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back of a write; `altered` values stand in an accepted answer in spite of it."""

    outcome: Outcome | None
    altered: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worked:
    """The remote is asked where the engine wants it, and what is due then is written.

    Perhaps the catalog is read between the claim and the answer.
    """

    observation: Observation
    answer: Answer
    meanwhile: Seen | Absent | None = None


@dataclass(frozen=True, slots=True)
class Died:
    """What is due is claimed, and the process dies."""


Event: TypeAlias = Seen | Absent | Waited | Worked | Died


@dataclass(frozen=True, slots=True)
class Life:
    """A row, its moment, the number of the last complete read, and every value ever sent."""

    policy: Policy
    row: Tracked | None = None
    now: datetime = START
    read: int = 0
    sent: frozenset[tuple[Attribute, Value]] = frozenset()

    @property
    def due(self) -> Change | None:
        """The change that is due now, if any."""
        if self.row is None:
            return None
        return change_for(self.row, self.policy, self.now, self.read)


def answer_to(row: Tracked, change: Change, answer: Answer) -> Outcome:
    """An outcome as it is, or the item as the remote would then have it."""
    if answer.outcome is not None:
        return answer.outcome
    values = dict.fromkeys(ITEM_ATTRIBUTES) | dict(row.known or {})
    return Accepted({**values, **change.payload(), **answer.altered}, "r")


def lived(policy: Policy, events: Sequence[Event]) -> Life:
    """Live through these events; what cannot happen now does not."""
    life = Life(policy)
    for event in events:
        life = _after(life, event)
    return life


def _after(life: Life, event: Event) -> Life:
    match event:
        case Seen() | Absent():
            read = life.read + 1
            return replace(life, read=read, row=_looked_at(life.row, event, life.now, read))
        case Waited():
            return replace(
                life, now=life.now + timedelta(hours=event.hours), read=life.read + event.reads
            )
        case Worked():
            return _written(_looked_up(life, event.observation), event)
        case Died():
            due, row = life.due, life.row
            return life if due is None or row is None else _claimed(life, row, due)
    assert_never(event)


def _looked_at(
    row: Tracked | None, event: Seen | Absent, now: datetime, read: int
) -> Tracked | None:
    if isinstance(event, Seen):
        return absorb(row or Tracked(ITEM), read, event.wish)
    return None if row is None else gone(row, now, read)


def _claimed(life: Life, row: Tracked, due: Change) -> Life:
    return replace(life, row=claim(row, due), sent=life.sent | due.payload().items())


def _looked_up(life: Life, observation: Observation) -> Life:
    if life.row is None or not needs_look_up(life.row, life.now):
        return life
    return replace(life, row=observe(life.row, observation, life.policy, life.now))


def _written(life: Life, event: Worked) -> Life:
    change = life.due
    if change is None or life.row is None:
        return life
    outcome = answer_to(life.row, change, event.answer)
    during = _claimed(life, life.row, change)
    if event.meanwhile is not None:
        during = _after(during, event.meanwhile)
    if during.row is None:
        return during
    return replace(during, row=settle(during.row, change, outcome, life.policy, life.now))


PARTS: Final = ("A", "B")
ORIGINS: Final = ("DK", "CA", None)
MAKERS: Final = ("M", "N", None)
OVERSELLS: Final = (True, False, None)


def _combined(lists: Iterable[Iterable[tuple[Attribute, Value]]]) -> list[Attributes]:
    return [dict(pairs) for pairs in product(*lists)]


def _values(attribute: Attribute, values: Iterable[Value]) -> list[tuple[Attribute, Value]]:
    return [(attribute, value) for value in values]


_EVERY_ITEM: Final = _combined(
    (
        _values(Attribute.PART_NUMBER, PARTS),
        _values(Attribute.COUNTRY_OF_ORIGIN, ORIGINS),
        _values(Attribute.MANUFACTURER_ID, MAKERS),
        _values(Attribute.ALLOW_OVERSELL, OVERSELLS),
    )
)
_EVERY_WISH: Final = [
    {name: value for name, value in item.items() if name not in unmapped}
    for item in _EVERY_ITEM
    for unmapped in ((), (Attribute.COUNTRY_OF_ORIGIN,), tuple(SERVER_FILLED))
]


@st.composite
def _any_item(draw: st.DrawFn) -> Attributes:
    item = _EVERY_ITEM[draw(st.integers(0, len(_EVERY_ITEM) - 1))]
    return dict.fromkeys(ITEM_ATTRIBUTES) | dict(item)


@st.composite
def _any_wish(draw: st.DrawFn) -> Attributes:
    return _EVERY_WISH[draw(st.integers(0, len(_EVERY_WISH) - 1))]


items = _any_item()
wishes = _any_wish()
policies = st.builds(Policy, adopt=st.booleans(), delete_reads=st.integers(1, 3))
setbacks: st.SearchStrategy[Outcome] = st.one_of(
    st.just(Gone(FAILURE)),
    st.just(Exists(FAILURE)),
    st.just(Refused(FAILURE)),
    st.builds(
        Transient,
        st.just(FAILURE),
        in_doubt=st.booleans(),
        retry_after=st.none() | st.floats(0, 100),
    ),
)
key_refusals: st.SearchStrategy[Outcome] = st.sampled_from(
    [KeyRefused(FAILURE), Forbidden(FAILURE)]
)
altered = st.builds(Answer, st.none(), altered=wishes)
unlucky = st.builds(Answer, setbacks | key_refusals | st.just(Accepted(None)))
answers = st.one_of(st.just(Answer(None)), altered, unlucky)
held = st.just(Held("hsCode", "x", "rule"))
seen_wish = st.builds(Seen, wishes)
seen = st.builds(Seen, wishes | held)
observations = st.builds(
    Observation,
    st.none() | st.builds(RemoteItem, st.just(ITEM), items),
    managed=st.sampled_from([False] * 7 + [True]),
)
worked = st.builds(Worked, observations, answers)
worked_during_a_read = st.builds(Worked, observations, answers, seen_wish | st.just(Absent()))
waited = st.builds(Waited, st.sampled_from([0, 1, 25]), st.integers(0, 2))
events: st.SearchStrategy[Event] = st.one_of(
    seen_wish,
    worked,
    worked,
    waited,
    seen,
    st.just(Absent()),
    worked_during_a_read,
    st.just(Died()),
)
histories = st.builds(
    lambda wish, middle, end: [Seen(wish), *middle, *end],
    wishes,
    st.lists(events, max_size=10),
    st.sampled_from(
        [[], [Waited(0, 1)], [Waited(25, 0)], [Waited(25, 2)], [Absent(), Waited(25, 2)]]
    ),
)
lives = st.builds(lived, policies, histories)
rows = lives.filter(lambda life: life.row is not None)
doubtless_lives = st.builds(
    lived, policies, histories.filter(lambda events: not any(map(_leaves_doubt, events)))
)


def _leaves_doubt(event: Event) -> bool:
    if isinstance(event, Died):
        return True
    if not isinstance(event, Worked):
        return False
    outcome = event.answer.outcome
    return outcome == Accepted(None) or (isinstance(outcome, Transient) and outcome.in_doubt)


def is_settled_and_ours(row: Tracked) -> bool:
    """Whether this row stands for an item that syncd created or adopted, and knows."""
    return (
        row.ownership is Ownership.OWNED
        and row.known is not None
        and row.delivery is Delivery.SETTLED
    )
