"""What a read of the catalog does to the table, and what an untouched source costs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.domain.approval import LeftOut
from syncd.domain.attributes import Attribute
from syncd.domain.change import Action
from syncd.domain.cycle import Guard
from syncd.domain.delivery import Failure, Transient
from syncd.domain.snapshot import CatalogRow, Defect
from syncd.domain.tracking import SkuState
from syncd.engine.standing import exit_code
from syncd.errors import CatalogError, ExitCode, SuspectCatalogError
from tests.integration.service.shop import SOUND, Shop, guards, numbered, outcomes

UNREADABLE = CatalogError("catalog.csv", "it is not there", "Put it there")
HEADLESS = SuspectCatalogError("catalog.csv", "none of the mapped columns is there", "Look at it")
NO_WAIT = timedelta(0)
CUT = "the last record has no line end"


def reads(shop: Shop) -> int:
    reading = shop.state.reading()
    assert reading is not None
    return reading.complete_reads


class TestAnUntouchedSource:
    async def test_costs_no_read_no_request_and_no_write(self, shop: Shop) -> None:
        shop.stock(*numbered(30))
        await shop.settled()

        result = await shop.run()

        assert shop.remote.calls == []
        assert shop.catalog.reads == 1
        assert (result.changes, result.requests) == ((), 0)
        assert result.states == {SkuState.IN_SYNC: 30}
        assert result.certificate is not None
        assert result.certificate.rows == 30
        assert exit_code(result) is ExitCode.OK

    async def test_does_not_count_as_one_more_complete_read(self, shop: Shop) -> None:
        shop.stock("a")
        await shop.run()
        await shop.run()

        assert reads(shop) == 1

    async def test_is_read_again_after_a_read_that_came_in_doubt(self, shop: Shop) -> None:
        shop.stock("a")
        shop.catalog.doubts = ("its length was not announced",)
        await shop.run()
        shop.catalog.doubts = ()
        shop.catalog.put("b", part_number="P-b", **SOUND)

        result = await shop.run()

        assert outcomes(result) == {"b": ("create", "done")}
        assert reads(shop) == 1

    async def test_due_work_is_done_all_the_same(self, shop: Shop) -> None:
        shop.stock("a", "b")
        shop.remote.script("a", *_transient(1))
        await shop.run(wait=NO_WAIT)
        assert shop.state_of("a") is SkuState.PENDING
        shop.later(minutes=1)

        result = await shop.run()

        assert outcomes(result) == {"a": ("create", "done")}
        assert shop.catalog.reads == 1


class TestARewrittenSource:
    async def test_with_the_same_bytes_is_one_more_complete_read(self, shop: Shop) -> None:
        shop.stock("a")
        await shop.settled()
        shop.catalog.rewrite()

        result = await shop.run()

        assert reads(shop) == 2
        assert shop.catalog.reads == 1
        assert shop.remote.calls == []
        assert exit_code(result) is ExitCode.OK

    async def test_with_size_and_time_as_they_were_is_noticed_all_the_same(
        self, shop: Shop
    ) -> None:
        shop.stock("a")
        await shop.settled()
        shop.catalog.put("a", **{"part_number": "P-b", **SOUND})
        shop.catalog.rewrite_in_place()

        await shop.run()

        assert shop.item("a")[Attribute.PART_NUMBER] == "P-b"
        assert reads(shop) == 1

    async def test_with_the_same_bytes_size_and_time_is_no_new_read(self, shop: Shop) -> None:
        shop.stock("a")
        await shop.settled()
        shop.catalog.rewrite_in_place()

        await shop.run()
        await shop.run()

        assert reads(shop) == 1
        assert shop.catalog.reads == 1
        assert shop.remote.calls == []

    async def test_with_values_that_differ_in_form_only_costs_no_write(self, shop: Shop) -> None:
        shop.stock("a", country_of_origin="dk", hs_code="640420")
        await shop.settled()
        shop.stock("a", country_of_origin=" DK ", hs_code="6404.20")

        await shop.run()

        assert shop.catalog.reads == 2
        assert shop.remote.calls == []

    async def test_with_a_changed_row_writes_what_has_changed_in_it(self, shop: Shop) -> None:
        shop.stock(*numbered(5))
        await shop.settled()
        shop.stock("sku-0003", country_of_origin="SE")

        await shop.run()

        (change,) = shop.remote.written()
        assert (change.id, change.action) == ("sku-0003", Action.UPDATE)
        assert change.payload() == {Attribute.COUNTRY_OF_ORIGIN: "SE"}
        assert [call.name for call in shop.remote.calls] == ["managed", "carry_out"]

    async def test_an_emptied_value_is_cleared(self, shop: Shop) -> None:
        shop.stock("a")
        await shop.settled()
        shop.stock("a", hs_code="")

        await shop.run()

        assert shop.remote.written()[0].payload() == {Attribute.HS_CODE: None}
        assert shop.item("a")[Attribute.HS_CODE] is None


async def test_a_source_that_was_rewritten_while_it_was_read_is_read_again(shop: Shop) -> None:
    shop.stock("a")
    shop.catalog.restless = True
    await shop.run()
    shop.catalog.restless = False

    await shop.run()
    assert shop.catalog.reads == 2
    await shop.run()
    assert shop.catalog.reads == 2


async def test_a_changed_meaning_translates_every_row_anew(shop: Shop) -> None:
    shop.stock(*numbered(3))
    await shop.settled()
    shop.catalog.meaning = "meaning-2"

    await shop.run()

    assert shop.catalog.reads == 2
    assert shop.remote.calls == []


async def test_a_source_that_was_not_touched_is_not_counted_again_under_a_new_meaning(
    shop: Shop,
) -> None:
    shop.policy(delete_after=NO_WAIT)
    shop.limits(max_shrink=1.0)
    shop.stock(*numbered(10))
    await shop.settled()
    shop.drop("sku-0000")
    await shop.run()
    shop.catalog.meaning = "meaning-2"

    await shop.run()

    assert reads(shop) == 2
    assert shop.wrote(Action.DELETE) == []
    shop.catalog.rewrite()
    await shop.run()
    assert shop.wrote(Action.DELETE) == ["sku-0000"]


@pytest.mark.parametrize("between", ["a filter that matches nothing", "a doubt"])
async def test_one_export_is_not_two_reads_whatever_was_read_in_between(
    shop: Shop, between: str
) -> None:
    shop.stock("x", *numbered(30))
    await shop.settled()
    shop.drop("x")
    await shop.run()
    rows, meaning = shop.catalog.rows, shop.catalog.meaning
    shop.catalog.meaning = "another"
    if between == "a doubt":
        shop.catalog.doubts = ("cut short",)
    else:
        shop.catalog.rows = {}
    await shop.run()
    shop.catalog.rows, shop.catalog.doubts, shop.catalog.meaning = rows, (), meaning
    shop.later(hours=25)

    await shop.run()
    assert shop.wrote(Action.DELETE) == []

    shop.catalog.rewrite()
    await shop.run()
    assert shop.wrote(Action.DELETE) == ["x"]


class TestHeldRows:
    @pytest.mark.parametrize("held_by", ["UK", "Denmark"])
    async def test_leave_the_item_as_it_is_until_they_are_mended(
        self, shop: Shop, held_by: str
    ) -> None:
        shop.stock("a")
        await shop.settled()
        shop.stock("a", country_of_origin=held_by, part_number="new")

        result = await shop.run()
        assert exit_code(result) is ExitCode.NEEDS_ATTENTION
        assert exit_code(await shop.run()) is ExitCode.NEEDS_ATTENTION
        assert shop.remote.calls == []

        shop.stock("a", country_of_origin="SE", part_number="new")
        assert exit_code(await shop.run()) is ExitCode.OK
        assert shop.item("a")[Attribute.PART_NUMBER] == "new"

    async def test_without_an_id_are_told_of_as_long_as_the_source_has_them(
        self, shop: Shop
    ) -> None:
        shop.stock(*numbered(20))
        defect = Defect("id", "", "every row needs an id")
        shop.catalog.strays = [CatalogRow(None, None, {}, row, defect=defect) for row in (7, 9)]

        first, second = await shop.run(), await shop.run()

        for result in (first, second):
            assert [(held.id, held.held.row) for held in result.held] == [("", 7), ("", 9)]
            assert exit_code(result) is ExitCode.NEEDS_ATTENTION
        shop.catalog.strays = []
        shop.catalog.rewrite()
        assert exit_code(await shop.run()) is ExitCode.OK

    async def test_strays_beyond_a_thousand_are_counted(self, shop: Shop) -> None:
        shop.catalog.strays = [CatalogRow(None, None, {}, row) for row in range(1200)]

        result = await shop.run()

        reading = shop.state.reading()
        assert reading is not None
        assert (len(result.held), reading.stray_count) == (1000, 1200)

    async def test_repeated_ids_are_held_and_counted(self, shop: Shop) -> None:
        shop.stock("a", "b")
        shop.catalog.repeated = {"a"}

        result = await shop.run()

        assert shop.wrote() == ["b"]
        assert (result.duplicates, [held.id for held in result.held]) == (1, ["a"])


class TestAPartialRead:
    @pytest.fixture
    async def partial(self, shop: Shop) -> Shop:
        shop.policy(delete_reads=1)
        shop.stock(*numbered(20))
        await shop.settled()
        shop.catalog.doubts = (CUT,)
        return shop

    async def test_creates_and_updates_but_makes_nothing_missing(self, partial: Shop) -> None:
        partial.drop("sku-0000")
        partial.stock("sku-0001", country_of_origin="SE")
        partial.stock("new")

        result = await partial.run()

        assert outcomes(result) == {"new": ("create", "done"), "sku-0001": ("update", "done")}
        assert partial.state_of("sku-0000") is SkuState.IN_SYNC
        assert guards(result) == [Guard.PARTIAL_READ]
        assert CUT in result.guards[0].message
        assert exit_code(result) is ExitCode.GUARD_STOPPED

    async def test_stays_a_stop_while_the_source_stays_as_it_is(self, partial: Shop) -> None:
        partial.drop("sku-0000")
        await partial.run()

        result = await partial.run()

        assert (partial.catalog.reads, guards(result)) == (2, [Guard.PARTIAL_READ])
        assert exit_code(result) is ExitCode.GUARD_STOPPED

    async def test_stops_deletes_that_were_due_before_it(self, shop: Shop) -> None:
        shop.policy(delete_reads=1)
        shop.stock(*numbered(20))
        await shop.settled()
        shop.drop("sku-0000")
        await shop.run()
        shop.later(hours=25)
        shop.catalog.doubts = (CUT,)
        shop.catalog.rewrite()

        result = await shop.run()

        assert guards(result) == [Guard.PARTIAL_READ]
        assert outcomes(result) == {"sku-0000": ("delete", "stopped")}
        assert shop.remote.calls == []
        assert exit_code(result) is ExitCode.GUARD_STOPPED

    async def test_that_lacks_nothing_stops_nothing_and_does_not_count(self, partial: Shop) -> None:
        partial.stock("new")

        result = await partial.run()

        assert (guards(result), reads(partial)) == ([], 1)
        assert exit_code(result) is ExitCode.OK

    async def test_is_no_yardstick_for_the_next_one(self, partial: Shop) -> None:
        partial.drop(*numbered(15))
        await partial.run()
        partial.catalog.doubts = ()
        partial.catalog.rewrite()

        result = await partial.run()

        assert guards(result) == [Guard.MAX_SHRINK]
        assert partial.state_of("sku-0000") is SkuState.IN_SYNC


class TestAShrunkCatalog:
    @pytest.fixture
    async def shrunk(self, shop: Shop) -> Shop:
        shop.stock(*numbered(20))
        await shop.settled()
        shop.drop(*numbered(6))
        shop.stock("new")
        return shop

    async def test_makes_nothing_missing_and_the_rest_goes_on(self, shrunk: Shop) -> None:
        result = await shrunk.run()

        assert guards(result) == [Guard.MAX_SHRINK]
        assert outcomes(result) == {"new": ("create", "done")}
        assert shrunk.state_of("sku-0000") is SkuState.IN_SYNC
        assert exit_code(result) is ExitCode.GUARD_STOPPED

    async def test_stays_stopped_and_is_no_yardstick(self, shrunk: Shop) -> None:
        await shrunk.run()
        assert guards(await shrunk.run()) == [Guard.MAX_SHRINK]
        shrunk.catalog.rewrite()
        shrunk.stock("newer")

        assert guards(await shrunk.run()) == []
        assert shrunk.state_of("sku-0000") is SkuState.MISSING

    async def test_is_read_again_when_the_limit_is_raised(self, shrunk: Shop) -> None:
        await shrunk.run()
        before = shrunk.terms
        shrunk.limits(max_shrink=0.5)

        result = await shrunk.run()

        assert (shrunk.catalog.reads, guards(result), reads(shrunk)) == (3, [], 2)
        assert shrunk.state_of("sku-0000") is SkuState.MISSING
        shrunk.terms = before
        assert exit_code(await shrunk.run()) is ExitCode.OK

    async def test_is_the_yardstick_once_it_was_let_through(self, shrunk: Shop) -> None:
        before = shrunk.terms
        shrunk.limits(max_shrink=0.5)
        await shrunk.run()
        shrunk.terms = before
        shrunk.drop("new")

        assert guards(await shrunk.run()) == []


async def test_an_empty_catalog_deletes_nothing(shop: Shop) -> None:
    shop.policy(delete_reads=1)
    shop.limits(max_shrink=1.0, max_delete=1.0)
    shop.stock("a", "b")
    await shop.settled()
    shop.drop("a", "b")
    await shop.run()
    shop.later(hours=48)
    shop.catalog.rewrite()

    result = await shop.run()

    assert guards(result) == [Guard.EMPTY_CATALOG]
    assert shop.remote.calls == []
    assert shop.state_of("a") is SkuState.IN_SYNC
    assert exit_code(result) is ExitCode.GUARD_STOPPED


class TestASuspectCatalog:
    async def test_stops_deletes_while_what_is_due_goes_on(self, shop: Shop) -> None:
        shop.policy(delete_reads=1)
        shop.stock(*numbered(20))
        await shop.settled()
        shop.drop("sku-0000")
        shop.stock("sku-0001", country_of_origin="SE")
        shop.remote.script("sku-0001", *_transient(1))
        await shop.run(wait=NO_WAIT)
        shop.later(hours=25)
        shop.catalog.error = HEADLESS
        shop.catalog.rewrite()

        result = await shop.run()

        assert outcomes(result) == {
            "sku-0000": ("delete", "stopped"),
            "sku-0001": ("update", "done"),
        }
        assert guards(result) == [Guard.EMPTY_CATALOG]
        assert exit_code(result) is ExitCode.GUARD_STOPPED

    async def test_is_not_reported_as_the_read_before_it(self, shop: Shop) -> None:
        shop.stock("a")
        await shop.settled()
        shop.catalog.error = HEADLESS
        shop.catalog.rewrite()

        result = await shop.run()

        assert result.certificate is not None
        assert (result.certificate.complete, result.certificate.rows) == (False, 0)
        assert HEADLESS.reason in result.certificate.doubts[0]

    async def test_as_the_first_read_of_all_is_a_stop_too(self, shop: Shop) -> None:
        shop.catalog.error = HEADLESS

        assert exit_code(await shop.run()) is ExitCode.GUARD_STOPPED

    async def test_is_over_once_the_catalog_is_back(self, shop: Shop) -> None:
        shop.stock("a")
        await shop.settled()
        shop.catalog.error = HEADLESS
        shop.catalog.rewrite()
        await shop.run()
        shop.catalog.error = None
        shop.catalog.rewrite()

        assert exit_code(await shop.run()) is ExitCode.OK


async def test_an_unreadable_catalog_ends_the_cycle_and_stands_in_the_history(shop: Shop) -> None:
    shop.stock("a")
    await shop.settled()
    shop.catalog.error = UNREADABLE
    shop.catalog.rewrite()

    result = await shop.run()

    assert result.error == str(UNREADABLE)
    assert exit_code(result) is ExitCode.FAILED
    assert shop.remote.calls == []
    assert result.states == {SkuState.IN_SYNC: 1}
    (latest, *_) = shop.state.cycles(1)
    assert (latest.id, latest.error) == (result.id, str(UNREADABLE))


class TestRemarks:
    async def test_tell_what_passes_and_deserves_a_look_with_a_few_of_the_skus(
        self, shop: Shop
    ) -> None:
        shop.stock(*numbered(5), eccn="5D002")
        shop.stock("odd", hs_code="640420123")

        result = await shop.run()

        licence, odd = result.notes
        assert licence == (
            "ECCN 5D002 may be resold only where licence exception ENC applies "
            "(5 SKUs: such as sku-0000, sku-0001, sku-0002)."
        )
        assert odd == (
            "HS code 6404.20.123 has an odd number of digits; a leading zero may have been lost "
            "(1 SKU: odd)."
        )
        assert exit_code(result) is ExitCode.OK

    async def test_are_made_about_the_rows_that_this_read_recorded(self, shop: Shop) -> None:
        shop.stock("a", eccn="5D002")
        await shop.run()
        assert (await shop.run()).notes == ()
        shop.stock("b", eccn="5D002")

        assert [note.rpartition("(")[2] for note in (await shop.run()).notes] == ["1 SKU: b)."]


def _transient(count: int) -> list[Transient]:
    return [Transient(Failure(503, "unavailable", "try later"), in_doubt=False)] * count


class TestASourceThatShowsNothingOfItself:
    async def test_is_read_every_time_and_compared_when_its_bytes_differ(self, shop: Shop) -> None:
        shop.catalog.shy = True
        shop.stock(*numbered(3))
        await shop.settled()
        await shop.run()
        assert (reads(shop), shop.catalog.reads) == (2, 1)
        shop.stock("new")
        await shop.run()

        assert (reads(shop), shop.catalog.reads) == (3, 2)
        assert shop.wrote() == ["new"]

    async def test_counts_no_read_that_is_in_doubt_for_its_bytes(self, shop: Shop) -> None:
        shop.catalog.shy = True
        shop.stock(*numbered(3))
        await shop.settled()
        shop.catalog.doubts = ("page 3 came twice",)
        await shop.run()
        await shop.run()

        assert reads(shop) == 1


class TestAJoinedSource:
    async def test_that_lost_most_of_its_rows_stops_updates_and_deletes_until_that_is_approved(
        self, shop: Shop
    ) -> None:
        shop.catalog.joined = {"erp": 40}
        shop.stock(*numbered(40))
        await shop.settled()
        shop.catalog.joined = {"erp": 20}
        shop.stock(*numbered(10), hs_code=None)

        result = await shop.run()

        assert guards(result) == [Guard.MAX_SHRINK]
        assert result.guards[0].stopped == (Action.UPDATE, Action.DELETE)
        assert shop.remote.calls == []
        assert exit_code(result) is ExitCode.GUARD_STOPPED
        shop.approve(result.id)
        await shop.run()
        assert len(shop.wrote(Action.UPDATE)) == 10

    async def test_that_has_its_rows_again_lets_go_on(self, shop: Shop) -> None:
        shop.catalog.joined = {"erp": 40}
        shop.stock(*numbered(40))
        await shop.settled()
        shop.catalog.joined = {"erp": 20}
        shop.stock(*numbered(10), hs_code=None)
        await shop.run()
        shop.catalog.joined = {"erp": 39}
        shop.stock(*numbered(10))

        result = await shop.run()

        assert (result.guards, shop.remote.calls) == ((), [])
        assert reads(shop) == 2

    async def test_that_is_cut_short_lets_no_delete_through_that_was_due(self, shop: Shop) -> None:
        shop.policy(delete_after=timedelta(), delete_reads=2)
        shop.catalog.joined = {"erp": 40}
        shop.stock("x", *numbered(40))
        await shop.settled()
        shop.drop("x")
        await shop.run()
        shop.catalog.joined, shop.catalog.doubts = {"erp": 20}, (CUT,)
        shop.policy(delete_reads=1)
        shop.catalog.rewrite()

        result = await shop.run()

        assert guards(result) == [Guard.MAX_SHRINK, Guard.PARTIAL_READ]
        assert dict(shop.approve(result.id).left_out) == {LeftOut.UNPROVEN: ["x"]}
        shop.stock("sku-0001")
        await shop.run()
        assert shop.wrote(Action.DELETE) == []
