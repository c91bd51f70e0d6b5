"""A dry run: GETs alone, not a byte of the state changed, and what it says is what happens."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action, ChangeOutcome
from syncd.domain.cycle import CycleResult, Guard
from syncd.domain.delivery import Failure, Refused
from syncd.engine.standing import dry_run_exit_code, dry_run_findings
from syncd.errors import ExitCode
from tests.integration.service.shop import Shop, guards, numbered, outcomes

REFUSED = Refused(Failure(409, "invalid_parameter", "no such product", "manufacturerId"))


@pytest.fixture
async def busy(shop: Shop) -> Shop:
    """A shop in which every kind of change is due, and every kind of trouble present."""
    shop.policy(delete_reads=1)
    shop.stock("refused", *numbered(40))
    shop.remote.script("refused", REFUSED)
    await shop.run()
    shop.drop(*numbered(3))
    await shop.run()
    shop.later(hours=23)
    shop.stock(*numbered(3, start=10), country_of_origin="SE")
    shop.stock("held", country_of_origin="UK")
    shop.stock("adopted", "unequal", "managed", "new")
    equal = {**shop.item("sku-0010"), Attribute.PART_NUMBER: "P-adopted"}
    shop.remote.put("adopted", equal)
    shop.remote.put("unequal", {**equal, Attribute.COUNTRY_OF_ORIGIN: "CA"})
    shop.remote.managed_ids.add(ItemId("managed"))
    shop.remote.stocked_ids.add(ItemId("sku-0001"))
    shop.later(hours=1, minutes=30)
    shop.remote.calls.clear()
    return shop


def planned(result: CycleResult) -> list[tuple[str, str, object]]:
    return [(one.change.id, one.change.action.value, one.change) for one in result.changes]


async def test_it_asks_and_never_writes(busy: Shop) -> None:
    before = busy.tables()
    contents = {item: dict(found) for item, found in busy.remote.contents.items()}

    result = await busy.dry_run()

    assert busy.tables() == before
    assert busy.wrote() == []
    assert busy.remote.contents == contents
    assert {call.name for call in busy.remote.calls} == {"items", "managed", "stocked"}
    assert result.requests == len(busy.remote.calls)
    assert dry_run_exit_code(result) is ExitCode.OK
    assert dry_run_findings(result) is ExitCode.CHANGES_FOUND


async def test_what_it_plans_is_what_the_next_run_does(busy: Shop) -> None:
    rehearsed = await busy.dry_run()
    busy.remote.calls.clear()

    result = await busy.run()

    assert planned(result) == planned(rehearsed)
    assert {one.outcome for one in rehearsed.changes} == {ChangeOutcome.PLANNED}
    assert {one.outcome for one in result.changes} == {ChangeOutcome.DONE}
    assert sorted(busy.wrote()) == [one.change.id for one in rehearsed.changes]
    assert rehearsed.adopted == result.adopted == 2
    assert rehearsed.held == result.held
    assert {one.change.action for one in result.changes} == set(Action)


async def test_it_reports_what_is_held_and_quarantined(busy: Shop) -> None:
    result = await busy.dry_run()

    assert [held.id for held in result.held] == ["held"]
    assert [quarantined.id for quarantined in result.quarantined] == ["refused"]


async def test_what_a_guard_stops_in_a_run_is_planned_and_said_in_a_dry_run(busy: Shop) -> None:
    busy.limits(max_update=2)

    rehearsed = await busy.dry_run()
    result = await busy.run()

    assert guards(rehearsed) == guards(result) == [Guard.MAX_UPDATE]
    stopped = {item for item, (_, outcome) in outcomes(result).items() if outcome == "stopped"}
    assert stopped == {*numbered(3, start=10), "unequal"}
    assert {outcome for _, outcome in outcomes(rehearsed).values()} == {"planned"}
    assert outcomes(rehearsed).keys() == outcomes(result).keys()


async def test_it_counts_no_complete_read(busy: Shop) -> None:
    before = busy.state.reading()

    await busy.dry_run()

    assert busy.state.reading() == before


async def test_it_works_while_another_cycle_holds_the_lease(busy: Shop) -> None:
    with busy.state.lease("another cycle", busy.terms.policy.delete_after * 0):
        assert (await busy.dry_run()).changes


async def test_without_a_state_it_shows_what_the_first_run_would_do(shop: Shop) -> None:
    shop.stock(*numbered(5))
    shop.stock("held", country_of_origin="UK")
    shop.remote.put("sku-0000", {})
    shop.file = shop.file.with_name("never-made.db")

    result = await shop.dry_run()

    assert not shop.file.exists()
    assert shop.wrote() == []
    assert outcomes(result) == {
        "sku-0000": ("update", "planned"),
        **dict.fromkeys(numbered(4, start=1), ("create", "planned")),
    }
    assert (result.adopted, len(result.held)) == (1, 1)


async def test_only_the_named_ids_are_looked_up_and_planned(busy: Shop) -> None:
    result = await busy.dry_run(only=frozenset({ItemId("sku-0010"), ItemId("new")}))

    assert set(outcomes(result)) == {"sku-0010", "new"}
    assert busy.asked_for("items") == [("new",)]


async def test_nothing_due_is_nothing_found(shop: Shop) -> None:
    shop.stock("a")
    await shop.settled()

    result = await shop.dry_run()

    assert shop.remote.calls == []
    assert dry_run_findings(result) is ExitCode.OK
