"""What audits need of a state: sightings held against the table, and what was observed kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.domain.attributes import SHARED, Attribute, Attributes, ItemId
from syncd.domain.audit import FindingKind, Observed, Sighting
from syncd.domain.change import Action, Change, Resource
from syncd.domain.delivery import Kind
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.journal import Adoption, Settlement
from syncd.domain.tracking import Missing, Ownership, SkuState, Tracked
from syncd.ports import State
from tests.contract.state.examples import CYCLE, NOON, WISH, intent, put, sku, texts
from tests.contract.state.histories import A, B, at, run

ALL: Attributes = {**dict.fromkeys(Attribute), **WISH}
DAY = timedelta(days=1)


def owned(id_: str, known: Attributes = ALL) -> Tracked:
    return replace(sku(id_, SkuState.IN_SYNC, owned=True), known=known)


def item(id_: str, values: Attributes = ALL) -> RemoteItem:
    return RemoteItem(ItemId(id_), {**dict.fromkeys(Attribute), **values}, updated=NOON)


def held_against(state: State, shown: Sequence[RemoteItem]) -> tuple[list[Sighting], list[ItemId]]:
    """What differs and what is not shown."""
    with state.sightings() as sightings:
        for one in shown:
            sightings.take([one], NOON)
        assert sightings.count == len(shown)
        differing = [one for batch in sightings.differing() for one in batch]
        return differing, [id_ for batch in sightings.not_shown() for id_ in batch]


def test_what_is_as_it_is_known_is_left_out(state: State) -> None:
    whole_wish = replace(owned("b"), desired=ALL)
    put(state, [owned("a"), whole_wish])

    assert held_against(state, [item("a"), item("b")]) == ([], [])


def test_what_is_known_may_be_read_before_anything_was_shown(state: State) -> None:
    put(state, [owned("a"), owned("b")])

    with state.sightings() as sightings:
        sightings.read_known()
        put(state, [owned("c"), owned("b", {**ALL, Attribute.ECCN: "EAR99"})])
        sightings.take([item("b")], NOON)

        assert list(sightings.differing()) == []
        assert list(sightings.not_shown()) == [[ItemId("a")]]


@pytest.mark.parametrize(
    "row",
    [
        None,
        owned("a", {**ALL, Attribute.ECCN: "EAR99"}),
        replace(owned("a"), missing=Missing(NOON, 1)),
        replace(owned("a"), ownership=Ownership.FOREIGN, known=None),
        replace(owned("a"), ownership=Ownership.UNKNOWN, known=None),
        replace(owned("a"), known=None),
    ],
    ids=["unknown", "changed", "missing", "foreign", "not ours yet", "thought gone"],
)
def test_what_is_shown_otherwise_differs(state: State, row: Tracked | None) -> None:
    put(state, [] if row is None else [row])

    assert held_against(state, [item("a")]) == ([Sighting(item("a"), NOON)], [])


def test_what_is_known_to_be_there_and_is_not_shown_is_named_in_order(state: State) -> None:
    foreign = replace(owned("d"), ownership=Ownership.FOREIGN, known=None)
    put(state, [owned("c"), owned("a"), owned("b"), foreign, sku("e")])

    assert held_against(state, [item("b")]) == ([], ["a", "c"])


def test_nothing_shown_of_nothing_known_agrees(state: State) -> None:
    assert held_against(state, []) == ([], [])


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(values=st.dictionaries(st.sampled_from(Attribute), st.none() | st.booleans() | texts))
def test_whatever_the_values_are_the_same_ones_agree(state: State, values: Attributes) -> None:
    whole = {**dict.fromkeys(Attribute), **values}
    put(state, [owned("a", whole)])

    assert held_against(state, [item("a", whole)]) == ([], [])
    with state.transaction() as transaction:
        transaction.forget([ItemId("a")])
    ((sighting,), _) = held_against(state, [item("a", whole)])
    assert sighting.item.attributes == whole


def test_some_known_items_are_chosen_by_chance(state: State) -> None:
    put(state, [owned(f"id-{number:02}") for number in range(40)])
    put(state, [sku("not ours"), replace(owned("gone"), known=None)])

    chosen = {tuple(state.known_at_random(5)) for _ in range(8)}
    assert len(chosen) > 1
    assert all(len(set(ids)) == 5 for ids in chosen)
    assert len(state.known_at_random(1_000)) == 40


def observed(id_: str, seen: timedelta = timedelta()) -> Observed:
    return Observed(ItemId(id_), FindingKind.DRIFTED, ALL, NOON, NOON + seen)


def test_what_was_observed_last_is_kept(state: State) -> None:
    gone = Observed(ItemId("b"), FindingKind.VANISHED, None, None, NOON)
    with state.transaction() as transaction:
        transaction.observe([observed("a"), gone])
        transaction.observe([observed("a", DAY)])

    ids = [ItemId(id_) for id_ in ("a", "b", "c")]
    assert state.observed(ids) == {"a": observed("a", DAY), "b": gone}


def test_what_was_observed_is_forgotten_by_id_and_by_time(state: State) -> None:
    ids = [ItemId(id_) for id_ in ("a", "b", "c")]
    with state.transaction() as transaction:
        transaction.observe([observed("a"), observed("b"), observed("c", DAY)])
        transaction.forget_observed([ItemId("a")])
    assert set(state.observed(ids)) == {"b", "c"}

    with state.transaction() as transaction:
        transaction.forget_observed_before(NOON + DAY)
    assert set(state.observed(ids)) == {"c"}


def test_what_was_written_for_counts_no_more_once_the_history_of_that_is_removed(
    state: State,
) -> None:
    put(state, [owned("mended"), owned("left")])
    with state.transaction() as transaction:
        transaction.observe([observed("mended", -DAY), observed("left", -DAY)])
    run(state, A, "mended")
    run(state, B, day=1)
    assert state.left_to_mend() == 1

    list(state.prune(at(1)))

    assert state.left_to_mend() == 1
    assert state.observed([ItemId("mended"), ItemId("left")]).keys() == {"left"}


def test_what_is_to_be_mended_counts_until_something_was_written_for_it(state: State) -> None:
    kinds = {
        "drifted": FindingKind.DRIFTED,
        "vanished": FindingKind.VANISHED,
        "unadopted": FindingKind.UNADOPTED,
        "taken": FindingKind.MANAGED,
        "theirs": FindingKind.MANAGED,
        "unequal": FindingKind.UNEQUAL,
        "nobodys": FindingKind.DRIFTED,
    }
    put(state, [owned(id_) for id_ in kinds if id_ not in {"theirs", "nobodys"}])
    put(state, [replace(owned("theirs"), ownership=Ownership.FOREIGN)])
    with state.transaction() as transaction:
        transaction.observe([replace(observed(id_), kind=kind) for id_, kind in kinds.items()])
    assert state.left_to_mend() == 4

    with state.transaction() as transaction:
        transaction.begin_writes([replace(intent("drifted"), begun=NOON - DAY)])
        transaction.begin_writes([replace(intent("vanished"), begun=NOON + DAY)])
    assert state.left_to_mend() == 3


def test_the_last_write_that_may_have_landed_tells_when(state: State) -> None:
    begun = [
        intent("a"),
        intent("a", begun=NOON + DAY),
        intent("a", begun=NOON + 2 * DAY),
        intent("b", Action.CREATE),
    ]
    with state.transaction() as transaction:
        writes = transaction.begin_writes(begun)
        kinds = (Kind.ACCEPTED, Kind.UNKNOWN, Kind.REFUSED, Kind.ACCEPTED)
        transaction.end_writes(
            [Settlement(write, kind, NOON) for write, kind in zip(writes, kinds, strict=True)]
        )
        transaction.adopt([Adoption(CYCLE, ItemId("c"), ALL, NOON)])

    ids = [ItemId(id_) for id_ in ("a", "b", "c", "d")]
    assert state.last_written(ids) == {"a": NOON + DAY, "b": NOON}


PAIR: Attributes = {**WISH, Attribute.NAME: "Shoe"}
SHARED_ALONE: Attributes = {name: value for name, value in ALL.items() if name in SHARED and value}


def unpaired(
    state: State, items: Sequence[RemoteItem], skus: Sequence[RemoteSku], *, kept: bool = False
) -> dict[str, tuple[bool, bool]]:
    """The ids of what does not go together, and which halves were shown."""
    with state.sightings() as sightings:
        sightings.take(items, NOON)
        sightings.take_skus(skus, NOON)
        found = [one for batch in sightings.unpaired(kept=kept) for one in batch]
        return {one.id: (one.item is not None, one.sku is not None) for one in found}


def of_sku(id_: str, values: Attributes = SHARED_ALONE, **more: bool) -> RemoteSku:
    return RemoteSku(ItemId(id_), values, more.get("managed", False), more.get("physical", True))


def test_what_does_not_go_together_is_named_with_its_halves(state: State) -> None:
    unlike = {**SHARED_ALONE, Attribute.ECCN: "5A991"}
    skus = [
        of_sku("alike"),
        of_sku("digital", physical=False),
        of_sku("managed", unlike, managed=True),
        of_sku("no-item"),
        of_sku("unlike", unlike),
    ]
    items = [item(one) for one in ("alike", "managed", "no-sku", "unlike")]

    assert unpaired(state, items, skus) == {
        "no-item": (False, True),
        "no-sku": (True, False),
        "unlike": (True, True),
    }


def test_where_there_is_no_sku_of_ones_own_no_item_lacks_one(state: State) -> None:
    assert unpaired(state, [item("a"), item("b")], [of_sku("a", managed=True)]) == {}


def test_skus_that_are_kept_and_not_as_they_are_known_are_named(state: State) -> None:
    known = {**SHARED_ALONE, Attribute.NAME: "Shoe"}
    row = replace(owned("a"), desired=PAIR, known_sku=known, sent_sku=frozenset({Attribute.NAME}))
    put(state, [row])
    renamed = of_sku("a", {**known, Attribute.NAME: "Boot"})

    assert state.tracked([ItemId("a")]) == {"a": row}
    assert unpaired(state, [item("a")], [of_sku("a", known)], kept=True) == {}
    assert unpaired(state, [item("a")], [renamed], kept=False) == {}
    assert unpaired(state, [item("a")], [renamed], kept=True) == {"a": (True, True)}
    assert unpaired(state, [item("a")], [], kept=True) == {"a": (True, False)}
    assert unpaired(state, [item("a")], [], kept=False) == {}


@pytest.mark.parametrize("kept", [True, False])
def test_an_item_of_ours_whose_sku_became_managed_is_named_as_that(
    state: State, *, kept: bool
) -> None:
    put(state, [replace(owned("a"), desired=PAIR, known_sku=SHARED_ALONE)])
    skus = [of_sku("a", managed=True), of_sku("b", managed=True)]

    assert unpaired(state, [item("a"), item("b")], skus, kept=kept) == {"a": (True, True)}
    with state.sightings() as sightings:
        sightings.take([item("a")], NOON)
        sightings.take_skus(skus, NOON)
        (batch,) = sightings.unpaired(kept=kept)
        assert [one.sku is not None and one.sku.managed for one in batch] == [True]


def test_what_was_observed_of_a_sku_is_kept(state: State) -> None:
    seen = Observed(ItemId("a"), FindingKind.UNEQUAL, ALL, NOON, NOON, SHARED_ALONE)
    with state.transaction() as transaction:
        transaction.observe([seen])
    assert state.observed([ItemId("a")]) == {"a": seen}


def test_both_halves_of_a_stopped_change_are_kept(state: State) -> None:
    later = Change(ItemId("a"), Action.CREATE, 3, {}, Resource.INVENTORY_ITEM)
    change = Change(ItemId("a"), Action.UPDATE, 3, {}, Resource.SKU, then=later)
    with state.transaction() as transaction:
        name = transaction.record_stopped([change])
    assert list(state.stopped(name)) == [change]


def test_pairs_that_are_ours_by_their_sku_alone_are_counted(state: State) -> None:
    waiting = replace(sku("a"), desired=PAIR, known_sku=SHARED_ALONE)
    foreign = replace(waiting, id=ItemId("c"), ownership=Ownership.FOREIGN, known_sku=None)
    put(state, [waiting, replace(owned("b"), desired=PAIR, known_sku=SHARED_ALONE), foreign])
    put(state, [sku("d")])

    assert state.skus_alone() == 1
    assert state.census().owned == 1
