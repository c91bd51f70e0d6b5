"""The rolling audit: every known item once in a round, whatever steps are missed."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.audit import Audit, Extent, FindingKind
from syncd.domain.change import Resource
from syncd.domain.cycle import Mode
from syncd.domain.tracking import Ownership, Tracked
from syncd.errors import RemoteUnavailableError
from syncd.service import rolling
from syncd.service.account import ACCOUNT, KEY_KIND
from syncd.service.audit import Auditing
from syncd.service.rolling import roll
from syncd.service.rounds import last_round, rolling_bound, step_of
from syncd.state import open_state
from tests.integration.service.audits import Interrupted, found, had_a_turn_before, take_a_turn
from tests.integration.service.shop import Shop, numbered, values

DAY = timedelta(days=1)
STEP = timedelta(minutes=5)
ITEMS = 300


@pytest.fixture
def kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop that knows many items as they are, looked up ten a request."""
    monkeypatch.setattr(rolling, "IDS_A_REQUEST", 10)
    ids, whole = numbered(ITEMS), {**dict.fromkeys(Attribute), **values(part_number="P")}
    for item in ids:
        shop.remote.put(item, whole)
    with shop.state.transaction() as transaction:
        transaction.remember(ACCOUNT, shop.terms.account)
        transaction.remember(KEY_KIND, shop.terms.key_kind)
        transaction.put(
            [
                Tracked(ItemId(item), 1, whole, whole, ownership=Ownership.OWNED, revision=1)
                for item in ids
            ]
        )
    shop.terms = replace(shop.terms, rolling=DAY)
    return shop


async def step(shop: Shop) -> Audit:
    request = shop.asked(Mode.REPAIR, lease_wait=timedelta())
    auditing = Auditing(shop.ports, shop.remote, shop.terms, request)
    return await roll(shop.ports, shop.terms, request, auditing)


async def test_each_item_is_looked_at_once_in_a_round(kept: Shop) -> None:
    steps = 0
    while (at := last_round(kept.state)) is None or at.took is None:
        await step(kept)
        kept.later(minutes=5)
        steps += 1

    asked = Counter(item for ids in kept.asked_for("items") for item in ids)
    assert asked == Counter(numbered(ITEMS))
    assert at.took <= DAY
    assert steps <= DAY / STEP
    assert kept.wrote() == []


async def test_missed_steps_are_made_up_for(kept: Shop) -> None:
    await step(kept)
    kept.remote.calls.clear()
    kept.later(hours=12)

    await step(kept)

    assert sum(map(len, kept.asked_for("items"))) == ITEMS / 2


async def test_after_a_long_rest_one_step_is_a_round_and_no_more(kept: Shop) -> None:
    await step(kept)
    kept.remote.calls.clear()
    kept.later(days=30)

    await step(kept)

    assert sum(map(len, kept.asked_for("items"))) == ITEMS - 10


async def test_a_clock_that_was_put_back_looks_at_a_little(kept: Shop) -> None:
    await step(kept)
    kept.later(days=-1)
    kept.remote.calls.clear()

    await step(kept)

    assert sum(map(len, kept.asked_for("items"))) == 10


async def test_a_step_finds_what_drifted_and_what_vanished(kept: Shop) -> None:
    kept.remote.contents[ItemId("sku-0001")][Attribute.PART_NUMBER] = "X"
    del kept.remote.contents[ItemId("sku-0002")]

    audit = await step(kept)

    assert found(audit) == {
        "sku-0001": FindingKind.DRIFTED,
        "sku-0002": FindingKind.VANISHED,
    }
    assert audit.extent is Extent.PART


async def test_a_step_that_fails_is_done_again(kept: Shop) -> None:
    outage = RemoteUnavailableError("Digital River", "it is out", "Run again later")
    kept.remote.fail_read(Resource.INVENTORY_ITEM, *[outage] * 12)
    with pytest.raises(RemoteUnavailableError):
        await step(kept)
    kept.remote.read_errors.clear()
    kept.remote.calls.clear()

    await step(kept)

    assert kept.asked_for("items") == [tuple(numbered(10))]


async def test_a_step_that_a_guard_stops_is_done_again(kept: Shop) -> None:
    right = kept.terms
    kept.terms = replace(right, key_kind="live")
    assert (await step(kept)).guards
    assert last_round(kept.state) is None
    assert rolling_bound(kept.state, DAY, kept.clock.now()) is None
    kept.terms = right

    await step(kept)

    assert kept.asked_for("items") == [tuple(numbered(10))]


async def test_a_step_is_remembered_though_another_process_has_had_its_turn(kept: Shop) -> None:
    had_a_turn_before(kept)
    kept.remote = Interrupted(contents=kept.remote.contents, happens=partial(take_a_turn, kept))
    del kept.remote.contents[ItemId("sku-0002")]

    await step(kept)
    await step(kept)

    assert kept.asked_for("items") == [tuple(numbered(10)), tuple(numbered(10, start=10))]
    assert set(kept.state.observed([ItemId("sku-0002")])) == {"sku-0002"}


async def test_a_step_during_a_command_is_done_again(kept: Shop) -> None:
    with closing(open_state(kept.url, kept.clock)) as other, other.lease("a", timedelta()):
        audit = await step(kept)
        assert (audit.looked_up, last_round(kept.state)) == (10, None)

    await step(kept)

    assert kept.asked_for("items") == [tuple(numbered(10))] * 2


async def test_an_empty_state_costs_nothing(shop: Shop) -> None:
    await step(shop)

    assert shop.remote.calls == []


@pytest.mark.parametrize(
    ("length", "step_length"),
    [(DAY, STEP), (timedelta(hours=1), timedelta(minutes=1)), (2 * DAY, 2 * STEP)],
)
def test_a_step_is_a_part_of_the_round_and_a_minute_at_least(
    length: timedelta, step_length: timedelta
) -> None:
    assert step_of(length) == step_length


async def test_the_bound_holds_only_while_steps_are_done(kept: Shop) -> None:
    state, now = kept.state, kept.clock.now
    assert rolling_bound(state, DAY, now()) is None
    await step(kept)

    assert rolling_bound(state, DAY, now()) == DAY + STEP
    assert rolling_bound(state, timedelta(), now()) is None
    kept.later(minutes=20)
    assert rolling_bound(state, DAY, now()) is None
