"""A shop in good order, and what it means that an incident has done it no harm."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests.acceptance.kills.evidence import Write, writes_in
from tests.acceptance.kills.launcher import Ended
from tests.acceptance.kills.stage import Objects, Stage
from tests.shop import Row, row

ROWS: Final = 30
"""Enough for shares to count (guards.min_items_for_share)."""
DAY: Final = 86_400.0
LIMITS: Final = ("max_delete", "max_update", "max_same_change", "max_shrink", "canary")


def lifted(*but: str) -> str:
    """A configuration in which no limit holds anything back, but for those that are named."""
    lines = (f"{limit} = 1.0\n" for limit in LIMITS if limit not in but)
    return "[guards]\n" + "".join(lines)


@dataclass
class Order:
    """A shop whose items are all in sync, beside some that are not its own."""

    stage: Stage
    rows: list[Row]
    items: Objects

    def untouched(self) -> None:
        """Nothing was sent that could change anything, and everything is there."""
        assert self.writes() == []
        assert self.stage.remote.items() == self.items

    def well_again(self, later: float = 0.0) -> None:
        """The right catalog is back: there is nothing to mend."""
        self.stage.shop.stock(self.rows)
        ended = self.stage.run("--once", later=later)
        assert ended.code == 0, ended
        self.untouched()

    def writes(self) -> list[Write]:
        return writes_in(self.stage.remote.requests())


def in_order(stage: Stage, extra: str = "") -> Order:
    """Bring a shop of thirty rows in sync, and forget how that was done."""
    stage.shop.configure(extra)
    rows = [row(number) for number in range(ROWS)]
    stage.shop.stock(rows)
    stage.seed([{"id": "HAND-MADE", "partNumber": "P-99", "manufacturerId": "acme"}])
    stage.well("--once")
    stage.remote.forget_requests()
    return Order(stage, rows, stage.remote.items())


def told(ended: Ended, *parts: str) -> None:
    """What the run said names the thing, the reason and the next step, in this order."""
    said = re.sub(r"\s+", " ", ended.stdout + ended.stderr)
    place = 0
    for part in parts:
        found = re.compile(part).search(said, place)
        assert found, f"{part!r} is not told, after {said[:place]!r}, in {said!r}"
        place = found.end()


def created_once(log: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The ids that were made, each of them once."""
    made = [one.id for one in writes_in(log) if one.deed == "create" and one.carried_out]
    assert len(made) == len(set(made)), made
    yield from made
