"""A shop on the eve of a command, and how it comes to be configured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from syncd.sandbox import Fault, FaultKind
from tests.acceptance.kills.stage import Stage
from tests.shop import Row, item_of, row

Line = tuple[str, ...]

ONE_THREAD: Final = "[catalog]\nthreads = 1"
"""More than one only quarrel over a catalog of so few rows."""
ONE_BY_ONE: Final = "max_in_flight = 1"
SIDE_BY_SIDE: Final = "max_in_flight = 8"
GUARDS: Final = """
[guards]
max_delete = 100
max_update = {max_update}
max_same_change = 1.0
max_shrink = 1.0
canary = 1.0
delete_after = "0s"
delete_reads = 2
"""


@dataclass(frozen=True)
class Arranged:
    """A shop on the eve of a command.

    `rows` are what the items must be like in the end, as a rule the catalog's. Of their ids, `kept`
    stay at the remote as they were (held, refused, foreign), all others become as the rows wish;
    `deleted` are ids that must be gone. `skus` are all SKUs that there must be in the end, None
    where only items are kept. `line` is the command that is killed, empty for the daemon,
    `later` how many seconds from now, `code` how it ends by itself; `recovery` are the commands
    after which everything must stand as it should, `settled` is how a run ends that finds it so.
    `stock` is what a snapshot must have noted of each item, and `source` begins the paths by which
    Digital River is the catalog, too: a quiet cycle reads there.
    """

    rows: tuple[Row, ...]
    line: Line
    code: int = 0
    settled: int = 0
    recovery: tuple[Line, ...] = (("--once",),)
    kept: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    skus: Mapping[str, Mapping[str, object]] | None = None
    writes_nothing: bool = False
    later: float = 0.0
    stock: Mapping[str, float] = field(default_factory=dict)
    source: tuple[str, ...] = ()


Story = Callable[[Stage, str], Arranged]
"""Arranges a shop whose requests depart as the configuration line says, such as one by one."""


def configure(stage: Stage, pace: str, max_update: int = 100) -> None:
    stage.shop.configure(GUARDS.format(max_update=max_update))
    depart(stage, pace)


def depart(stage: Stage, pace: str) -> None:
    text = stage.shop.configuration.read_text()
    paced = text.replace("[state]", f"{pace}\n[state]").replace("[catalog]", ONE_THREAD, 1)
    stage.shop.configuration.write_text(paced)


def meddled_with(stage: Stage, pace: str) -> tuple[Row, ...]:
    """Three rows in sync of old, and others have changed one item since and deleted another."""
    configure(stage, pace)
    rows = tuple(row(number) for number in range(3))
    stage.shop.stock(rows)
    stage.well("--once")
    stage.remove_items("SKU-0001")
    stage.seed(
        [
            {"id": "SKU-0000", **item_of(row(0, origin="SE"))},
            {"id": "HAND-MADE", **item_of(row(99))},
        ]
    )
    stage.faults.append(Fault(kind=FaultKind.LOST, method="POST", id="SKU-0000", count=1))
    return rows
