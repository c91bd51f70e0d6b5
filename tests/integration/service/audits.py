"""Audits of a shop, with or without repair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from syncd.domain.attributes import ItemId
from syncd.domain.audit import Audit, FindingKind
from syncd.domain.cycle import CycleResult, Mode
from syncd.domain.item import RemoteItem
from syncd.service.audit import Auditing
from syncd.service.repair import repair
from syncd.state import open_state
from tests.fakes.remote import FakeRemote
from tests.integration.service.shop import Shop


@dataclass(slots=True)
class Interrupted(FakeRemote):
    """Lets something happen with every question, after the state was read for it."""

    happens: Callable[[], None] = lambda: None

    async def items(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteItem]:
        self.happens()
        return await FakeRemote.items(self, ids)


def had_a_turn_before(shop: Shop) -> None:
    """Have held the lease once, as a daemon has after its first poll."""
    with shop.state.lease("the daemon", timedelta()):
        pass


def take_a_turn(shop: Shop) -> None:
    """Take the lease and free it, as another process does that runs a cycle."""
    with closing(open_state(shop.url, shop.clock)) as other, other.lease("a run", timedelta()):
        pass


async def audited(shop: Shop, sample: int | None = None, **asked: Any) -> Audit:  # noqa: ANN401 - CycleRequest's own
    """Audit the shop; all of it, or a sample."""
    request = shop.asked(Mode.REPAIR, **asked)
    auditing = Auditing(shop.ports, shop.remote, shop.terms, request)
    return await (auditing.whole() if sample is None else auditing.sample(sample))


async def repaired(shop: Shop, audit: Audit) -> CycleResult:
    """Mend what this audit found."""
    result = await repair(shop.ports, shop.terms, shop.asked(Mode.REPAIR), audit)
    assert result is not None
    return result


def found(audit: Audit) -> dict[str, FindingKind]:
    """The findings' kinds by id."""
    return {one.id: one.kind for one in audit.findings}
