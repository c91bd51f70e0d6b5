"""What the pages cost on a state of one million SKUs with a busy day behind it.

Counted is the processor's time of this process, server and client, whatever else the machine does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change
from syncd.domain.cycle import Counts, CycleId, CycleResult, Mode
from syncd.domain.delivery import Kind
from syncd.domain.journal import Intent, Settlement
from syncd.domain.snapshot import HeldSku
from syncd.domain.tracking import SkuState, Tracked
from syncd.ports import State
from syncd.service.board import CYCLES
from syncd.service.cycle import KEPT_IN_HISTORY
from syncd.state import open_state
from tests.bench.conftest import Tell
from tests.bench.figure import Figure, at_most
from tests.integration.web import scenes
from tests.integration.web.room import NOON, Room, url_of, visited

if TYPE_CHECKING:
    import httpx

SKUS = 1_000_000
WRITES = 100_000
HELD = 20_000
REFUSED = 20_000
AT_ONCE = 10_000
_ROUNDS = 20


def _row(number: int) -> Tracked:
    if number < HELD:
        return scenes.held(number, scenes.NO_COUNTRY)
    if number < HELD + REFUSED:
        return scenes.refused(number)
    return scenes.sku(number)


def _fill(state: State) -> None:
    for start in range(0, SKUS, AT_ONCE):
        with state.transaction() as transaction:
            transaction.put([_row(number) for number in range(start, start + AT_ONCE)])
    change = {Attribute.COUNTRY_OF_ORIGIN: AttributeChange("CN", "DK")}
    for start in range(0, WRITES, AT_ONCE):
        with state.transaction() as transaction:
            intents = [
                Intent(
                    CycleId("busy"),
                    Change(ItemId(f"SKU-{number:05}"), list(Action)[number % 3], 3, change),
                    None,
                    NOON - timedelta(hours=23) * (number / WRITES),
                )
                for number in range(start, start + AT_ONCE)
            ]
            begun = transaction.begin_writes(intents)
            transaction.end_writes([Settlement(one, Kind.ACCEPTED, NOON) for one in begun])
    _record_cycles(state)


def _record_cycles(state: State) -> None:
    """As many as are looked at, each with all that the history keeps of one."""
    held = tuple(HeldSku(f"HELD-{number}", scenes.NO_COUNTRY) for number in range(KEPT_IN_HISTORY))
    states = {SkuState.IN_SYNC: SKUS - HELD - REFUSED, SkuState.HELD: HELD}
    with state.transaction() as transaction:
        for number in range(CYCLES):
            at = NOON - number * scenes.POLL
            cycle = CycleResult(
                CycleId(f"c{CYCLES - number:04}"),
                Mode.SCHEDULED,
                at,
                at,
                None,
                held=held,
                states=states,
                counts=Counts(),
            )
            transaction.record_cycle(cycle)
            transaction.seal(cycle.id, at)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("pages")
    with closing(open_state(url_of(folder))) as state:
        _fill(state)
        room = Room(folder, state, {})
        room.work_well()
        with visited(room) as client:
            yield client


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "path",
    ["/", "/held", "/quarantined?after=REFUSED-39000", "/search?q=SKU-9", "/sku/SKU-99999"],
)
def test_a_page_is_made_in_a_tenth_of_a_second(client: httpx.Client, path: str, tell: Tell) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    took = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        client.get(path)
        took.append(time.process_time() - began)

    tell(Figure(f"page {path}", median(took), "s", at_most(0.1)))
    tell(Figure(f"page {path}: length", len(answer.content) / 1024, "KiB"))
