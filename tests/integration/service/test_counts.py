"""What a cycle's changes came to stays in the history, which does not tell the changes."""

from __future__ import annotations

from datetime import timedelta

from syncd.domain.cycle import Counts
from syncd.domain.delivery import Failure, Refused, Transient
from tests.integration.service.shop import Shop

REFUSED = Refused(Failure(409, "invalid_parameter", "No such pair."))
OUT = Transient(Failure(503, "service_unavailable", "Out."), in_doubt=False)


async def test_the_history_counts_what_came_of_the_changes(shop: Shop) -> None:
    shop.stock("a", "b", "c", "d", "e")
    shop.remote.script("b", REFUSED)
    shop.remote.script("c", *[OUT] * 9)
    await shop.run(wait=timedelta())

    (kept,) = shop.state.cycles(1)
    assert kept.changes == ()
    assert kept.counts == Counts(create=3, failed=1, refused=1)


async def test_a_quiet_cycle_counts_nothing(shop: Shop) -> None:
    shop.stock("a")
    await shop.settled()
    await shop.run()

    assert shop.state.cycles(1)[0].counts == Counts()
