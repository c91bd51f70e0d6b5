"""One merchant's world: catalog, configuration, state, network, account, and the processes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar, cast

from syncd.digital_river.cells import MemoryCells
from syncd.digital_river.ledger import SIZE
from syncd.digital_river.pacer import LedgerPacer
from syncd.domain.approval import Approval
from syncd.domain.attributes import ItemId
from syncd.domain.audit import Audit
from syncd.domain.change import Plan
from syncd.domain.cycle import CycleId, CycleResult, Mode
from syncd.domain.policy import Policy
from syncd.errors import LeaseLostError, StateError, SyncdError
from syncd.ports import ItemListing, State
from syncd.service.adopt import rebuild
from syncd.service.approve import approve
from syncd.service.audit import Auditing
from syncd.service.cycle import rehearse, run_cycle
from syncd.service.helping import help_until
from syncd.service.quarantine import retry_all
from syncd.service.remembered import outbox
from syncd.service.revert import release_all
from syncd.service.terms import CycleRequest, Ports, Terms
from tests.property.simulate.account import ITEM, SKU, Account, Half
from tests.property.simulate.daemon import Rounds, Watcher, serve
from tests.property.simulate.merchant import Merchant
from tests.property.simulate.network import Network, Sent, SimulatedDigitalRiver
from tests.property.simulate.people import People
from tests.property.simulate.process import Died, MortalClock, MortalState, Process
from tests.property.simulate.promises import RATE, Promises
from tests.property.simulate.sharing import SimulatedShelf
from tests.property.simulate.shelf import Shelf
from tests.property.simulate.trace import Trace
from tests.property.simulate.vault import Vault
from tests.property.simulate.weather import Weather
from tests.unit.digital_river.virtual_time import EPOCH, ticks

PAIRS: Final = 0.4
"""In so many lives both halves of each pair are kept."""

AN_HOUR: Final = 3600.0

_T = TypeVar("_T")


class Wall:
    """The machine's clock, which somebody may set; what sleeps does not notice."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.offset = timedelta()
        self._furthest = EPOCH

    def set_by(self, change: timedelta) -> None:
        """Set it forward or back."""
        self._furthest = self.furthest()
        self.offset += change

    def furthest(self) -> datetime:
        """The latest moment that it has ever shown."""
        return max(self._furthest, self.now())

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self._loop.time()) + self.offset

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0.0))


@dataclass(frozen=True, slots=True)
class Asked:
    """How a cycle is asked for, and what befalls its process; moments in seconds from its start."""

    mode: Mode = Mode.ONCE
    wait: timedelta = timedelta(0)
    only: frozenset[ItemId] = frozenset()
    saved: Plan | None = None
    lives: int | None = None
    killed_after: float | None = None
    stopped_after: float | None = None
    frozen: tuple[float, float] | None = None
    incremental: bool = False
    reverts: CycleId | None = None
    lease_wait: timedelta = timedelta(0)
    doubted: frozenset[ItemId] = frozenset()

    def __str__(self) -> str:
        """Name what is not as usual."""
        usual = Asked()
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        special = {name: value for name, value in told.items() if value != getattr(usual, name)}
        special |= {"only": sorted(self.only)} if self.only else {}
        special |= {"doubted": sorted(self.doubted)} if self.doubted else {}
        special.pop("saved", None)
        return ", ".join(f"{name}={value}" for name, value in special.items())


@dataclass
class World:
    """Everything that a life happens to."""

    seed: str
    vault: Vault
    wall: Wall
    trace: Trace
    checks: Sequence[Callable[[World, CycleResult], None]]
    weather: Weather = field(default_factory=Weather)
    stopped: list[CycleId] = field(default_factory=list)
    approved: list[Approval] = field(default_factory=list)
    saved: Plan | None = None
    processes: dict[CycleId, Process] = field(default_factory=dict)
    turns: list[str] = field(default_factory=list)
    left_skus: set[ItemId] = field(default_factory=set)
    unkept_skus: set[ItemId] = field(default_factory=set)
    cycles: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.seed}: what happens")
        self.shelf = Shelf(self.wall)
        policy = Policy(skus=self.chance.random() < PAIRS, delete_skus=self.chance.random() < 0.5)
        self.merchant = Merchant(
            policy,
            in_flight=self.chance.choice((1, 3, 16)),
            keep_journal=timedelta(days=self.chance.choice((1, 90))),
        )
        self.shelf.mean_pairs(are_kept=policy.skus)
        self.promises = Promises(self.shelf, self.wall)
        self.promises.state = self.vault.look()
        weather = random.Random(f"{self.seed}: weather")
        self.network = Network(self.weather, weather, self.trace, self.promises)
        self.account = Account("ours", self.wall.now)
        self.others_account = Account("another", self.wall.now)
        self.is_wrong_account = False
        people = random.Random(f"{self.seed}: people")
        self.people = People(people, self.trace, self.promises.blame)
        self._cells = MemoryCells(SIZE)

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def state(self) -> State:
        """The state as it stands, for whoever checks."""
        return self.vault.look()

    # -- running syncd

    async def cycle(self, asked: Asked) -> CycleResult | None:
        """Run a cycle to its end; None where it died, or had to give way to another."""
        rehearses = asked.mode in {Mode.DRY_RUN, Mode.PLAN}
        process, request = self._begun(asked, rehearses=rehearses)
        opened = self.vault.opened_read_only() if rehearses else self.vault.opened()
        walk = _WALKS.get(asked.mode, run_cycle)
        story = self._told(process, opened, lambda ports: walk(ports, process.terms, request))
        try:
            result = await self._with_its_fate(process, asked, story)
        except Died:
            return None
        except SyncdError as error:
            process.was_cut_off = isinstance(error, LeaseLostError)
            if process.was_cut_off and process.was_frozen_for >= AN_HOUR:
                self.trace.note("goes on an hour after another took over, and is shut out")
            self._tell_end(process, error)
            return None
        if rehearses:
            self._note(result)
        else:
            self._ended(result)
        return result

    async def daemon(self, asked: Asked, rounds: Rounds) -> None:
        """Run a daemon until it has seen to these wishes, or its end comes."""
        process, _ = self._begun(asked, rehearses=False)
        watcher = Watcher(process, self._begun_by, partial(self._ended_by, process))
        story = self._told(
            process, self.vault.opened(), partial(serve, watcher, rounds, self.people)
        )
        with suppress(Died):
            await self._with_its_fate(process, asked, story)
        if watcher.bug is not None:
            self.promises.blame(f"{process.name}: {watcher.bug}")

    async def helper(self, asked: Asked, over: asyncio.Event) -> None:
        """Help with the deliveries of others until that is over, or the helper's own end comes."""
        process, _ = self._begun(asked, rehearses=False)
        story = self._told(
            process,
            self.vault.opened(),
            lambda ports: help_until(over, ports, process.terms),
        )
        with suppress(Died):
            await self._with_its_fate(process, asked, story)

    async def audit(self) -> Audit:
        """Audit the account, in fair weather."""
        process, request = self._begun(Asked(mode=Mode.REPAIR), rehearses=False)

        def auditing(ports: Ports) -> Coroutine[Any, Any, Audit]:
            listing = cast("ItemListing", ports.remote)
            return Auditing(ports, listing, process.terms, request).whole()

        return await process.run(self._told(process, self.vault.opened(), auditing))

    async def tell_all(self) -> None:
        """Let whoever serves next tell what is left to tell, in fair weather."""
        await self.daemon(Asked(), Rounds((), pause=0.0))
        self.people.check(outbox(self.state))

    async def approve(self, cycle: CycleId) -> None:
        """Approve what the guards of this cycle have stopped."""
        self.trace.chapter(f"approve {cycle}")
        approved = await self._command(
            lambda ports: approve(ports.state, ports.clock, self.terms, cycle, "a person")
        )
        if approved is not None:
            self.approved += approved.approvals

    async def retry_quarantined(self) -> None:
        """Let all quarantined SKUs go."""
        self.trace.chapter("quarantine retry --all")
        self.promises.unheard.clear()
        await self._command(lambda ports: retry_all(ports.state, "a person"))

    async def release_all(self) -> None:
        """Let all SKUs go that a revert holds."""
        self.trace.chapter("release --all")
        await self._command(lambda ports: release_all(ports.state, "a person"))

    @property
    def terms(self) -> Terms:
        """What the configuration says now."""
        return self.merchant.terms(self.shelf.meaning)

    def sent_by(self, cycle: CycleId) -> list[Sent]:
        """The writes of one cycle that have left."""
        process = self.processes[cycle]
        return [sent for sent in self.promises.writes if sent.process is process]

    def lose_state(self) -> None:
        """The state is gone while nothing runs; what stands there may be anybody's from now on."""
        self.vault.lose()
        there = [(item, one) for one in (ITEM, SKU) for item in self.account.ids(one)]
        self.promises.lose_state(self.vault.look(), there)
        self.people.forget()
        self.stopped.clear()
        self.approved.clear()
        self.saved = None
        self.trace.tell("", "   the state is lost")

    def take_away(self, half: Half) -> None:
        """Let somebody else delete an item or a SKU."""
        self.account.remove(half)
        self.promises.strange.pop(half, None)
        self.trace.tell("others", f"delete {half[1].value} {half[0]}")

    # -- how it runs

    def _begun(self, asked: Asked, *, rehearses: bool) -> tuple[Process, CycleRequest]:
        self.cycles += 1
        self.promises.note_take_overs()
        cycle = CycleId(f"cycle-{self.cycles:05}")
        self.trace.chapter(f"{cycle}: {asked}")
        process = Process(cycle, self.terms, self.trace, self.turns, rehearses=rehearses)
        process.lives = asked.lives
        process.saw = self.shelf.source.edition
        self.processes[cycle] = process
        request = CycleRequest(
            id=cycle,
            mode=asked.mode,
            holder=cycle,
            only=asked.only,
            wait=asked.wait,
            lease_wait=asked.lease_wait,
            saved=asked.saved,
            incremental=asked.incremental,
            reverts=asked.reverts,
            doubted=asked.doubted,
            stop=process.stop,
        )
        process.is_polling = request.incremental
        process.takes_over = asked.mode is Mode.ADOPT
        return process, request

    async def _with_its_fate(
        self, process: Process, asked: Asked, story: Coroutine[Any, Any, _T]
    ) -> _T:
        tasks = [asyncio.create_task(one) for one in self._befalling(process, asked)]
        try:
            return await process.run(story)
        finally:
            for task in tasks:
                task.cancel()
            self.promises.note_reading()
            self._note_left_skus(process.terms.policy)
            self._note_forgotten_wishes()

    def _note_left_skus(self, policy: Policy) -> None:
        """Notice which SKUs nothing is known of any more since they were not to be deleted.

        As long as the row is in the catalog, whatever was ours of it is ours. A SKU that was not
        kept when the row left is let go, whatever the policy is by then.
        """
        there = self.account.ids(SKU)
        rows = self.state.tracked(there)
        unknown = {one for one in there if one not in rows or rows[one].known_sku is None}
        self.left_skus &= unknown
        if not (policy.skus and policy.delete_skus):
            self.left_skus |= unknown - rows.keys()
        wanted = {one for one, row in rows.items() if row.missing is None}
        self.left_skus |= (self.unkept_skus & unknown) - wanted
        self.unkept_skus = {one for one in wanted if rows[one].desired and not rows[one].wants_sku}

    def _note_forgotten_wishes(self) -> None:
        """Notice whose row is gone: if it comes back, its wish is a new one with an old number."""
        unheard = self.promises.unheard
        rows = self.state.tracked([id_ for id_, _ in unheard])
        for half in [half for half in unheard if half[0] not in rows]:
            del unheard[half]

    def _begun_by(self, process: Process, request: CycleRequest) -> CycleRequest:
        """A cycle of a daemon begins, which knows nothing any more of what it looked at before."""
        self._note_forgotten_wishes()
        self.cycles += 1
        cycle = CycleId(f"cycle-{self.cycles:05}")
        self.trace.chapter(f"{cycle}, by the daemon {process.name}: only={sorted(request.only)}")
        process.saw = self.shelf.source.edition
        process.is_polling = request.incremental
        self.processes[cycle] = process
        return replace(request, id=cycle)

    def _ended_by(self, process: Process, result: CycleResult) -> None:
        """A cycle of a daemon has ended, which its audit may have begun to mend what it found."""
        self.processes.setdefault(result.id, process)
        self._ended(result)

    def _ended(self, result: CycleResult) -> None:
        self._note(result)
        self.promises.note_take_overs()
        for check in self.checks:
            check(self, result)

    async def _told(
        self,
        process: Process,
        opened: AbstractContextManager[State],
        story: Callable[[Ports], Coroutine[Any, Any, _T]],
    ) -> _T:
        with opened as state:
            return await story(self._ports(process, state))

    def _ports(self, process: Process, state: State) -> Ports:
        clock = MortalClock(self.wall, process)
        pacer = LedgerPacer(self._cells, RATE, clock, ticks)
        account = self.others_account if self.is_wrong_account else self.account
        remote = SimulatedDigitalRiver(self.network, process, account, pacer, clock)
        mortal = MortalState(state, process, self._shelf_for)
        return Ports(self.shelf.source, remote, mortal, clock)

    def _shelf_for(self, state: State, process: Process) -> SimulatedShelf | None:
        common = self.vault.common
        if common is None or not common.is_wanted:
            return None
        return SimulatedShelf(common, state, process)

    async def _command(self, work: Callable[[Ports], _T]) -> _T | None:
        """Run a command that has no loop of its own."""
        self.cycles += 1
        name = CycleId(f"command-{self.cycles:05}")
        process = Process(name, self.terms, self.trace, self.turns)

        async def story(ports: Ports) -> _T:
            return await asyncio.to_thread(work, ports)

        try:
            return await process.run(self._told(process, self.vault.opened(), story))
        except SyncdError as error:
            self._tell_end(process, error)
            return None

    def _befalling(self, process: Process, asked: Asked) -> list[Coroutine[Any, Any, None]]:
        tasks: list[Coroutine[Any, Any, None]] = []
        if asked.killed_after is not None:
            tasks.append(_later(asked.killed_after, process.die))
        if asked.stopped_after is not None:
            tasks.append(_later(asked.stopped_after, process.stop.set))
        if asked.frozen is not None:
            start, length = asked.frozen
            end = self.now + start + length
            tasks.append(_later(start, lambda: process.freeze(end)))
        return tasks

    def _tell_end(self, process: Process, error: SyncdError) -> None:
        """One state words its errors like no other."""
        self.trace.note(f"a run ends by {type(error).__name__}")
        words = "" if isinstance(error, StateError) else f": {error}"
        self.trace.tell(process.name, f"ends: {type(error).__name__}{words}")

    def _note(self, result: CycleResult) -> None:
        guards = ", ".join(stop.guard.value for stop in result.guards)
        changes = " ".join(
            f"{one.change.action.value}:{one.change.id}={one.outcome.value}"
            for one in result.changes
        )
        states = " ".join(
            f"{state.value}={count}" for state, count in sorted(result.states.items())
        )
        self.trace.tell(result.id, f"ends: {states} [{guards}] {changes} error={result.error}")
        for stop in result.guards:
            self.trace.note(f"guard {stop.guard.value}")
        for one in result.changes:
            self.trace.note(f"change {one.outcome.value}")
        for state, count in result.states.items():
            self.trace.noted[f"state {state.value}"] += count
        self.trace.note(f"mode {result.mode.value}")
        if result.guards and not self.processes[result.id].rehearses:
            self.stopped.append(result.id)


_WALKS: Final = {Mode.DRY_RUN: rehearse, Mode.PLAN: rehearse, Mode.ADOPT: rebuild}


async def _later(seconds: float, deed: Callable[[], object]) -> None:
    await asyncio.sleep(seconds)
    deed()
