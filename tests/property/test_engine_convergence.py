"""The engine alone, between a toy catalog and a toy remote that misbehave, comes to rest equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from syncd.domain.attributes import SERVER_FILLED, Attribute, Attributes, ItemId, Value, differences
from syncd.domain.change import Action, Change, Plan
from syncd.domain.delivery import Accepted, Exists, Failure, Gone, Outcome, Refused, Transient
from syncd.domain.item import RemoteItem
from syncd.domain.policy import Limits, Policy
from syncd.domain.snapshot import Certificate
from syncd.domain.tracking import Delivery, Held, Missing, Ownership, SkuState, Tracked
from syncd.engine.absorb import absorb, gone
from syncd.engine.guard import guard
from syncd.engine.observe import Observation, is_adoption, observe
from syncd.engine.plan import change_for, needs_look_up
from syncd.engine.read_guard import partial_read_stop
from syncd.engine.settle import claim, settle
from syncd.engine.situation import Situation

IDS: Final = [ItemId(letter) for letter in "abcd"]
SOME_FAILURE: Final = Failure(503, "code", "message")
BROKEN: Final = Held("hsCode", "x", "rule")
PARTIAL: Final = Certificate("toy", 4, 4, ("cut short",))
NO_LIMITS: Final = Limits(max_delete=99, max_update=99, max_same_change=99)
FILLED_IN: Final = "what the server fills in"
FAR: Final = timedelta(days=99)
INSTEAD: Final[dict[str, Outcome | None]] = {
    "died": None,
    "lost before": Transient(SOME_FAILURE, in_doubt=True),
    "turned away": Transient(SOME_FAILURE, in_doubt=False),
    "refused": Refused(SOME_FAILURE),
}
AFTERWARDS: Final[dict[str, Outcome | None]] = {
    "died after": None,
    "lost after": Transient(SOME_FAILURE, in_doubt=True),
}
FAULTS: Final = ("none", "none", "none", "altered", *INSTEAD, *AFTERWARDS)
_PART, _ORIGIN, _MAKER = (
    Attribute.PART_NUMBER, Attribute.COUNTRY_OF_ORIGIN, Attribute.MANUFACTURER_ID,
)  # fmt: skip
OTHERS_ITEM: Final[Attributes] = {_PART: "theirs", _ORIGIN: "US", _MAKER: "theirs"}

NO_FAULTS: Final = ["none"] * len(IDS)

ids = st.sampled_from(IDS)
waits = st.sampled_from([0, 1, 25])
faults = st.lists(st.sampled_from(FAULTS), min_size=len(IDS), max_size=len(IDS))
wishes = st.builds(
    lambda part, origin, maker: {_PART: part, _ORIGIN: origin, _MAKER: maker},
    st.sampled_from("AB"),
    st.sampled_from(["DK", None]),
    st.sampled_from(["M", None]),
)


@dataclass(slots=True)
class ToyRemote:
    """Items by id, with what the engine must never do written as assertions."""

    items: dict[ItemId, dict[Attribute, Value]] = field(default_factory=dict)
    ours: set[ItemId] = field(default_factory=set)
    managed: set[ItemId] = field(default_factory=set)
    writes: int = 0

    def carry_out(self, change: Change) -> Outcome:
        self.writes += 1
        assert change.id not in self.managed
        present = change.id in self.items
        if change.action is Action.CREATE:
            return Exists(SOME_FAILURE) if present else self._store(change, {})
        assert change.id in self.ours
        if not present:
            return Gone(SOME_FAILURE)
        return self._delete(change) if change.action is Action.DELETE else self._update(change)

    def _update(self, change: Change) -> Outcome:
        before = dict(self.items[change.id])
        outcome = self._store(change, before)
        if change.payload() != {_MAKER: None}:  # a clear in doubt is repeated, refilled or not
            assert self.items[change.id] != before, "a write that changed nothing"
        return outcome

    def _store(self, change: Change, before: Mapping[Attribute, Value]) -> Outcome:
        after = {**before, **change.payload()}
        if after.get(_MAKER) is None:
            after[_MAKER] = FILLED_IN
        self.items[change.id] = after
        self.ours.add(change.id)
        return Accepted(dict(after))

    def _delete(self, change: Change) -> Outcome:
        del self.items[change.id]
        self.ours.discard(change.id)
        return Accepted(None)


class Reconciliation(RuleBasedStateMachine):
    """Changes on every side, reads whole and partial, cycles with faults and sudden ends."""

    def __init__(self) -> None:
        super().__init__()
        self.remote = ToyRemote()
        self.catalog: dict[ItemId, Attributes | Held] = {}
        self.read: dict[ItemId, Attributes | Held] = {}
        self.rows: dict[ItemId, Tracked] = {}
        self.now = datetime(2026, 11, 21, tzinfo=UTC)
        self.reads = 0
        self.is_partial = False
        self.absent_since: dict[ItemId, Missing] = {}
        self.lost: set[ItemId] = set()
        self.unheard: dict[ItemId, Attributes | Held] = {}
        self.policy = Policy()

    @initialize(
        adopt=st.booleans(),
        rows=st.lists(wishes, min_size=len(IDS), max_size=len(IDS)),
        theirs=st.sets(ids, max_size=1),
        managed=st.sets(ids, max_size=1),
    )
    def begin(
        self, adopt: bool, rows: list[Attributes], theirs: set[ItemId], managed: set[ItemId]
    ) -> None:
        self.policy = Policy(adopt=adopt)
        self.catalog = dict(zip(IDS, rows, strict=True))
        self.remote.managed = managed
        self.remote.items = {item: dict(OTHERS_ITEM) for item in theirs | managed}

    # ------------------------------------------------------------------ what people do
    @rule(item=ids, wish=wishes | st.just(BROKEN) | st.none())
    def edit(self, item: ItemId, wish: Attributes | Held | None) -> None:
        if wish is None:
            self.catalog.pop(item, None)
        else:
            self.catalog[item] = wish

    @rule(item=ids)
    def somebody_deletes(self, item: ItemId) -> None:
        if item in self.remote.ours and self.remote.items.pop(item, None) is not None:
            self.lost.add(item)

    @rule(item=ids)
    def somebody_creates(self, item: ItemId) -> None:
        row = self.rows.get(item)
        doubtful = row is not None and row.delivery is not Delivery.SETTLED
        if item not in self.remote.items and item not in self.remote.ours and not doubtful:
            self.remote.items[item] = dict(OTHERS_ITEM)

    # ---------------------------------------------------------------- what syncd does
    @rule(item=ids, wish=wishes | st.just(BROKEN) | st.none(), faults=faults, hours=waits)
    def edit_and_run(
        self, item: ItemId, wish: Attributes | Held | None, faults: list[str], hours: int
    ) -> None:
        self.edit(item, wish)
        self.run(faults, hours)

    @rule(faults=faults, hours=waits)
    def run(self, faults: list[str], hours: int) -> None:
        self._read_whole()
        self.cycle(faults, hours)

    @rule(faults=faults, hours=waits)
    def run_on_half_a_file(self, faults: list[str], hours: int) -> None:
        self._take_in()
        self.is_partial = True
        self.cycle(faults, hours)

    @rule(faults=faults, hours=waits)
    def cycle(self, faults: list[str], hours: int) -> None:
        self._look_up()
        for change, fault in zip(self._passed().changes, faults, strict=False):
            self._deliver(change, fault)
        self.now += timedelta(hours=hours)

    def _read_whole(self) -> None:
        self.reads += 1
        self._take_in()
        self.read = dict(self.catalog)
        for item in list(self.rows):
            if item not in self.catalog:
                self._keep(item, gone(self.rows[item], self.now, self.reads))
                self.absent_since.setdefault(item, Missing(self.now, self.reads))
        self.is_partial = False

    def _take_in(self) -> None:
        for item, wish in self.catalog.items():
            row = self.rows.get(item)
            fingerprint = hash(str(wish))
            if row is None or row.missing is not None or row.fingerprint != fingerprint:
                self.rows[item] = absorb(row or Tracked(item), fingerprint, wish)
            if not isinstance(wish, Held) and self.unheard.get(item) != wish:
                self.unheard.pop(item, None)
            self.absent_since.pop(item, None)
            self.read[item] = wish

    def _look_up(self) -> None:
        for item, row in list(self.rows.items()):
            if needs_look_up(row, self.now):
                found = self.remote.items.get(item)
                if found is None:  # what an item once answered ends with the item
                    self.unheard.pop(item, None)
                shown = None if found is None else RemoteItem(item, dict(found))
                after = observe(
                    row, Observation(shown, item in self.remote.managed), self.policy, self.now
                )
                if is_adoption(row, after):
                    assert self.policy.adopt
                    self.remote.ours.add(item)
                self._keep(item, after)

    def _passed(self) -> Plan:
        due = (
            change_for(self.rows[item], self.policy, self.now, self.reads)
            for item in sorted(self.rows)
        )
        plan = Plan(tuple(change for change in due if change is not None))
        stops = (partial_read_stop(PARTIAL, 1),) if self.is_partial else ()
        return guard(plan, Situation(len(IDS)), NO_LIMITS, stops).passed

    def _deliver(self, change: Change, fault: str) -> None:
        self._check(change)
        self.rows[change.id] = claim(self.rows[change.id], change)
        outcome = self._carried_out(change, fault)
        if outcome is not None:
            row = self.rows[change.id]
            self._keep(change.id, settle(row, change, outcome, self.policy, self.now))

    def _check(self, change: Change) -> None:
        if change.action is Action.DELETE:
            absent = self.absent_since[change.id]
            assert change.id not in self.read
            assert self.now - absent.since >= self.policy.delete_after
            assert self.reads - absent.read + 1 >= self.policy.delete_reads
        else:
            assert not isinstance(self.read[change.id], Held)
            assert change.id not in self.unheard, "an answer with other values was not heeded"

    def _carried_out(self, change: Change, fault: str) -> Outcome | None:
        """What comes back; None where the process dies before it."""
        if fault in INSTEAD:
            return INSTEAD[fault]
        outcome = self.remote.carry_out(change)
        if isinstance(outcome, Accepted):
            self.lost.discard(change.id)
            self.unheard.pop(change.id, None)
            if fault == "altered" and outcome.attributes is not None:
                return self._altered(change)
        return AFTERWARDS.get(fault, outcome)

    def _altered(self, change: Change) -> Outcome:
        item = self.remote.items[change.id]
        if _PART in change.attributes:
            item[_PART] = "something else"
            self.unheard[change.id] = self.read[change.id]
        return Accepted(dict(item))

    def _keep(self, item: ItemId, row: Tracked | None) -> None:
        if row is None:  # forgotten, and with it what its item once answered
            self.rows.pop(item, None)
            self.unheard.pop(item, None)
        else:
            self.rows[item] = row

    # ------------------------------------------------------------------ what must hold
    @invariant()
    def foreign_items_are_untouched(self) -> None:
        for item, values in self.remote.items.items():
            if item not in self.remote.ours:
                assert values == OTHERS_ITEM

    @invariant()
    def what_counts_as_owned_was_created_or_adopted(self) -> None:
        for item, row in self.rows.items():
            if row.ownership is Ownership.OWNED and row.known is not None:
                assert item in self.remote.ours or row.delivery is not Delivery.SETTLED

    def teardown(self) -> None:
        for _ in range(5):
            self._read_whole()
            for hours in (1, 1, 25):
                self.cycle(NO_FAULTS, hours)
        self._is_at_rest()
        self._is_equal()

    def _is_at_rest(self) -> None:
        before = self.remote.writes
        self.cycle(NO_FAULTS, 0)
        assert self.remote.writes == before
        resting = {SkuState.IN_SYNC, SkuState.HELD, SkuState.FOREIGN, SkuState.QUARANTINED}
        for item, row in self.rows.items():
            assert row.state in resting
            assert item in self.catalog
            assert (row.state is SkuState.QUARANTINED) <= (item in self.unheard)
            assert row.state is SkuState.FOREIGN or not needs_look_up(row, self.now + FAR)

    def _is_equal(self) -> None:
        for item in self.remote.ours - self.lost - self.unheard.keys():
            wish = self.catalog[item]
            if isinstance(wish, Held):
                continue
            observed = self.remote.items[item]
            if wish[_MAKER] is None:
                assert observed[_MAKER] in {FILLED_IN, "theirs"}, "a value of ours was not cleared"
            assert not differences(wish, observed, frozenset())
        for item, wish in self.catalog.items():
            if not isinstance(wish, Held) and item not in self.lost:
                assert item in self.remote.items


assert _MAKER in SERVER_FILLED
TestReconciliation = Reconciliation.TestCase
TestReconciliation.settings = settings(max_examples=150, stateful_step_count=20)
