"""The policy's modes and the orchestrated model: what is planned, what is written, what is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action, ChangeOutcome
from syncd.domain.policy import PolicyMode
from syncd.domain.tracking import SkuState, Tracked
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.ports import Table
from syncd.service import left
from syncd.service.table import rows_in
from tests.integration.service.shop import Shop, numbered, outcomes


@pytest.fixture
async def busy(shop: Shop) -> Shop:
    """A shop with one create, one update and one delete due."""
    shop.policy(delete_reads=1)
    shop.stock(*numbered(30))
    await shop.settled()
    shop.drop("sku-0000")
    await shop.run()
    shop.later(hours=25)
    shop.stock("sku-0001", country_of_origin="SE")
    shop.stock("new")
    return shop


@pytest.mark.parametrize(
    ("mode", "written"),
    [
        (PolicyMode.MIRROR, {Action.CREATE, Action.UPDATE, Action.DELETE}),
        (PolicyMode.UPSERT, {Action.CREATE, Action.UPDATE}),
        (PolicyMode.CREATE_ONLY, {Action.CREATE}),
        (PolicyMode.REPORT_ONLY, set()),
    ],
)
async def test_a_mode_writes_what_it_allows(
    busy: Shop, mode: PolicyMode, written: set[Action]
) -> None:
    busy.policy(mode=mode)

    rehearsed = await busy.dry_run()
    result = await busy.run()

    assert {change.action for change in busy.remote.written()} == written
    assert list(outcomes(rehearsed)) == list(outcomes(result))
    assert (result.writes_due, exit_code(result)) == (0, ExitCode.OK)


@pytest.mark.parametrize(
    ("mode", "note"),
    [
        (PolicyMode.UPSERT, ("policy.mode is upsert: 1 SKU differs and stays so.",)),
        (PolicyMode.CREATE_ONLY, ("policy.mode is create-only: 2 SKUs differ and stay so.",)),
        (PolicyMode.REPORT_ONLY, ("policy.mode is report-only: 3 SKUs differ and stay so.",)),
        (PolicyMode.MIRROR, ()),
    ],
)
async def test_a_report_tells_what_the_mode_keeps_back(
    busy: Shop, mode: PolicyMode, note: tuple[str, ...]
) -> None:
    busy.policy(mode=mode)

    assert (await busy.run()).notes == note
    assert (await busy.run()).notes == note


async def test_report_only_plans_everything_and_waits_for_nothing(busy: Shop) -> None:
    busy.policy(mode=PolicyMode.REPORT_ONLY)

    result = await busy.run()

    assert {one.change.action for one in result.changes} == set(Action)
    assert {one.outcome for one in result.changes} == {ChangeOutcome.PLANNED}
    assert busy.clock.sleeps == []
    assert busy.journal("new") == []


async def test_a_report_alone_counts_what_differs_and_does_not_go_by_it_again(
    busy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy.policy(mode=PolicyMode.REPORT_ONLY)
    walked: list[SkuState] = []

    def note(table: Table, *states: SkuState) -> Iterator[Tracked]:
        walked.extend(states)
        return rows_in(table, *states)

    monkeypatch.setattr(left, "rows_in", note)
    result = await busy.run()

    assert len(result.changes) == 3
    assert walked == [SkuState.MISSING]


async def test_a_report_alone_asks_for_no_sku_of_what_differs(busy: Shop) -> None:
    busy.policy(mode=PolicyMode.REPORT_ONLY)
    busy.remote.calls.clear()

    result = await busy.run()

    updates = {one.change.id for one in result.changes if one.change.action is Action.UPDATE}
    assert updates
    assert updates.isdisjoint(id_ for call in busy.remote.calls for id_ in call.ids)


async def test_a_mode_that_is_lifted_lets_through_what_it_kept_back(busy: Shop) -> None:
    busy.policy(mode=PolicyMode.REPORT_ONLY)
    await busy.run()
    busy.policy(mode=PolicyMode.MIRROR)

    result = await busy.run()

    assert {one.change.action for one in result.changes} == set(Action)
    assert result.states == {SkuState.IN_SYNC: 30}


class TestTheOrchestratedModel:
    @pytest.fixture
    def orchestrated(self, busy: Shop) -> Shop:
        busy.terms = replace(busy.terms, orchestrated=True)
        return busy

    async def test_makes_every_write_an_error(self, orchestrated: Shop) -> None:
        result = await orchestrated.run()

        assert orchestrated.wrote() == []
        assert set(outcomes(result).values()) == {(action.value, "failed") for action in Action}
        assert {one.failure.code for one in result.changes if one.failure} == {"orchestrated"}
        assert "orchestrated" in result.notes[0]
        assert exit_code(result) is ExitCode.FAILED
        assert orchestrated.clock.sleeps == []

    async def test_with_nothing_to_write_is_no_error(self, shop: Shop) -> None:
        shop.terms = replace(shop.terms, orchestrated=True)
        shop.stock("a")
        shop.remote.put("a", {**_item_of(shop, "a")})

        assert exit_code(await shop.run()) is ExitCode.OK


async def test_only_the_named_ids_are_written_and_judged(busy: Shop) -> None:
    result = await busy.run(only=frozenset({"new"}))

    assert busy.wrote() == ["new"]
    assert outcomes(result) == {"new": ("create", "done")}
    assert (result.writes_due, exit_code(result)) == (0, ExitCode.OK)
    assert busy.state_of("sku-0001") is SkuState.PENDING
    assert len((await busy.run()).changes) == 2


async def test_with_no_time_to_wait_the_first_pass_is_made_all_the_same(busy: Shop) -> None:
    result = await busy.run(wait=timedelta(0))

    assert len(result.changes) == 3
    assert exit_code(result) is ExitCode.OK


def _item_of(shop: Shop, item: str) -> dict[Attribute, str | None]:
    return {**shop.catalog.rows[item]}


async def test_ids_that_nobody_has_heard_of_are_named(busy: Shop) -> None:
    result = await busy.run(only=frozenset({ItemId("new"), ItemId("typo")}))

    assert "Not in the catalog, so nothing was done for them: typo." in result.notes
