"""What every remote promises to whoever uses the port."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import (
    ITEM_ATTRIBUTES,
    Attribute,
    AttributeChange,
    Attributes,
    ItemId,
    Value,
)
from syncd.domain.change import SYNCED, Action, Change, Resource
from syncd.domain.delivery import (
    Accepted,
    Exists,
    Forbidden,
    Gone,
    KeyRefused,
    Refused,
    Transient,
)
from syncd.errors import (
    KeyRefusedError,
    LeaseLostError,
    RemoteUnavailableError,
    ResourceForbiddenError,
)
from syncd.ports import UNSENT
from tests.contract.remote.worlds import World, numbered

COUNTRY = Attribute.COUNTRY_OF_ORIGIN
ECCN = Attribute.ECCN
PART = Attribute.PART_NUMBER
MAKER = Attribute.MANUFACTURER_ID
OVERSELL = Attribute.ALLOW_OVERSELL
SHOE: dict[Attribute, Value] = {
    MAKER: "acme",
    PART: "P-1",
    COUNTRY: "DK",
    ECCN: "EAR99",
    Attribute.HS_CODE: "6404.20",
    OVERSELL: True,
}
A, B, C = ItemId("a"), ItemId("b.1"), ItemId("c_2-x")


def change(
    action: Action, item: ItemId = A, values: dict[Attribute, Value] | None = None
) -> Change:
    wishes = {name: AttributeChange(None, value) for name, value in (values or {}).items()}
    return Change(item, action, 1, wishes)


class TestReading:
    async def test_items_are_those_that_exist_with_all_their_attributes(self, world: World) -> None:
        world.put(A, SHOE)
        world.put(B, {PART: "P-2", COUNTRY: "CA"})

        found = await world.remote.items([A, C, B])

        assert set(found) == {A, B}
        assert found[A].id == A
        assert found[A].attributes == SHOE
        assert set(found[B].attributes) == set(ITEM_ATTRIBUTES)
        assert found[B].attributes[COUNTRY] == "CA"
        assert found[B].attributes[ECCN] is None
        assert found[A].created is not None
        assert found[A].live_mode is False

    async def test_a_hundred_ids_are_one_request(self, world: World) -> None:
        ids = list(numbered("sku", 100))
        for item in ids:
            world.put(item, {PART: f"part of {item}"})

        assert set(await world.remote.items(ids)) == set(ids)
        assert world.remote.requests == 1

    async def test_more_than_a_hundred_ids_are_a_mistake_of_the_caller(self, world: World) -> None:
        ids = list(numbered("sku", 101))
        for read in (world.remote.items, world.remote.managed, world.remote.stocked):
            with pytest.raises(ValueError, match="101"):
                await read(ids)

    async def test_no_ids_cost_no_request(self, world: World) -> None:
        assert await world.remote.items([]) == {}
        assert await world.remote.managed([]) == frozenset()
        assert await world.remote.stocked([]) == frozenset()
        assert world.remote.requests == 0

    async def test_managed_are_those_whose_sku_digital_river_fulfils(self, world: World) -> None:
        world.manage(B)
        assert await world.remote.managed([A, B]) == {B}
        assert await world.remote.managed([A]) == frozenset()

    async def test_skus_are_written_and_read_with_what_has_a_value_alone(
        self, world: World
    ) -> None:
        given: Attributes = {
            PART: "P-1",
            COUNTRY: "DK",
            ECCN: "EAR99",
            Attribute.NAME: "Shoe",
            Attribute.TAX_CODE: "5300",
            Attribute.WEIGHT: "1.5",
            Attribute.METADATA: '{"a":"x","b":1}',
            Attribute.ITEM_BREADCRUMB: "Shoes",
        }
        made = {name: AttributeChange(None, value) for name, value in given.items()}
        create = Change(A, Action.CREATE, 1, made, Resource.SKU)

        created = await world.remote.carry_out(create)
        again = await world.remote.carry_out(create)
        moved = {Attribute.WEIGHT: AttributeChange("1.5", "2"), PART: AttributeChange("P-1", None)}
        updated = await world.remote.carry_out(Change(A, Action.UPDATE, 2, moved, Resource.SKU))
        world.manage(B)
        found = await world.remote.skus([A, B, C])

        assert isinstance(created, Accepted)
        assert created.attributes == given
        assert isinstance(again, Exists)
        after = {name: value for name, value in given.items() if name is not PART}
        assert isinstance(updated, Accepted)
        assert {n: v for n, v in (updated.attributes or {}).items() if v is not None} == {
            **after,
            Attribute.WEIGHT: "2",
        }
        assert set(found) == {A, B}
        assert found[A].attributes == {**after, Attribute.WEIGHT: "2"}
        assert (found[A].managed, found[B].managed) == (False, True)
        assert found[A].physical
        deleted = await world.remote.carry_out(Change(A, Action.DELETE, 3, {}, Resource.SKU))
        gone = await world.remote.carry_out(Change(A, Action.DELETE, 3, {}, Resource.SKU))
        assert isinstance(deleted, Accepted)
        assert isinstance(gone, Gone)

    async def test_stocked_are_those_with_stock_left(self, world: World) -> None:
        world.put(A, SHOE)
        world.put(B, {PART: "P-2"})
        world.stock(B)
        assert await world.remote.stocked([A, B, C]) == {B}

    async def test_a_search_goes_through_every_page_newest_first(self, world: World) -> None:
        ids = list(numbered("sku", 230))
        for item in ids:
            world.put(item, {PART: "P-1", MAKER: "acme"})

        found = [item.id async for item in world.remote.search("P-1", "acme")]

        assert found == ids[::-1]

    @pytest.mark.parametrize(
        ("part_number", "manufacturer", "ids"),
        [
            ("P-1", None, {A, B}),
            (None, "acme", {A, C}),
            ("P-1", "acme", {A}),
            (None, None, {A, B, C}),
            ("P-9", None, set()),
        ],
    )
    async def test_a_search_takes_either_filter_or_both(
        self, world: World, part_number: str | None, manufacturer: str | None, ids: set[ItemId]
    ) -> None:
        world.put(A, {PART: "P-1", MAKER: "acme"})
        world.put(B, {PART: "P-1", MAKER: "other"})
        world.put(C, {PART: "P-2", MAKER: "acme"})
        assert {item.id async for item in world.remote.search(part_number, manufacturer)} == ids

    @pytest.mark.parametrize("resource", SYNCED)
    async def test_a_read_that_keeps_failing_is_unavailable(
        self, world: World, resource: Resource
    ) -> None:
        world.break_reads(resource)
        with pytest.raises(RemoteUnavailableError):
            await read(world, resource)

    @pytest.mark.parametrize("resource", SYNCED)
    async def test_a_forbidden_resource_says_so_and_the_others_go_on(
        self, world: World, resource: Resource
    ) -> None:
        world.forbid(resource)
        for _ in range(2):
            with pytest.raises(ResourceForbiddenError):
                await read(world, resource)
        for other in set(SYNCED) - {resource}:
            await read(world, other)


class TestWriting:
    async def test_a_create_answers_with_the_item_as_it_is_now(self, world: World) -> None:
        outcome = await world.remote.carry_out(change(Action.CREATE, values=SHOE))

        assert isinstance(outcome, Accepted)
        assert outcome.attributes == SHOE
        assert outcome.request_id
        assert world.contents() == {A: SHOE}

    async def test_a_create_leaves_to_the_server_what_has_no_value(self, world: World) -> None:
        values: dict[Attribute, Value] = {PART: "P-1", MAKER: None, OVERSELL: None, ECCN: None}
        outcome = await world.remote.carry_out(change(Action.CREATE, values=values))

        assert isinstance(outcome, Accepted)
        assert outcome.attributes is not None
        assert outcome.attributes[MAKER]
        assert outcome.attributes[OVERSELL] is False
        assert outcome.attributes[ECCN] is None

    async def test_an_update_touches_what_it_names_and_a_none_clears(self, world: World) -> None:
        world.put(A, SHOE)
        wishes: dict[Attribute, Value] = {COUNTRY: "CA", ECCN: None}

        outcome = await world.remote.carry_out(change(Action.UPDATE, values=wishes))

        assert isinstance(outcome, Accepted)
        assert outcome.attributes == {**SHOE, **wishes}
        rest = {name: value for name, value in SHOE.items() if name is not ECCN}
        assert world.contents() == {A: {**rest, COUNTRY: "CA"}}

    async def test_a_delete_is_accepted_without_attributes(self, world: World) -> None:
        world.put(A, SHOE)
        outcome = await world.remote.carry_out(change(Action.DELETE))
        assert isinstance(outcome, Accepted)
        assert outcome.attributes is None
        assert world.contents() == {}

    async def test_a_create_of_what_exists_says_so(self, world: World) -> None:
        world.put(A, SHOE)
        outcome = await world.remote.carry_out(change(Action.CREATE, values={PART: "P-9"}))
        assert isinstance(outcome, Exists)
        assert outcome.failure.code == "already_exists"
        assert world.contents()[A] == SHOE

    @pytest.mark.parametrize("action", [Action.UPDATE, Action.DELETE])
    async def test_what_is_not_there_is_gone(self, world: World, action: Action) -> None:
        values: dict[Attribute, Value] = {COUNTRY: "CA"} if action is Action.UPDATE else {}
        outcome = await world.remote.carry_out(change(action, values=values))
        assert isinstance(outcome, Gone)
        assert outcome.failure.status == 404

    @pytest.mark.unknown_to_the_vendor
    async def test_a_create_without_part_number_is_refused_with_its_reason(
        self, world: World
    ) -> None:
        outcome = await world.remote.carry_out(change(Action.CREATE, values={COUNTRY: "DK"}))
        assert isinstance(outcome, Refused)
        assert outcome.failure.status == 400
        assert outcome.failure.parameter == "partNumber"
        assert outcome.failure.request_id

    @pytest.mark.parametrize(
        ("status", "in_doubt"), [(408, True), (429, False), (500, True), (503, True)]
    )
    async def test_a_failure_that_may_pass_tells_whether_it_leaves_a_doubt(
        self, world: World, status: int, in_doubt: bool
    ) -> None:
        world.answer(A, status)
        outcome = await world.remote.carry_out(change(Action.CREATE, values=SHOE))
        assert isinstance(outcome, Transient)
        assert outcome.in_doubt is in_doubt
        assert world.contents() == {}
        again = await world.remote.carry_out(change(Action.CREATE, values=SHOE))
        assert isinstance(again, Accepted)

    async def test_a_change_in_doubt_may_have_been_carried_out(self, world: World) -> None:
        world.answer(A, 500, carried_out=True)
        outcome = await world.remote.carry_out(change(Action.CREATE, values=SHOE))
        assert isinstance(outcome, Transient)
        assert outcome.in_doubt
        assert (await world.remote.items([A]))[A].attributes == SHOE

    async def test_an_answer_shows_what_was_stored_not_what_was_sent(self, world: World) -> None:
        world.store_otherwise(A, {COUNTRY: "SE"})
        outcome = await world.remote.carry_out(change(Action.CREATE, values=SHOE))
        assert isinstance(outcome, Accepted)
        assert outcome.attributes == {**SHOE, COUNTRY: "SE"}

    async def test_after_a_refused_key_nothing_departs(self, world: World) -> None:
        world.answer(A, 401)
        assert isinstance(await world.remote.carry_out(change(Action.DELETE)), KeyRefused)
        departed = world.remote.requests

        later = await world.remote.carry_out(change(Action.CREATE, B, {PART: "P-2"}))

        assert isinstance(later, KeyRefused)
        for resource in SYNCED:
            with pytest.raises(KeyRefusedError):
                await read(world, resource)
        assert world.remote.requests == departed
        assert world.contents() == {}

    async def test_after_a_403_no_change_of_that_resource_departs(self, world: World) -> None:
        world.answer(A, 403)
        assert isinstance(await world.remote.carry_out(change(Action.DELETE)), Forbidden)
        departed = world.remote.requests

        later = await world.remote.carry_out(change(Action.CREATE, B, {PART: "P-2"}))

        assert isinstance(later, Forbidden)
        assert world.remote.requests == departed
        assert await world.remote.managed([A]) == frozenset()


class TestHold:
    async def test_after_it_nothing_departs(self, world: World) -> None:
        world.remote.hold()

        assert await world.remote.carry_out(change(Action.CREATE, values=SHOE)) == UNSENT
        for resource in SYNCED:
            with pytest.raises(RemoteUnavailableError):
                await read(world, resource)
        assert world.remote.requests == 0
        assert world.contents() == {}


class TestPermit:
    async def test_what_it_raises_comes_out_of_every_call_and_nothing_departs(
        self, world: World
    ) -> None:
        def refuse() -> None:
            raise LeaseLostError("the state", "another has taken it over", "Run again")

        world.remote.depart_by(refuse)

        with pytest.raises(LeaseLostError):
            await world.remote.carry_out(change(Action.CREATE, values=SHOE))
        for resource in SYNCED:
            with pytest.raises(LeaseLostError):
                await read(world, resource)
        assert world.remote.requests == 0
        assert world.contents() == {}

    async def test_it_is_asked_before_each_departure_until_it_is_taken_back(
        self, world: World
    ) -> None:
        asked: list[int] = []
        world.remote.depart_by(lambda: asked.append(world.remote.requests))

        await world.remote.carry_out(change(Action.CREATE, values=SHOE))
        await world.remote.items([A])
        world.remote.depart_by(None)
        await world.remote.items([A])

        assert asked == [0, 1]
        assert world.remote.requests == 3


async def read(world: World, resource: Resource) -> None:
    match resource:
        case Resource.INVENTORY_ITEM:
            await world.remote.items([A])
        case Resource.SKU:
            await world.remote.managed([A])
        case Resource.INVENTORY_LEVEL:
            await world.remote.stocked([A])
