"""A cycle that is content with what has changed: what it takes in, and what it proves not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.domain.attributes import Attribute
from syncd.domain.change import Action
from syncd.domain.cycle import CycleResult, Guard
from syncd.domain.snapshot import CatalogRow, Defect, Reading, Scope
from syncd.domain.tracking import SkuState
from syncd.engine.standing import exit_code
from syncd.errors import CatalogError, ExitCode, StateError
from syncd.ports import State
from syncd.service.read import read_catalog
from syncd.service.terms import StoppedError
from tests.integration.service.shop import SOUND, Shop, guards, numbered, outcomes

NO_ID = CatalogRow(None, None, {}, 9, None, Defect("id", "", "every row needs an id"))


@pytest.fixture
def dated(shop: Shop) -> Shop:
    """A shop whose catalog can tell what has changed, and shows nothing of itself."""
    shop.catalog.datable = shop.catalog.shy = True
    return shop


def reading(shop: Shop) -> Reading:
    found = shop.state.reading()
    assert found is not None
    return found


async def poll(shop: Shop) -> CycleResult:
    """Run an incremental cycle, and see that it was one."""
    before = len(shop.catalog.scopes)
    result = await shop.run(incremental=True)
    assert shop.catalog.scopes[before:] == [Scope.CHANGES]
    return result


class TestWhatIsRead:
    async def test_the_whole_of_a_catalog_that_was_never_read(self, dated: Shop) -> None:
        dated.stock("a")
        await dated.run(incremental=True)

        assert dated.catalog.scopes == [Scope.WHOLE]
        assert reading(dated).watermark == "1"

    async def test_the_whole_unless_changes_are_asked_for(self, dated: Shop) -> None:
        dated.stock("a")
        await dated.settled()
        dated.stock("b")
        await dated.run()

        assert dated.catalog.scopes == [Scope.WHOLE, Scope.WHOLE]

    async def test_the_whole_of_a_source_that_cannot_tell(self, shop: Shop) -> None:
        shop.stock("a")
        await shop.settled()
        shop.stock("b")
        await shop.run(incremental=True)

        assert shop.catalog.scopes == [Scope.WHOLE, Scope.WHOLE]

    async def test_the_whole_after_a_change_of_meaning(self, dated: Shop) -> None:
        dated.stock("a")
        await dated.settled()
        dated.catalog.meaning = "meaning-2"
        await dated.run(incremental=True)

        assert dated.catalog.scopes == [Scope.WHOLE, Scope.WHOLE]

    async def test_the_whole_after_a_read_that_was_stopped(self, dated: Shop) -> None:
        dated.stock(*numbered(40))
        await dated.settled()
        dated.drop(*numbered(30))
        assert guards(await dated.run()) == [Guard.MAX_SHRINK]
        await dated.run(incremental=True)

        assert Scope.CHANGES not in dated.catalog.scopes

    async def test_the_whole_where_all_that_changed_lacks_a_column(self, dated: Shop) -> None:
        dated.stock("a")
        await dated.settled()
        dated.catalog.sparse = True
        dated.stock("b")
        result = await dated.run(incremental=True)

        assert dated.catalog.scopes == [Scope.WHOLE, Scope.CHANGES, Scope.WHOLE]
        assert outcomes(result) == {"b": ("create", "done")}

    async def test_nothing_of_an_untouched_source(self, dated: Shop) -> None:
        dated.catalog.shy = False
        dated.stock("a")
        await dated.settled()
        await dated.run(incremental=True)

        assert dated.catalog.scopes == [Scope.WHOLE]

    async def test_the_whole_of_a_source_that_went_back_to_what_it_was(self, dated: Shop) -> None:
        dated.catalog.shy = False
        dated.stock("a")
        await dated.settled()
        shown = dated.catalog.touched
        dated.stock("a", country_of_origin="SE")
        await poll(dated)
        dated.stock("a")
        dated.catalog.touched = shown
        result = await dated.run()

        assert outcomes(result) == {"a": ("update", "done")}


class TestWhatItTakesIn:
    async def test_new_and_changed_rows_and_no_others(self, dated: Shop) -> None:
        dated.stock(*numbered(5))
        await dated.settled()
        dated.stock("new")
        dated.stock("sku-0003", country_of_origin="SE")

        result = await poll(dated)

        assert outcomes(result) == {"new": ("create", "done"), "sku-0003": ("update", "done")}
        assert exit_code(result) is ExitCode.OK

    async def test_the_certificate_says_since_when(self, dated: Shop) -> None:
        dated.stock("a")
        await dated.settled()
        dated.stock("b")

        certificate = (await poll(dated)).certificate

        assert certificate is not None
        assert (certificate.since, certificate.rows) == ("1", 1)
        assert not certificate.complete

    async def test_rows_that_come_again_unchanged_cost_nothing(self, dated: Shop) -> None:
        dated.stock(*numbered(5))
        await dated.settled()
        dated.catalog.overlap = 3
        before, digest = dated.tables()["sku"], reading(dated).digest

        result = await poll(dated)

        assert dated.remote.calls == []
        assert dated.tables()["sku"] == before
        assert result.changes == ()
        assert reading(dated).digest == digest

    async def test_neither_fingerprints_nor_a_count_of_all(
        self, dated: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dated.stock("a")
        await dated.settled()
        dated.stock("b", "a", country_of_origin="SE")

        def refuse(_: State) -> None:
            raise AssertionError

        monkeypatch.setattr(type(dated.state), "fingerprints", refuse)
        result = await poll(dated)

        assert outcomes(result) == {"a": ("update", "done"), "b": ("create", "done")}

    async def test_held_rows_with_and_without_an_id_stay_told(self, dated: Shop) -> None:
        dated.stock("a")
        await dated.settled()
        dated.stock("b", country_of_origin="XX")
        dated.catalog.strays = [NO_ID]
        for _ in range(2):
            dated.catalog.overlap = 1
            result = await poll(dated)
            assert sorted(one.id for one in result.held) == ["", "b"]
        dated.catalog.strays = []

        assert sorted(one.id for one in (await poll(dated)).held) == ["", "b"]
        assert [one.id for one in (await dated.run()).held] == ["b"]

    async def test_a_value_that_is_back_after_a_change_is_written_by_the_next_whole_read(
        self, dated: Shop
    ) -> None:
        dated.stock("a")
        await dated.settled()
        dated.stock("a", country_of_origin="SE")
        await poll(dated)
        dated.stock("a")

        await dated.run()

        assert dated.item("a")[Attribute.COUNTRY_OF_ORIGIN] == "DK"

    async def test_not_one_of_several_rows_with_an_id_until_a_whole_read_finds_it_once(
        self, dated: Shop
    ) -> None:
        dated.stock("a", "b")
        await dated.settled()
        dated.catalog.repeated = {"a"}
        await dated.run()
        dated.catalog.repeated = set()
        dated.stock("a", country_of_origin="CA")

        assert (await poll(dated)).changes == ()
        assert dated.state_of("a") is SkuState.HELD

        await dated.run()

        assert dated.wrote() == ["a"]
        assert dated.state_of("a") is SkuState.IN_SYNC


class TestWhatItProvesNot:
    async def test_that_rows_are_gone_which_it_does_not_have(self, dated: Shop) -> None:
        dated.stock(*numbered(40))
        await dated.settled()
        dated.stock("sku-0001", country_of_origin="SE")

        result = await poll(dated)

        assert result.states == {SkuState.IN_SYNC: 40}
        assert result.guards == ()

    async def test_that_the_catalog_was_read_completely_once_more(self, dated: Shop) -> None:
        dated.stock(*numbered(40))
        await dated.settled()
        for item in numbered(40)[:3]:
            dated.stock(item, country_of_origin="SE")
            await poll(dated)

        assert (reading(dated).complete_reads, reading(dated).yardstick) == (1, 40)
        assert reading(dated).counts

    async def test_a_loss_of_rows_is_judged_by_the_whole_read_before(self, dated: Shop) -> None:
        dated.stock(*numbered(40))
        await dated.settled()
        dated.stock("sku-0001", country_of_origin="SE")
        await poll(dated)
        dated.drop(*numbered(30))

        assert guards(await dated.run()) == [Guard.MAX_SHRINK]

    async def test_it_does_not_hold_up_deletes_that_were_due_before(self, dated: Shop) -> None:
        dated.policy(delete_reads=1, delete_after=timedelta(hours=1))
        dated.stock("a", "b")
        await dated.settled()
        dated.drop("b")
        await dated.run()
        dated.later(hours=2)
        dated.stock("a", country_of_origin="SE")

        result = await poll(dated)

        assert outcomes(result) == {"a": ("update", "done"), "b": ("delete", "done")}
        assert result.guards == ()

    async def test_it_does_not_let_through_what_a_partial_read_holds_up(self, dated: Shop) -> None:
        dated.policy(delete_reads=1, delete_after=timedelta(hours=1))
        dated.stock("a", "b")
        await dated.settled()
        dated.drop("b")
        await dated.run()
        dated.catalog.doubts = ("page 3 came twice",)
        await dated.run()
        dated.catalog.doubts = ()
        dated.later(hours=2)
        dated.stock("a", country_of_origin="SE")

        result = await poll(dated)

        assert guards(result) == [Guard.PARTIAL_READ]
        assert dated.wrote(Action.DELETE) == []


class TestWhatTheSourceCallsDeleted:
    async def test_goes_missing_and_waits_out_time_and_whole_reads(self, dated: Shop) -> None:
        dated.policy(delete_reads=2, delete_after=timedelta(hours=1))
        dated.stock(*numbered(30))
        await dated.settled()
        dated.catalog.delete("sku-0007")

        await poll(dated)
        assert dated.state_of("sku-0007") is SkuState.MISSING
        dated.later(hours=2)
        await poll(dated)
        await dated.run()
        assert dated.wrote() == []
        await dated.run()
        assert dated.wrote(Action.DELETE) == ["sku-0007"]

    async def test_comes_back_with_its_row(self, dated: Shop) -> None:
        dated.stock("a", "b")
        await dated.settled()
        dated.catalog.delete("a")
        await poll(dated)
        dated.stock("a")

        await poll(dated)

        assert dated.state_of("a") is SkuState.IN_SYNC
        assert dated.remote.calls == []

    async def test_is_missing_once_however_often_it_is_told(self, dated: Shop) -> None:
        dated.stock("a", "b")
        await dated.settled()
        dated.catalog.delete("a")
        await poll(dated)
        missing = dated.sku("a").missing
        dated.later(hours=2)
        dated.catalog.overlap = 1

        await poll(dated)

        assert dated.sku("a").missing == missing

    async def test_is_nothing_where_nothing_is_known_of_it(self, dated: Shop) -> None:
        dated.stock("a")
        await dated.settled()
        dated.stock("b")
        dated.catalog.delete("b")

        await poll(dated)

        assert not dated.knows("b")


class TestTheWatermark:
    async def test_moves_with_every_read_that_was_recorded(self, dated: Shop) -> None:
        dated.stock("a")
        await dated.settled()
        dated.stock("b", "c")
        await poll(dated)
        assert reading(dated).watermark == "3"
        dated.stock("d")
        await dated.run()

        assert reading(dated).watermark == "4"

    async def test_stays_where_the_read_failed_or_was_in_doubt(self, dated: Shop) -> None:
        dated.stock("a")
        await dated.settled()
        dated.stock("b")
        dated.catalog.error = CatalogError("shop", "it is away", "Wait")
        await dated.run(incremental=True)
        dated.catalog.error = None
        assert reading(dated).watermark == "1"
        dated.catalog.doubts = ("page 3 came twice",)
        await poll(dated)
        assert reading(dated).watermark == "1"

    async def test_stays_where_a_stop_came_in_the_middle(
        self, dated: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dated.stock("a")
        await dated.settled()
        dated.stock("b")
        request = dated.asked(incremental=True)
        request.stop.set()
        with pytest.raises(StoppedError):
            read_catalog(dated.ports, dated.terms, request)

        assert reading(dated).watermark == "1"
        assert not dated.knows("b")

    async def test_stays_where_the_rows_could_not_be_recorded(
        self, dated: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise StateError("state", "the disk is full", "Free some space")

        dated.stock("a")
        await dated.settled()
        dated.stock("b")
        monkeypatch.setattr("syncd.service.recording._record_wishes", fail)
        with pytest.raises(StateError):
            read_catalog(dated.ports, dated.terms, dated.asked(incremental=True))

        assert reading(dated).watermark == "1"

    async def test_moves_in_a_dry_run_for_nobody(self, dated: Shop) -> None:
        dated.stock("a")
        await dated.settled()
        dated.stock("b", **SOUND)
        tables = dated.tables()

        result = await dated.dry_run(incremental=True)

        assert outcomes(result) == {"b": ("create", "planned")}
        assert dated.catalog.scopes[-1] is Scope.CHANGES
        assert dated.tables() == tables
