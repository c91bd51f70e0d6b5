"""Whatever happens to catalog, remote and process: when it is quiet again, items equal the rows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from syncd.data import load_rule_book
from syncd.domain.attributes import SERVER_FILLED, Attribute, Attributes, ItemId, Value
from syncd.domain.canonical import Breach, wanted
from syncd.domain.change import Action, Change, Resource
from syncd.domain.cycle import CycleId, CycleResult, Mode
from syncd.domain.delivery import Failure, Refused, Transient
from syncd.domain.journal import Deed
from syncd.domain.policy import Limits, Policy
from syncd.domain.tracking import SkuState
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode, RemoteUnavailableError, StateError
from syncd.ports import State, Transaction
from syncd.service.cycle import rehearse, run_cycle
from syncd.service.terms import CycleRequest, Ports, Terms
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clocks import LeapingClock
from tests.fakes.remote import FakeRemote
from tests.fakes.state import FakeState

RULES = load_rule_book()
ANCHOR: Final = "z"
"""A row that never goes, for an emptied catalog is a stop of its own."""
MANAGED: Final = "m"
STRANGER: Final = "x"
IDS: Final = ("a", "b", "c", "d", MANAGED)
ENOUGH: Final = 10_000
NO_GUARD: Final = Limits(
    max_delete=ENOUGH, max_update=ENOUGH, max_shrink=ENOUGH, max_same_change=ENOUGH
)
BUSY: Final = Transient(Failure(503, "unavailable", "try later"), in_doubt=False)
WAIT_A_MINUTE: Final = Transient(BUSY.failure, in_doubt=False, retry_after=60.0)
LOST: Final = Transient(Failure(None, "timed_out", "no answer"), in_doubt=True)
REFUSED: Final = Refused(Failure(409, "invalid_parameter", "no such product"))
UNREACHABLE: Final = RemoteUnavailableError("Digital River", "nobody answers", "Run again later")


class World:
    """A merchant whose every part can fail, and what must hold at every moment."""

    def __init__(self) -> None:
        self.clock = LeapingClock()
        self.catalog = FakeCatalog()
        self.remote = FakeRemote(on_the_way=self._watch)
        self.state = MortalState(FakeState())
        self.terms = Terms(Policy(), NO_GUARD, RULES, "account", in_flight=3)
        self.faults = 0
        self.strange: dict[ItemId, int] = {}
        self._cycles = 0
        self.put(ANCHOR, "DK", "6404.20", "acme")
        self.remote.managed_ids.add(ItemId(MANAGED))
        self.strangers_put(MANAGED, "theirs")
        self.strangers_put(STRANGER, "theirs")

    @property
    def ports(self) -> Ports:
        return Ports(self.catalog, self.remote, self.state, self.clock)

    def put(self, item: str, country: str, hs: str | None, maker: str | None) -> None:
        self.catalog.put(
            item,
            part_number=f"P-{item}",
            country_of_origin=country,
            hs_code=hs,
            manufacturer_id=maker,
        )
        self.catalog.rewrite()

    def strangers_put(self, item: str, part_number: str) -> None:
        self.remote.put(item, {Attribute.PART_NUMBER: part_number})
        self.strange[ItemId(item)] = len(self.state.journal_of(ItemId(item)))

    def is_strange(self, item: ItemId) -> bool:
        """Whether somebody else made this item, and it was never taken over since."""
        if item not in self.strange:
            return False
        since = self.state.journal_of(item)[self.strange[item] :]
        return Deed.ADOPT not in {entry.deed for entry in since}

    async def run(self, wait: timedelta = timedelta(0)) -> CycleResult:
        return await run_cycle(self.ports, self.terms, self._asked(Mode.ONCE, wait))

    async def run_as_rehearsed(self) -> CycleResult:
        """Run once, without waiting; nothing else may be written than what was foretold."""
        rehearsed = await rehearse(self.ports, self.terms, self._asked(Mode.DRY_RUN))
        already = len(self.remote.written())
        result = await self.run()
        written = sorted(self.remote.written()[already:], key=lambda change: change.id)
        assert written == [one.change for one in rehearsed.changes]
        return result

    def _asked(self, mode: Mode, wait: timedelta = timedelta(0)) -> CycleRequest:
        self._cycles += 1
        return CycleRequest(CycleId(f"cycle-{self._cycles:03}"), mode, "the test", wait=wait)

    async def _watch(self, change: Change) -> None:
        """Look at every change while it is on its way."""
        await asyncio.sleep(0)
        assert change.id not in {MANAGED, STRANGER}, "what is not ours was written"
        exists = change.id in self.remote.contents
        assert not (change.action is Action.CREATE and exists), "it was not looked up"
        if change.action is Action.DELETE:
            reading = self.state.reading()
            assert reading is not None
            assert reading.certificate.complete, "a delete after a read that proves nothing"
            deeds = {entry.deed for entry in self.state.journal_of(change.id)}
            assert deeds & {Deed.CREATE, Deed.ADOPT}, "a delete of what was never ours"
            assert change.id not in self.remote.stocked_ids

    # -- when all is over

    def calm_down(self) -> None:
        """End every fault, and let the merchant mend what only a new value can free."""
        self.remote._scripts.clear()  # noqa: SLF001 - scripts are only ever added from outside
        self.remote.read_errors.clear()
        self.remote.stocked_ids.clear()
        self.catalog.doubts = ()
        for rows in self.state.in_states(frozenset({SkuState.QUARANTINED})):
            for row in rows:
                if row.next_attempt is None and row.id in self.catalog.rows:
                    self.catalog.rows[row.id][Attribute.PART_NUMBER] = f"P-{row.id}-mended"
        self.catalog.rewrite()

    def check(self) -> None:
        for item, texts in self.catalog.rows.items():
            wish = _wish(texts)
            if wish is not None and item != MANAGED:
                found = self.remote.contents[ItemId(item)]
                assert _differing(wish, found) == {}, (item, wish, found)
        for item in set(self.remote.contents) - {ItemId(row) for row in self.catalog.rows}:
            assert self.is_strange(item), f"{item} outlived its row"


class MortalState:
    """A state at which the process can die, `lives` transactions on, before a commit or after."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.lives: int | None = None
        self.commits_last = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the state's own
        return getattr(self._state, name)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        last = self.lives == 0
        if self.lives is not None and not last:
            self.lives -= 1
        if last and not self.commits_last:
            raise StateError("state", "the process is dead", "Start it again")
        with self._state.transaction() as transaction:
            yield transaction
        if last:
            raise StateError("state", "the process is dead", "Start it again")


# -- what can happen


class Step(Protocol):
    """One thing that happens in a world."""

    async def happen(self, world: World) -> None: ...


@dataclass(frozen=True)
class Put:
    item: str
    country: str
    hs: str | None
    maker: str | None

    async def happen(self, world: World) -> None:
        world.put(self.item, self.country, self.hs, self.maker)


@dataclass(frozen=True)
class Drop:
    item: str

    async def happen(self, world: World) -> None:
        world.catalog.rows.pop(self.item, None)
        world.catalog.rewrite()


@dataclass(frozen=True)
class Doubt:
    """Reads are partial from now on, or no longer."""

    partial: bool

    async def happen(self, world: World) -> None:
        world.catalog.doubts = ("cut short",) if self.partial else ()
        world.catalog.rewrite()


@dataclass(frozen=True)
class Fault:
    """The next write of an item comes to something else."""

    item: str
    kind: str

    async def happen(self, world: World) -> None:
        world.faults += 1
        match self.kind:
            case "busy":
                world.remote.script(self.item, BUSY)
            case "retry after":
                world.remote.script(self.item, WAIT_A_MINUTE)
            case "lost":
                world.remote.script(self.item, LOST)
            case "lost but done":
                world.remote.script(self.item, LOST, carried_out=True)
            case "refused":
                world.remote.script(self.item, REFUSED)
            case "other values":
                world.remote.store_otherwise(self.item, {Attribute.HS_CODE: "1111.11"})


@dataclass(frozen=True)
class ReadFault:
    resource: Resource

    async def happen(self, world: World) -> None:
        world.faults += 1
        world.remote.fail_read(self.resource, UNREACHABLE)


@dataclass(frozen=True)
class Stock:
    item: str

    async def happen(self, world: World) -> None:
        world.remote.stocked_ids ^= {ItemId(self.item)}


@dataclass(frozen=True)
class Strangers:
    """Somebody else changes what is not ours, or makes an item before the catalog knows it."""

    item: str
    part_number: str

    async def happen(self, world: World) -> None:
        untracked = not world.state.tracked([ItemId(self.item)])
        if self.item in {MANAGED, STRANGER} or untracked:
            world.strangers_put(self.item, self.part_number)


@dataclass(frozen=True)
class Later:
    hours: int

    async def happen(self, world: World) -> None:
        world.clock.moment += timedelta(hours=self.hours)


@dataclass(frozen=True)
class Run:
    seconds: int

    async def happen(self, world: World) -> None:
        if world.faults or self.seconds:
            await world.run(timedelta(seconds=self.seconds))
        else:
            await world.run_as_rehearsed()


@dataclass(frozen=True)
class Crash:
    """A run that dies at one of its transactions."""

    lives: int
    commits_last: bool

    async def happen(self, world: World) -> None:
        world.state.lives, world.state.commits_last = self.lives, self.commits_last
        with suppress(StateError):
            await world.run()
        world.state.lives = None


ITEMS = st.sampled_from(IDS)
COUNTRIES = st.sampled_from(["DK", "se", "CA", "UK"])
CODES = st.sampled_from(["640420", "6404.20.4025", "12", None])
MAKERS = st.sampled_from(["acme", "bolt", None])
FAULTS = ["busy", "retry after", "lost", "lost but done", "refused", "other values"]
RUNS = st.builds(Run, st.sampled_from([0, 0, 30, 300]))
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.builds(Put, ITEMS, COUNTRIES, CODES, MAKERS),
        st.builds(Put, ITEMS, st.just("DK"), st.just("6404.20"), MAKERS),
        st.builds(Drop, ITEMS),
        st.builds(Doubt, st.booleans()),
        st.builds(Fault, ITEMS, st.sampled_from(FAULTS)),
        st.builds(ReadFault, st.sampled_from(list(Resource))),
        st.builds(Stock, ITEMS),
        st.builds(Strangers, st.sampled_from([*IDS, STRANGER]), st.sampled_from(["1", "2"])),
        st.builds(Later, st.sampled_from([1, 12, 25])),
        RUNS,
        RUNS,
        st.builds(Crash, st.integers(0, 8), st.booleans()),
    ),
    max_size=25,
)
QUIET_RUNS: Final = 4


@given(STEPS)
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
def test_after_a_quiet_phase_every_item_equals_its_row(steps: list[Step]) -> None:
    with capture_logs():
        asyncio.run(_live_through(steps))


async def _live_through(steps: list[Step]) -> None:
    world = World()
    for step in steps:
        await step.happen(world)
    foreign = {item: dict(world.remote.contents[ItemId(item)]) for item in (MANAGED, STRANGER)}
    world.calm_down()
    result = await world.run_as_rehearsed()
    for _ in range(QUIET_RUNS):
        world.clock.moment += timedelta(hours=25)
        world.catalog.rewrite()
        result = await world.run_as_rehearsed()
    world.check()
    for item, contents in foreign.items():
        assert world.remote.contents[ItemId(item)] == contents
    _check_standing(world, result)
    assert (await world.run()).requests == 0


def _check_standing(world: World, result: CycleResult) -> None:
    unusable = {item for item, texts in world.catalog.rows.items() if _wish(texts) is None}
    held = result.states.get(SkuState.HELD, 0)
    assert len(unusable - {MANAGED}) <= held <= len(unusable)
    assert exit_code(result) is (ExitCode.NEEDS_ATTENTION if held else ExitCode.OK)
    assert not result.quarantined
    assert result.states.get(SkuState.MISSING, 0) == 0


def _wish(texts: dict[Attribute, str | None]) -> Attributes | None:
    """What a row asks for in canonical form, None where it is held."""
    read: dict[Attribute, Value] = {}
    for attribute, text in texts.items():
        value = wanted(attribute, text, RULES)
        if isinstance(value, Breach):
            return None
        read[attribute] = value
    return read


def _differing(wish: Attributes, found: Attributes) -> dict[Attribute, tuple[Value, Value]]:
    return {
        attribute: (value, found[attribute])
        for attribute, value in wish.items()
        if found[attribute] != value and not (value is None and attribute in SERVER_FILLED)
    }
