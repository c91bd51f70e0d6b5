"""The first cycle over an account that may have items already: nobody finds out by colliding."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action, Resource
from syncd.domain.delivery import Failure, Forbidden, KeyRefused, Kind
from syncd.domain.journal import Deed
from syncd.domain.tracking import Ownership, SkuState, Tracked
from syncd.engine.observe import SKU_WAS_THERE
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.service import left
from tests.integration.service.shop import Shop, in_turn, numbered, outcomes, values

EQUAL = values(
    manufacturer_id="acme",
    part_number="P-sku-0000",
    country_of_origin="DK",
    eccn="EAR99",
    hs_code="6404.20",
    allow_oversell=False,
)
MANAGED = "Digital River fulfils its SKU (managedFulfillment)"
WRONG_KEY = Failure(401, "unauthorized", "no such key", request_id="request-9")


async def test_rows_without_an_item_are_created_as_the_catalog_says(shop: Shop) -> None:
    shop.stock("a", country_of_origin=" ca ", hs_code="640420", eccn=None)

    result = await shop.run()

    assert outcomes(result) == {"a": ("create", "done")}
    assert shop.item("a") == values(
        manufacturer_id="acme",
        part_number="P-a",
        country_of_origin="CA",
        eccn=None,
        hs_code="6404.20",
        allow_oversell=False,
    )
    assert shop.state_of("a") is SkuState.IN_SYNC
    assert exit_code(result) is ExitCode.OK


async def test_an_equal_item_is_adopted_without_a_write(shop: Shop) -> None:
    shop.stock("sku-0000")
    shop.remote.put("sku-0000", EQUAL)

    result = await shop.run()

    assert (result.changes, result.adopted, shop.wrote()) == ((), 1, [])
    assert shop.sku("sku-0000").ownership is Ownership.OWNED
    assert [entry.deed for entry in shop.journal("sku-0000")] == [Deed.ADOPT]
    assert shop.journal("sku-0000")[0].before == EQUAL


async def test_an_unequal_item_is_adopted_and_updated_with_what_differs(shop: Shop) -> None:
    shop.stock("sku-0000")
    shop.remote.put("sku-0000", {**EQUAL, Attribute.COUNTRY_OF_ORIGIN: "SE"})

    result = await shop.run()

    assert outcomes(result) == {"sku-0000": ("update", "done")}
    assert result.adopted == 1
    (change,) = shop.remote.written()
    assert change.payload() == values(country_of_origin="DK")
    assert [entry.deed for entry in shop.journal("sku-0000")] == [Deed.ADOPT, Deed.UPDATE]


async def test_items_that_are_adopted_count_as_owned_for_the_guards(shop: Shop) -> None:
    shop.stock(*numbered(40))
    for number, item in enumerate(numbered(40)):
        country = "SE" if number < 12 else "DK"
        unequal = {Attribute.PART_NUMBER: f"P-{item}", Attribute.COUNTRY_OF_ORIGIN: country}
        shop.remote.put(item, {**EQUAL, **unequal})

    result = await shop.run()

    assert (len(result.changes), result.guards, result.adopted) == (12, (), 40)


async def test_with_adopt_off_an_item_that_exists_is_foreign(shop: Shop) -> None:
    shop.policy(adopt=False)
    shop.stock("sku-0000", "b")
    shop.remote.put("sku-0000", values(part_number="theirs"))

    result = await shop.run()

    assert outcomes(result) == {"b": ("create", "done")}
    assert shop.state_of("sku-0000") is SkuState.FOREIGN
    assert shop.item("sku-0000")[Attribute.PART_NUMBER] == "theirs"
    assert exit_code(result) is ExitCode.OK


async def test_a_managed_sku_is_left_alone_and_asked_about_again_after_a_day(shop: Shop) -> None:
    shop.stock("a", "b")
    shop.remote.managed_ids.add(ItemId("a"))
    told = f"Not ours, and never written: {MANAGED} (1 SKU: a)."

    assert told in (await shop.run()).notes
    assert shop.wrote() == ["b"]
    assert shop.state_of("a") is SkuState.FOREIGN

    shop.remote.calls.clear()
    assert told in (await shop.run()).notes, "it is told as long as it is so"
    assert shop.remote.calls == []

    shop.later(hours=25)
    shop.remote.managed_ids.clear()
    assert told not in (await shop.run()).notes
    assert shop.wrote() == ["a"]


async def test_of_very_many_that_are_not_ours_some_are_named_and_all_are_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left, "MOST_NAMED", 4)
    shop.stock("a", "b", "c", "d", "e", "f")
    shop.remote.managed_ids.update(map(ItemId, "abcdef"))

    notes = (await shop.run()).notes

    assert f"Not ours, and never written: {MANAGED} (4 SKUs: such as a, b, c)." in notes
    more = "2 SKUs more are foreign; the status page lists all of them, and syncd why ID says why."
    assert more in notes


def test_a_half_that_is_ours_is_told_beside_one_that_is_not(shop: Shop) -> None:
    row = Tracked(ItemId("a"), desired=EQUAL, foreign_reason=SKU_WAS_THERE)
    item = replace(row, known=EQUAL, ownership=Ownership.OWNED)
    sku = replace(row, id=ItemId("b"), known_sku=EQUAL, ownership=Ownership.FOREIGN)
    with shop.state.transaction() as transaction:
        transaction.put([item, sku])

    goes, stays = "which is deleted if its row leaves the catalog", "and never written"
    of_sku = f"Ours by the SKU alone, {stays}: {SKU_WAS_THERE} (1 SKU: b)."
    assert list(left.left_alone(shop.state, shop.terms)) == [
        f"Ours by the item alone, {goes}: {SKU_WAS_THERE} (1 SKU: a).",
        of_sku,
    ]
    assert list(left.left_alone(shop.state, replace(shop.terms, orchestrated=True))) == [
        f"Ours by the item alone, {stays}: {SKU_WAS_THERE} (1 SKU: a).",
        of_sku,
    ]


async def test_an_item_whose_sku_became_managed_is_written_no_more(shop: Shop) -> None:
    shop.limits(max_update=1.0, max_same_change=1.0)
    shop.stock("a", "b")
    await shop.settled()
    shop.remote.managed_ids.add(ItemId("a"))
    shop.stock("a", "b", country_of_origin="CA")

    result = await shop.run()

    assert outcomes(result) == {"b": ("update", "done")}
    assert shop.item("a")[Attribute.COUNTRY_OF_ORIGIN] == "DK"
    assert shop.state_of("a") is SkuState.FOREIGN
    assert "managedFulfillment" in (shop.sku("a").foreign_reason or "")


async def test_updates_whose_skus_cannot_be_asked_for_are_made_all_the_same(shop: Shop) -> None:
    shop.limits(max_update=1.0, max_same_change=1.0)
    shop.stock("a", "b")
    await shop.settled()
    shop.remote.forbidden.add(Resource.SKU)
    shop.stock("a", "b", country_of_origin="CA")

    assert outcomes(await shop.run()) == dict.fromkeys(("a", "b"), ("update", "done"))


async def test_ids_are_looked_up_a_hundred_a_request_and_their_skus_with_them(shop: Shop) -> None:
    ids = numbered(250)
    shop.stock(*ids)

    await shop.run()

    for name in ("items", "managed"):
        batches = shop.asked_for(name)
        assert sorted(map(len, batches)) == [50, 100, 100]
        assert sorted(item for batch in batches for item in batch) == ids
    first_write = next(n for n, call in enumerate(shop.remote.calls) if call.change is not None)
    assert all(call.name == "carry_out" for call in shop.remote.calls[first_write:])
    assert {entry.kind for item in ids for entry in shop.journal(item)} == {Kind.ACCEPTED}


async def test_held_rows_are_neither_looked_up_nor_written(shop: Shop) -> None:
    shop.stock("a")
    shop.stock("b", country_of_origin="UK")

    result = await shop.run()

    assert shop.asked_for("items") == [("a",)]
    assert shop.wrote() == ["a"]
    assert [(held.id, held.held.attribute, held.held.value) for held in result.held] == [
        ("b", "countryOfOrigin", "UK")
    ]
    assert exit_code(result) is ExitCode.NEEDS_ATTENTION


async def test_requests_in_flight_are_as_many_as_allowed_and_no_more(shop: Shop) -> None:
    shop.stock(*numbered(120))

    await shop.run()

    assert shop.remote.together == shop.terms.in_flight


class TestWithoutTheRightToReadSkus:
    @pytest.fixture(autouse=True)
    def forbidden(self, shop: Shop) -> None:
        shop.remote.forbidden.add(Resource.SKU)

    async def test_the_rest_goes_on_and_the_report_says_so(self, shop: Shop) -> None:
        shop.stock("a")

        result = await shop.run()

        assert shop.wrote() == ["a"]
        assert any("may not read SKUs" in note for note in result.notes)
        assert exit_code(result) is ExitCode.OK

    async def test_every_later_report_says_so_until_the_right_is_given(self, shop: Shop) -> None:
        shop.stock("a")
        await shop.run()

        quiet, rehearsed = await shop.run(), await shop.dry_run()
        assert quiet.requests == 0
        assert all("may not read SKUs" in one.notes[0] for one in (quiet, rehearsed))

        shop.remote.forbidden.clear()
        shop.stock("b")
        assert (await shop.run()).notes == ()
        assert (await shop.run()).notes == ()

    async def test_nothing_is_deleted(self, shop: Shop) -> None:
        shop.policy(delete_reads=1)
        shop.stock("a", "b")
        await shop.run()
        shop.limits(max_shrink=1.0, max_delete=1.0)
        shop.drop("a")
        await shop.run()
        shop.later(hours=25)

        await shop.run()

        assert shop.wrote(Action.DELETE) == []
        assert shop.state_of("a") is SkuState.MISSING


async def test_403_on_items_ends_the_cycle_before_any_write(shop: Shop) -> None:
    shop.stock(*numbered(250))
    shop.remote.forbidden.add(Resource.INVENTORY_ITEM)

    result = await shop.run()

    assert shop.wrote() == []
    assert "inventory_item" in (result.error or "")
    assert exit_code(result) is ExitCode.FAILED
    assert result.states == {SkuState.PENDING: 250}


async def test_403_at_the_first_write_stops_items_and_leaves_the_rest_due(shop: Shop) -> None:
    shop.stock(*numbered(100))
    denied = Forbidden(Failure(403, "forbidden", "may not write"))
    shop.remote.script(in_turn(numbered(100))[0], denied)

    result = await shop.run()

    assert "Give the key the right to write inventory items" in (result.error or "")
    assert exit_code(result) is ExitCode.FAILED
    assert len(shop.wrote()) <= shop.terms.in_flight
    shop.remote.forbidden.clear()
    assert exit_code(await shop.run()) is ExitCode.OK


async def test_401_at_the_look_up_stops_everything(shop: Shop) -> None:
    shop.stock(*numbered(250))
    shop.remote.key_refused = WRONG_KEY

    result = await shop.run()

    assert shop.remote.calls == []
    assert exit_code(result) is ExitCode.FAILED
    assert result.states == {SkuState.PENDING: 250}
    assert shop.clock.sleeps == []

    shop.remote.key_refused = None
    assert exit_code(await shop.run()) is ExitCode.OK


async def test_401_at_the_first_write_stops_everything_and_retries_nothing(shop: Shop) -> None:
    ids = numbered(200)
    shop.stock(*ids)
    shop.remote.script(in_turn(ids)[0], KeyRefused(WRONG_KEY))

    result = await shop.run()

    assert exit_code(result) is ExitCode.FAILED
    assert "no such key" in (result.error or "")
    assert "request-9" in (result.error or "")
    sent = shop.wrote()
    assert len(sent) == len(set(sent)) <= shop.terms.in_flight
    assert shop.clock.sleeps == []
    _assert_untouched_and_due(shop, set(ids) - set(sent))

    shop.remote.key_refused = None
    assert exit_code(await shop.run()) is ExitCode.OK
    assert len(shop.remote.contents) == 200


def _assert_untouched_and_due(shop: Shop, items: set[str]) -> None:
    for item in items:
        row = shop.sku(item)
        assert row.state is SkuState.PENDING
        assert (row.attempts, row.next_attempt, row.last_error) == (0, None, None)
