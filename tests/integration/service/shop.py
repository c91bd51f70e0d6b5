"""One merchant: catalog and remote in memory, the state in a real file, and time that leaps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from syncd.data import load_rule_book
from syncd.domain.attributes import Attribute, Attributes, ItemId, Value
from syncd.domain.change import Action, Change, Plan
from syncd.domain.cycle import CycleId, CycleResult, Guard, Mode
from syncd.domain.journal import JournalEntry
from syncd.domain.policy import Limits, Policy
from syncd.domain.tracking import SkuState, Tracked
from syncd.engine import turns
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.ports import State
from syncd.service.approve import Approved, approve
from syncd.service.cycle import rehearse, run_cycle
from syncd.service.terms import CycleRequest, Ports, Terms
from syncd.state import open_existing_read_only, open_state
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clocks import LeapingClock
from tests.fakes.remote import FakeRemote

RULES = load_rule_book()
SOUND: Mapping[str, str] = {
    "manufacturer_id": "acme",
    "country_of_origin": "DK",
    "eccn": "EAR99",
    "hs_code": "6404.20",
}


class Shop:
    """What a test arranges, runs and looks at; every part may be changed between the cycles."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "state.db"
        self.clock = LeapingClock()
        self.catalog = FakeCatalog()
        self.remote = FakeRemote()
        self.state = open_state(self.url, self.clock)
        self.terms = Terms(Policy(), Limits(), RULES, "account-1", in_flight=16)
        self._cycles = 0

    @property
    def url(self) -> str:
        return f"sqlite:///{self.file}"

    @property
    def lock(self) -> Path:
        """The file that shows who holds the lease."""
        return self.file.with_name(f"{self.file.name}.lock")

    @property
    def ports(self) -> Ports:
        return Ports(self.catalog, self.remote, self.state, self.clock)

    # -- arranging

    def stock(self, *items: str, **changed: str | None) -> None:
        """Put sound rows into the catalog, each with its own part number, and rewrite it."""
        for item in items:
            self.catalog.put(item, **{"part_number": f"P-{item}", **SOUND, **changed})
        self.catalog.rewrite()

    def drop(self, *items: str) -> None:
        """Take rows out of the catalog and rewrite it."""
        for item in items:
            del self.catalog.rows[item]
        self.catalog.rewrite()

    def policy(self, **changed: Any) -> None:  # noqa: ANN401 - `replace` checks them
        self.terms = replace(self.terms, policy=replace(self.terms.policy, **changed))

    def limits(self, **changed: Any) -> None:  # noqa: ANN401 - `replace` checks them
        self.terms = replace(self.terms, limits=replace(self.terms.limits, **changed))

    def account(self, account: str) -> Terms:
        """The terms with another account."""
        return replace(self.terms, account=account)

    def later(self, **passed: float) -> None:
        """Let time pass."""
        self.clock.moment += timedelta(**passed)

    # -- running

    def asked(self, mode: Mode = Mode.ONCE, **asked: Any) -> CycleRequest:  # noqa: ANN401 - CycleRequest's own
        self._cycles += 1
        return CycleRequest(CycleId(f"cycle-{self._cycles:04}"), mode, "the test", **asked)

    async def run(self, **asked: Any) -> CycleResult:  # noqa: ANN401 - CycleRequest's own
        """Run one cycle; a test that wants only its own requests clears `remote.calls` before."""
        return await run_cycle(self.ports, self.terms, self.asked(**asked))

    async def dry_run(self, **asked: Any) -> CycleResult:  # noqa: ANN401 - CycleRequest's own
        """Rehearse one cycle, on a state that is opened to be read as the command does it."""
        with closing(open_existing_read_only(self.url)) as state:
            ports = replace(self.ports, state=state)
            return await rehearse(ports, self.terms, self.asked(Mode.DRY_RUN, **asked))

    async def settled(self) -> None:
        """Run a first cycle that everything comes through, and forget its requests."""
        result = await self.run()
        assert exit_code(result) is ExitCode.OK, result
        self.remote.calls.clear()

    def approve(self, cycle: CycleId) -> Approved:
        """Approve what this cycle's guards have stopped."""
        return approve(self.state, self.clock, self.terms, cycle, "the test")

    def restart(self) -> None:
        """Open the state anew, as the next process would; the old one was not closed."""
        self.state = open_state(self.url, self.clock)

    # -- looking

    def sku(self, item: str) -> Tracked:
        return self.state.tracked([ItemId(item)])[ItemId(item)]

    def knows(self, item: str) -> bool:
        return bool(self.state.tracked([ItemId(item)]))

    def state_of(self, item: str) -> SkuState:
        return self.sku(item).state

    def journal(self, item: str) -> list[JournalEntry]:
        return list(self.state.journal_of(ItemId(item)))

    def item(self, item: str) -> dict[Attribute, Value]:
        return self.remote.contents[ItemId(item)]

    def wrote(self, action: Action | None = None) -> list[str]:
        """The ids of the changes that were sent, in order."""
        return [change.id for change in self.remote.written(action)]

    def asked_for(self, name: str) -> list[tuple[ItemId, ...]]:
        """The ids of each request of this name."""
        return [call.ids for call in self.remote.calls if call.name == name]

    def tables(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table, as it stands in the file."""
        with closing(sqlite3.connect(self.file)) as database:
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return {
                name: sorted(database.execute(f'SELECT * FROM "{name}"'), key=repr)  # noqa: S608 - the table's own name
                for (name,) in names.fetchall()
            }


@contextmanager
def opened(folder: Path) -> Iterator[Shop]:
    """A shop in this folder."""
    shop = Shop(folder)
    try:
        yield shop
    finally:
        shop.state.close()


def outcomes(result: CycleResult) -> dict[str, tuple[str, str]]:
    """What became of every change: its kind and its outcome by id."""
    return {one.change.id: (one.change.action.value, one.outcome.value) for one in result.changes}


def guards(result: CycleResult) -> list[Guard]:
    return [stop.guard for stop in result.guards]


def values(**given: Value) -> Attributes:
    """Attributes by their keys."""
    return {Attribute[name.upper()]: value for name, value in given.items()}


def numbered(count: int, start: int = 0) -> list[str]:
    """Ids that sort as they count."""
    return [f"sku-{number:04}" for number in range(start, start + count)]


def in_turn(items: Sequence[str]) -> list[str]:
    """These ids in the order in which they are sent, where none was tried before."""
    plan = Plan(tuple(Change(ItemId(item), Action.CREATE, 1) for item in items))
    return [change.id for change in turns.in_turn(plan, frozenset()).changes]


def second_look(shop: Shop) -> State:
    """The state as another process sees it at this moment; the caller closes it."""
    return open_existing_read_only(shop.url)
