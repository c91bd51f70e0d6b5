"""What an audit found is mended by an ordinary cycle: exactly that, under every guard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from syncd.domain.attributes import ITEM_ATTRIBUTES, Attribute, ItemId
from syncd.domain.audit import FindingKind
from syncd.domain.change import Action
from syncd.domain.cycle import CycleResult, Fault, Guard, Mode
from syncd.domain.policy import PolicyMode
from syncd.domain.tracking import Delivery, SkuState
from syncd.engine.standing import exit_code
from syncd.errors import CatalogError, ExitCode
from syncd.service import repair as repairing
from syncd.service.cycle import run_cycle
from syncd.service.repair import repair
from tests.integration.service.audits import audited, found, repaired, take_a_turn
from tests.integration.service.shop import Shop, guards, numbered, outcomes, values

COUNTRY = Attribute.COUNTRY_OF_ORIGIN
MAKER = Attribute.MANUFACTURER_ID
ALL_IDS = tuple(numbered(40))


@pytest.fixture
async def kept(shop: Shop) -> Shop:
    """A shop whose forty items are in sync, some minutes later."""
    shop.stock(*ALL_IDS)
    await shop.settled()
    shop.later(minutes=5)
    return shop


def drift(shop: Shop, *items: str) -> None:
    for item in items:
        shop.remote.contents[ItemId(item)][COUNTRY] = "CA"


async def test_what_drifted_and_vanished_is_mended_and_nothing_else_is_touched(kept: Shop) -> None:
    drift(kept, "sku-0001")
    del kept.remote.contents[ItemId("sku-0002")]
    kept.remote.put("stranger", values(part_number="X"))

    result = await repaired(kept, await audited(kept))

    assert outcomes(result) == {"sku-0001": ("update", "done"), "sku-0002": ("create", "done")}
    assert (result.mode, exit_code(result)) == (Mode.REPAIR, ExitCode.OK)
    (change,) = kept.remote.written(Action.UPDATE)
    assert dict(change.payload()) == {COUNTRY: "DK"}
    assert kept.item("sku-0001")[COUNTRY] == "DK"
    assert kept.item("stranger") == {**dict.fromkeys(ITEM_ATTRIBUTES), Attribute.PART_NUMBER: "X"}
    assert set(found(await audited(kept))) == {"stranger"}
    assert kept.state.observed([ItemId("sku-0001"), ItemId("sku-0002")]) == {}


async def test_nothing_to_mend_runs_no_cycle(kept: Shop) -> None:
    before = kept.state.cycles(10)
    request = kept.asked(Mode.REPAIR)

    assert await repair(kept.ports, kept.terms, request, await audited(kept)) is None
    assert kept.state.cycles(10) == before


async def test_a_mass_edit_is_stopped_by_the_guard_and_let_through_by_approval(kept: Shop) -> None:
    drift(kept, *ALL_IDS)

    result = await repaired(kept, await audited(kept))

    assert Guard.MAX_UPDATE in guards(result)
    assert exit_code(result) is ExitCode.GUARD_STOPPED
    assert kept.wrote() == []
    kept.approve(result.id)
    assert exit_code(await kept.run()) is ExitCode.OK
    assert all(kept.item(item)[COUNTRY] == "DK" for item in ALL_IDS)


async def test_creating_again_what_vanished_counts_under_the_guards(kept: Shop) -> None:
    kept.remote.contents.clear()

    result = await repaired(kept, await audited(kept))

    assert exit_code(result) is ExitCode.GUARD_STOPPED
    assert kept.wrote() == []


async def test_what_vanishes_a_few_at_a_time_is_made_again_no_more_often_than_at_once(
    kept: Shop,
) -> None:
    kept.limits(max_update=0.3)
    results = []
    for ids in (ALL_IDS[:8], ALL_IDS[8:16]):
        for item in ids:
            del kept.remote.contents[ItemId(item)]
        results.append(await repaired(kept, await audited(kept)))
        kept.later(minutes=5)

    assert [exit_code(one) for one in results] == [ExitCode.OK, ExitCode.GUARD_STOPPED]
    (stop,) = results[1].guards
    assert (stop.guard, stop.stopped, stop.actual) == (Guard.MAX_UPDATE, (Action.CREATE,), 16 / 40)
    assert sorted(kept.wrote()) == [*ALL_IDS[:8]]


async def test_a_repair_that_comes_to_nothing_is_finished_by_the_next_cycle(kept: Shop) -> None:
    """The catalog cannot be read, so the repair ends before it has looked anything up."""
    drift(kept, "sku-0001")
    audit = await audited(kept)
    kept.catalog.error = CatalogError("catalog.csv", "it is not there", "Bring it back")
    kept.catalog.rewrite()

    result = await repaired(kept, audit)

    assert result.fault is Fault.CATALOG
    assert kept.sku("sku-0001").delivery is Delivery.DOUBTED
    kept.catalog.error = None
    await kept.run()
    assert kept.item("sku-0001")[COUNTRY] == "DK"


async def test_an_item_that_digital_river_has_taken_over_becomes_foreign(kept: Shop) -> None:
    """The SKU became Digital River's between the audit and the repair."""
    drift(kept, "sku-0001")
    audit = await audited(kept)
    kept.remote.managed_ids.add(ItemId("sku-0001"))

    await repaired(kept, audit)

    assert kept.wrote() == []
    assert kept.state_of("sku-0001") is SkuState.FOREIGN


async def test_an_item_that_digital_river_keeps_by_now_is_ours_no_more(kept: Shop) -> None:
    drift(kept, "sku-0001")
    kept.remote.managed_ids.add(ItemId("sku-0001"))
    audit = await audited(kept)
    assert found(audit) == {"sku-0001": FindingKind.MANAGED}

    result = await repaired(kept, audit)

    assert (result.changes, kept.state_of("sku-0001")) == ((), SkuState.FOREIGN)
    assert (await audited(kept)).to_mend() == frozenset()


async def test_what_is_right_again_by_then_is_not_written(kept: Shop) -> None:
    drift(kept, "sku-0001")
    audit = await audited(kept)
    kept.remote.contents[ItemId("sku-0001")][COUNTRY] = "DK"

    result = await repaired(kept, audit)

    assert (result.changes, kept.state_of("sku-0001")) == ((), SkuState.IN_SYNC)


async def test_a_value_that_another_hand_has_set_is_not_cleared_with_the_catalog_s(
    kept: Shop,
) -> None:
    """What an audit puts in doubt was not written by syncd, whatever it once sent."""
    kept.remote.contents[ItemId("sku-0001")][MAKER] = "another"
    audit = await audited(kept)
    assert audit.to_mend() == {"sku-0001"}
    kept.stock("sku-0001", manufacturer_id=None)

    result = await repaired(kept, audit)

    assert (result.changes, kept.wrote()) == ((), [])
    assert kept.item("sku-0001")[MAKER] == "another"
    assert kept.state_of("sku-0001") is SkuState.IN_SYNC


async def test_what_is_mended_is_forgotten_though_another_process_has_had_its_turn(
    kept: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run_and_let_another(*given: Any) -> CycleResult:  # noqa: ANN401 - run_cycle's own
        result = await run_cycle(*given)
        take_a_turn(kept)
        return result

    monkeypatch.setattr(repairing, "run_cycle", run_and_let_another)
    drift(kept, "sku-0001")

    await repaired(kept, await audited(kept))

    assert kept.state.observed([ItemId("sku-0001")]) == {}


async def test_a_held_row_keeps_its_item_as_it_is_and_is_looked_up_once_it_is_mended(
    kept: Shop,
) -> None:
    kept.stock("sku-0001", hs_code="rubbish")
    await kept.run()
    drift(kept, "sku-0001")
    kept.remote.calls.clear()

    await repaired(kept, await audited(kept))
    assert kept.wrote() == []

    kept.stock("sku-0001")
    await kept.run()
    assert kept.item("sku-0001")[COUNTRY] == "DK"


async def test_an_item_that_vanished_while_its_delete_was_due_is_forgotten(kept: Shop) -> None:
    kept.drop("sku-0001")
    await kept.run()
    del kept.remote.contents[ItemId("sku-0001")]

    result = await repaired(kept, await audited(kept))

    assert result.changes == ()
    assert not kept.knows("sku-0001")


async def test_under_report_only_the_repair_reports(kept: Shop) -> None:
    kept.policy(mode=PolicyMode.REPORT_ONLY)
    drift(kept, "sku-0001")

    result = await repaired(kept, await audited(kept))

    assert kept.wrote() == []
    assert [one.change.id for one in result.changes] == ["sku-0001"]


async def test_an_item_that_is_there_already_is_taken_over(shop: Shop) -> None:
    shop.stock("a")
    shop.remote.put("a", values(part_number="P-a", country_of_origin="CA"))
    await shop.run(only=frozenset({ItemId("other")}), wait=timedelta())

    audit = await audited(shop)
    await repaired(shop, audit)

    assert shop.state_of("a") is SkuState.IN_SYNC
    assert shop.item("a")[COUNTRY] == "DK"
