"""Whoever watches a cycle sees the catalog come, and a stop ends even a read that takes long."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from syncd.service.cycle import INTERRUPTED
from tests.integration.service.shop import Shop


@dataclass
class Watched:
    """Notes what it is shown, and asks for a stop in a phase."""

    stop: asyncio.Event
    stop_in: str = ""
    phases: list[tuple[str, int]] = field(default_factory=list)

    def phase(self, name: str, total: int | None) -> None:
        assert total is None or total >= 0
        self.phases.append((name, 0))

    def advance(self, steps: int = 1) -> None:
        name, done = self.phases.pop()
        self.phases.append((name, done + steps))
        if name == self.stop_in:
            self.stop.set()


async def test_a_read_is_seen_to_go_on_row_by_row(shop: Shop) -> None:
    shop.stock("a", "b", "c")
    watched = Watched(asyncio.Event())

    await shop.run(progress=watched, stop=watched.stop)

    assert watched.phases[:3] == [
        ("looking at the catalog", 0),
        ("reading the catalog", 3),
        ("recording what changed", 3),
    ]


async def test_a_stop_ends_a_read_before_it_is_compared(shop: Shop) -> None:
    shop.stock("a")
    watched = Watched(asyncio.Event(), stop_in="looking at the catalog")

    result = await shop.run(progress=watched, stop=watched.stop)

    assert result.error == INTERRUPTED
    assert (shop.catalog.scopes, shop.knows("a")) == ([], False)
