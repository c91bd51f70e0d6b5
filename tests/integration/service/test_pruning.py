"""The history is kept as long as asked for, and what budgets and people still need longer."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action
from syncd.domain.journal import Deed
from syncd.errors import LeaseLostError, StateError
from syncd.service.prune import PATIENCE, prune
from syncd.service.verify import verify
from tests.integration.service.shop import Shop

DAY = timedelta(days=1)


@pytest.fixture
def kept(shop: Shop) -> Shop:
    """A shop that keeps three days."""
    shop.terms = replace(shop.terms, keep_journal=3 * DAY)
    shop.limits(max_update=1.0, max_same_change=100)
    return shop


async def live(shop: Shop, days: int) -> None:
    """Change one item a day."""
    for day in range(days):
        shop.later(days=1)
        shop.stock("a", part_number=f"P-{shop.clock.now():%j}-{day}")
        await shop.run()


async def test_cycles_and_writes_are_forgotten_when_they_are_too_old(kept: Shop) -> None:
    await live(kept, 6)

    started = [cycle.started for cycle in kept.state.cycles(99)]
    assert min(started) >= kept.clock.now() - 3 * DAY
    assert len(started) == len(kept.journal("a")) == 4
    verdict = verify(kept.state)
    assert (verdict.breach, verdict.cycles) == (None, 4)
    assert verdict.pruned_upto is not None


async def test_nothing_is_looked_for_more_than_once_a_day(
    kept: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def ask(_: object, before: object) -> tuple[int, ...]:
        asked.append(before)
        return ()

    monkeypatch.setattr(type(kept.state), "prune", ask)
    kept.stock("a")
    for _ in range(9):
        await kept.run()
        kept.later(hours=6)

    assert len(asked) == 2


async def test_writes_that_a_budget_counts_stay(kept: Shop) -> None:
    kept.limits(budget_window=4 * DAY)
    await live(kept, 6)

    assert len(kept.journal("a")) == 5
    assert kept.state.written_since(kept.clock.now() - 4 * DAY, Action.UPDATE) == {"a"}


async def test_an_item_made_again_counts_although_its_first_create_is_forgotten(
    kept: Shop,
) -> None:
    kept.stock("b")
    await kept.run()
    await live(kept, 5)
    del kept.remote.contents[ItemId("b")]
    kept.stock("b", country_of_origin="SE")

    await kept.run()

    assert [entry.deed for entry in kept.journal("b")] == [Deed.UPDATE, Deed.CREATE]
    assert kept.state.recreated_since(kept.clock.now() - DAY) == {"b"}


async def test_writes_since_a_change_that_no_plan_has_passed_yet_stay(
    kept: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live(kept, 1)
    since = kept.clock.now()
    monkeypatch.setattr("syncd.service.prune.changed_since", lambda _: since)

    await live(kept, 5)

    assert len(kept.journal("a")) == 6


async def test_a_clock_that_jumps_ahead_costs_little_of_the_history(kept: Shop) -> None:
    await live(kept, 4)
    before = len(kept.journal("a"))
    kept.later(days=3650)

    await kept.run()

    assert len(kept.journal("a")) >= before - 2
    await live(kept, 5)
    kept.later(days=-3655)
    await live(kept, 5)
    today = [entry for entry in kept.journal("a") if entry.begun <= kept.clock.now()]
    assert len(today) == 4
    assert verify(kept.state).breach is None


async def test_approvals_that_have_expired_are_forgotten(kept: Shop) -> None:
    kept.stock(*(f"sku-{number}" for number in range(30)))
    await kept.run()
    kept.limits(max_update=1)
    kept.stock(*(f"sku-{number}" for number in range(30)), country_of_origin="CA")
    stopped = await kept.run()
    assert kept.approve(stopped.id).approvals
    assert _count(kept, "approval") == 30

    kept.later(days=2)
    await kept.run()

    assert _count(kept, "approval") == 0


async def test_a_long_removal_is_broken_off_and_taken_up_again(
    kept: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live(kept, 3)
    steps = iter([5, 5, 5])

    def slowly(_: object, __: object) -> object:
        for step in steps:
            kept.clock.moment += PATIENCE
            yield step

    with monkeypatch.context() as patch:
        patch.setattr(type(kept.state), "prune", slowly)
        await live(kept, 1)
        assert len(list(steps)) == 1
    before = len(kept.journal("a"))
    kept.later(hours=1)
    await live(kept, 3)
    assert len(kept.journal("a")) < before + 3


async def test_a_stop_ends_the_removal(kept: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await live(kept, 1)
    steps = iter(range(1, 9))
    monkeypatch.setattr(type(kept.state), "prune", lambda *_: steps)
    kept.later(days=1)
    asked = kept.asked()
    asked.stop.set()

    prune(kept.ports, kept.terms, asked.stop)

    assert next(steps) == 2


async def test_a_state_that_fails_then_does_not_fail_the_cycle(
    kept: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StateError("state", "the disk is full", "Free some space")

    await live(kept, 1)
    monkeypatch.setattr(type(kept.state), "prune", fail)
    await live(kept, 1)

    assert len(kept.state.cycles(9)) == 2


async def test_a_lease_that_is_lost_then_fails_it(
    kept: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LeaseLostError("state", "another has taken it over", "Run again")

    await live(kept, 1)
    monkeypatch.setattr(type(kept.state), "prune", fail)
    with pytest.raises(LeaseLostError):
        await live(kept, 1)


def _count(shop: Shop, table: str) -> int:
    with closing(sqlite3.connect(shop.file)) as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - a name of ours
