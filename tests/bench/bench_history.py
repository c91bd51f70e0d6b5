"""How long a cycle of 100,000 writes takes to be sealed, verified and pruned, and what stays."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change
from syncd.domain.cycle import CycleId, CycleResult, Mode
from syncd.domain.delivery import Kind
from syncd.domain.journal import Intent, Settlement
from syncd.ports import Lease, State
from syncd.service.verify import verify
from syncd.state import open_state
from tests.bench.conftest import Tell
from tests.bench.figure import Beside, Figure, at_most

WRITES = 100_000
AT_ONCE = 256
_CHECKS = 10_000
FIRST = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)


def _write(state: State, cycle: CycleId, at: datetime, count: int) -> None:
    """Record writes as delivery does: intents and outcomes in batches."""
    change = {Attribute.COUNTRY_OF_ORIGIN: AttributeChange("CN", "DK")}
    before = {Attribute.PART_NUMBER: "PN-1234567", Attribute.COUNTRY_OF_ORIGIN: "CN"}
    for start in range(0, count, AT_ONCE):
        ids = [ItemId(f"SKU-{number:08}") for number in range(start, min(start + AT_ONCE, count))]
        with state.transaction() as transaction:
            intents = [
                Intent(cycle, Change(item, Action.UPDATE, 3, change), before, at) for item in ids
            ]
            writes = transaction.begin_writes(intents)
            transaction.end_writes(
                [Settlement(write, Kind.ACCEPTED, at, request_id="r" * 36) for write in writes]
            )


def _finish(state: State, cycle: CycleId, at: datetime) -> None:
    with state.transaction() as transaction:
        transaction.record_cycle(CycleResult(cycle, Mode.ONCE, at, at, None))
        transaction.seal(cycle, at)


def _seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return round(time.perf_counter() - began, 4)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "syncd.db"


@pytest.fixture
def state(file: Path) -> Iterator[State]:
    with closing(open_state(f"sqlite:///{file}")) as state:
        yield state


def _check_often(lease: Lease) -> None:
    for _ in range(_CHECKS):
        lease.check()


@pytest.mark.timeout(300)
def test_a_great_cycle_is_sealed_verified_and_pruned(state: State, tell: Tell) -> None:
    great, small = CycleId("1"), CycleId("2")
    writing = _seconds(lambda: _write(state, great, FIRST, WRITES))
    sealing = _seconds(lambda: _finish(state, great, FIRST))
    quiet = _seconds(lambda: _finish(state, small, FIRST + DAY))
    verifying = _seconds(lambda: verify(state))

    steps: list[float] = []
    pruning = state.prune(FIRST + DAY / 2)
    while True:
        began = time.perf_counter()
        if next(pruning, None) is None:
            break
        steps.append(time.perf_counter() - began)

    name = f"history of {WRITES:,} writes"
    tell(Figure(f"{name}: recorded", writing, "s"))
    tell(Figure(f"{name}: sealed", sealing, "s"))
    tell(Figure("a quiet cycle: sealed", quiet, "s"))
    tell(Figure(f"{name}: verified", verifying, "s"))
    tell(Figure(f"{name}: pruned, {len(steps):,} steps", sum(steps), "s"))
    tell(Figure(f"{name}: the longest step", max(steps), "s", at_most(0.2)))


@pytest.mark.timeout(300)
def test_a_file_that_is_pruned_does_not_grow(state: State, file: Path, tell: Tell) -> None:
    sizes = []
    for day in range(40):
        at = FIRST + day * DAY
        cycle = CycleId(f"{day:04}")
        _write(state, cycle, at, 5_000)
        _finish(state, cycle, at)
        for _ in state.prune(at - 7 * DAY):
            pass
        sizes.append(file.stat().st_size)

    beside = Beside("after 13 days", sizes[12] / 1e6)
    tell(Figure("state after 40 days, 7 of them kept", sizes[-1] / 1e6, "MB", at_most(1.1), beside))


def test_what_a_lease_costs(state: State, tell: Tell) -> None:
    def take() -> None:
        with state.lease("bench", timedelta(0)):
            pass

    def write() -> None:
        with state.transaction() as transaction:
            transaction.remember("a", "b")

    takes = min(_seconds(take) for _ in range(20))
    without = min(_seconds(write) for _ in range(50))
    with state.lease("bench", timedelta(0)) as lease:
        within = min(_seconds(write) for _ in range(50))
        checking = _seconds(lambda: _check_often(lease)) / _CHECKS

    tell(Figure("a lease taken and given back", takes, "s"))
    tell(Figure("a fenced transaction", within, "s", None, Beside("one without a lease", without)))
    tell(Figure("a departure's look at the lease", checking * 1e6, "µs"))
