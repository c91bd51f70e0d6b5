"""The read side: status, why, past cycles and items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, Attributes, ItemId
from syncd.domain.change import Action, Change, ChangeOutcome, Resource
from syncd.domain.cycle import ChangeResult, CycleId, CycleResult, Mode
from syncd.domain.delivery import Failure, Kind
from syncd.domain.journal import Adoption, Intent, Settlement
from syncd.domain.snapshot import CatalogRow, Certificate, HeldSku, Position, Reading
from syncd.domain.tracking import Held, Ownership, SkuState, Tracked
from syncd.errors import CatalogError, RemoteUnavailableError, UsageError
from syncd.ports import State
from syncd.service.explanation import why
from syncd.service.finding import find_items, search_items
from syncd.service.inquiry import status
from syncd.service.past import past_cycle
from syncd.service.table import held
from syncd.service.terms import Ports, Terms
from tests.fakes.remote import FakeRemote
from tests.unit.service.conftest import NOW, GivenCatalog

CYCLE = CycleId("20261121T174000Z-0001")
RESULT = CycleResult(CYCLE, Mode.ONCE, NOW, NOW, None)
WISH: Attributes = {Attribute.PART_NUMBER: "P1", Attribute.COUNTRY_OF_ORIGIN: "DK"}
REFUSAL = Failure(409, "invalid_parameter", "No such part", "manufacturerId", "r-1")


def in_sync(id: str) -> Tracked:
    return Tracked(ItemId(id), 1, desired=WISH, known=WISH, ownership=Ownership.OWNED, revision=1)


def held_row(id: str) -> Tracked:
    return replace(in_sync(id), held=Held("hsCode", "12", "six digits", row=3))


def refused(id: str) -> Tracked:
    return replace(in_sync(id), known=None, quarantine=REFUSAL, quarantined_since=NOW)


def catalog_row(id: str, **texts: str) -> CatalogRow:
    values = {Attribute.PART_NUMBER: "P1", Attribute.COUNTRY_OF_ORIGIN: "dk"}
    return CatalogRow(ItemId(id), 2, values | {Attribute(k): v for k, v in texts.items()}, row=4)


def put(state: State, *rows: Tracked) -> None:
    with state.transaction() as transaction:
        transaction.put(rows)


# ------------------------------------------------------------------------------- status


def test_before_any_cycle_there_is_nothing_to_tell(state: State) -> None:
    found = status(state, NOW, examples=5)

    assert found.last is None
    assert found.reading is None
    assert found.held == ()
    assert found.census.owned == 0


def test_status_shows_the_counts_and_the_first_of_what_needs_somebody(state: State) -> None:
    put(state, in_sync("a"), *map(held_row, "bcd"), *map(refused, "ef"))
    with state.transaction() as transaction:
        transaction.record_cycle(replace(RESULT, id=CycleId("20261120T000000Z-0000")))
        transaction.record_cycle(RESULT)

    found = status(state, NOW, examples=2)

    assert found.last is not None
    assert found.last.id == CYCLE
    counts = {each: count for each, count in found.census.states.items() if count}
    assert counts == {SkuState.IN_SYNC: 1, SkuState.HELD: 3, SkuState.QUARANTINED: 2}
    assert [sku.id for sku in found.held] == ["b", "c"]
    assert [sku.id for sku in found.quarantined] == ["e", "f"]


def test_rows_without_an_id_are_held_too(state: State) -> None:
    stray = HeldSku("", Held("id", "", "every row needs an id", row=9))
    reading = Reading(
        Position("", ""), "", Certificate("c", 1, 1), NOW, strays=(stray,), stray_count=1
    )
    put(state, held_row("a"))
    with state.transaction() as transaction:
        transaction.record_reading(reading)

    assert [sku.id for sku in held(state)] == ["a", ""]


# ---------------------------------------------------------------------------------- why


async def test_why_tells_all_four_values(
    ports: Ports, terms: Terms, catalog: GivenCatalog, remote: FakeRemote
) -> None:
    put(ports.state, in_sync("a"))
    catalog.rows = [catalog_row("b"), catalog_row("a", countryOfOrigin="ca")]
    remote.put("a", {Attribute.PART_NUMBER: "P9"})

    found = await why(ports, terms, ItemId("a"))

    assert found.catalog is catalog.rows[1]
    assert found.wish == {Attribute.PART_NUMBER: "P1", Attribute.COUNTRY_OF_ORIGIN: "CA"}
    assert found.tracked == in_sync("a")
    assert found.observed is not None
    assert found.observed.attributes[Attribute.PART_NUMBER] == "P9"
    assert "the next one takes that in" in found.next.words


async def test_why_leaves_the_state_as_it_is(
    ports: Ports, terms: Terms, catalog: GivenCatalog
) -> None:
    put(ports.state, in_sync("a"))

    await why(ports, terms, ItemId("b"))

    assert ports.state.tracked([ItemId("a"), ItemId("b")]) == {"a": in_sync("a")}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "it is in neither the catalog nor the state"),
        ([catalog_row("a")], "The next cycle takes it in"),
    ],
)
async def test_why_of_what_no_cycle_has_seen(
    ports: Ports, terms: Terms, catalog: GivenCatalog, rows: list[CatalogRow], words: str
) -> None:
    catalog.rows = rows

    found = await why(ports, terms, ItemId("a"))

    assert found.tracked is None
    assert words in found.next.words
    assert found.observed_absence == "Digital River has no item with this id"


async def test_why_says_that_a_row_would_be_held(
    ports: Ports, terms: Terms, catalog: GivenCatalog
) -> None:
    put(ports.state, in_sync("a"))
    catalog.rows = [catalog_row("a", countryOfOrigin="UK")]

    found = await why(ports, terms, ItemId("a"))

    assert isinstance(found.wish, Held)
    assert found.wish.value == "UK"
    assert "takes that in" in found.next.words


async def test_why_goes_on_without_catalog_and_remote(
    ports: Ports, terms: Terms, catalog: GivenCatalog, remote: FakeRemote
) -> None:
    put(ports.state, in_sync("a"))
    catalog.error = CatalogError("given.csv", "it is not there", "Put it there")
    remote.fail_read(Resource.INVENTORY_ITEM, RemoteUnavailableError("It", "is out", "Wait"))

    found = await why(ports, terms, ItemId("a"))

    assert found.catalog_absence == "given.csv: it is not there. Put it there."
    assert found.observed_absence == "It: is out. Wait."
    assert found.next.words.startswith("Nothing")


# -------------------------------------------------------------------------- past cycles

TO_CA = {Attribute.COUNTRY_OF_ORIGIN: AttributeChange("DK", "CA")}
LOST = {name: AttributeChange(value, None) for name, value in WISH.items()}


def _write(state: State, change: Change, kind: Kind | None, failure: Failure | None = None) -> None:
    with state.transaction() as transaction:
        before = None if change.action is Action.CREATE else WISH
        [write] = transaction.begin_writes([Intent(CYCLE, change, before, NOW)])
        if kind is not None:
            ended = NOW + timedelta(seconds=1)
            transaction.end_writes([Settlement(write, kind, ended, failure)])


@pytest.mark.parametrize(
    ("change", "kind", "failure", "outcome"),
    [
        (Change(ItemId("a"), Action.UPDATE, 2, TO_CA), Kind.ACCEPTED, None, ChangeOutcome.DONE),
        (Change(ItemId("a"), Action.DELETE, 2, LOST), Kind.ACCEPTED, None, ChangeOutcome.DONE),
        (Change(ItemId("a"), Action.DELETE, 2, LOST), Kind.GONE, REFUSAL, ChangeOutcome.DONE),
        (Change(ItemId("a"), Action.UPDATE, 2, TO_CA), Kind.GONE, REFUSAL, ChangeOutcome.FAILED),
        (
            Change(ItemId("a"), Action.UPDATE, 2, TO_CA),
            Kind.REFUSED,
            REFUSAL,
            ChangeOutcome.QUARANTINED,
        ),
        (Change(ItemId("a"), Action.UPDATE, 2, TO_CA), Kind.UNKNOWN, REFUSAL, ChangeOutcome.FAILED),
        (Change(ItemId("a"), Action.UPDATE, 2, TO_CA), None, None, ChangeOutcome.FAILED),
    ],
)
def test_a_past_cycle_has_its_changes_from_the_journal(
    state: State,
    change: Change,
    kind: Kind | None,
    failure: Failure | None,
    outcome: ChangeOutcome,
) -> None:
    with state.transaction() as transaction:
        transaction.record_cycle(RESULT)
    _write(state, change, kind, failure)

    [told] = past_cycle(state, CYCLE).changes

    assert told.change == change
    assert told.outcome is outcome
    assert (told.failure is None) == (outcome is ChangeOutcome.DONE)


def test_a_past_cycle_tells_the_last_attempt_of_each_id_and_no_adoption(state: State) -> None:
    with state.transaction() as transaction:
        transaction.record_cycle(RESULT)
        transaction.adopt([Adoption(CYCLE, ItemId("b"), WISH, NOW)])
    change = Change(ItemId("a"), Action.UPDATE, 2, TO_CA)
    _write(state, change, Kind.UNDONE, REFUSAL)
    _write(state, change, Kind.ACCEPTED)

    assert past_cycle(state, CYCLE).changes == (ChangeResult(change, ChangeOutcome.DONE),)


def test_a_cycle_that_never_was_is_wrong_usage(state: State) -> None:
    with pytest.raises(UsageError, match="there is no such cycle"):
        past_cycle(state, CYCLE)


# -------------------------------------------------------------------------------- items


def ids(count: int) -> Sequence[ItemId]:
    return [ItemId(f"{number:03}") for number in range(count)]


async def test_items_are_asked_for_a_hundred_a_request(remote: FakeRemote) -> None:
    for id in ids(250)[::2]:
        remote.put(id)

    found = await find_items(remote, ids(250))

    assert [item.id for item in found.items] == list(ids(250)[::2])
    assert list(found.absent) == list(ids(250)[1::2])
    assert [len(call.ids) for call in remote.calls] == [100, 100, 50]


@pytest.mark.parametrize(("limit", "expected"), [(None, 3), (2, 2), (9, 3)])
async def test_a_search_ends_at_its_limit(
    remote: FakeRemote, limit: int | None, expected: int
) -> None:
    for id in ids(3):
        remote.put(id, {Attribute.PART_NUMBER: "P"})
    remote.put("other", {Attribute.PART_NUMBER: "Q"})

    found = await search_items(remote, "P", None, limit)

    assert len(found.items) == expected
