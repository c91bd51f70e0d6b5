"""A stored row that takes in another wish by its columns is as the same row by its values."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncd.domain.attributes import Attribute, Attributes, Value
from syncd.domain.change import Resource
from syncd.domain.tracking import Delivery, Held, Missing, Ownership, Reverted, SkuState, Tracked
from syncd.engine.absorb import absorb
from syncd.engine.wishes import Wishes
from syncd.state.codec import SAME, SkuRow, sku_row, tracked_from
from syncd.state.revising import revised
from tests.contract.state.examples import CYCLE, FAILURE, NOON, WISH, sku

ITEM = (Attribute.PART_NUMBER, Attribute.MANUFACTURER_ID, Attribute.ALLOW_OVERSELL)
PLAIN = {"id", "fingerprint", "desired", "known", "sent", "ownership", "revision"}
OTHERS: dict[str, Any] = {
    "delivery": Delivery.DOUBTED,
    "held": Held("hsCode", "1", "digits only"),
    "missing": Missing(NOON, 4),
    "quarantine": FAILURE,
    "quarantined_since": NOON,
    "foreign_reason": "fulfilled",
    "attempts": 1,
    "next_attempt": NOON,
    "last_error": FAILURE,
    "reverted": Reverted(CYCLE, None),
    "known_sku": WISH,
    "sent_sku": frozenset({Attribute.PART_NUMBER}),
    "lost_sku": True,
    "open_half": Resource.SKU,
}
"""A value of each other field that a plain row has not."""
values: st.SearchStrategy[Value] = st.none() | st.sampled_from(["DK", "CA"])
wishes: st.SearchStrategy[Attributes] = st.permutations(ITEM).flatmap(
    lambda names: st.fixed_dictionaries(dict.fromkeys(names, values))
)


@st.composite
def rows(draw: st.DrawFn) -> Tracked:
    """Rows that are plain but for at most one of their other fields."""
    desired, other = draw(st.none() | wishes), draw(st.none() | st.sampled_from(sorted(OTHERS)))
    plain = Tracked(
        sku("a").id,
        fingerprint=draw(st.none() | st.just(5)),
        desired=desired,
        known=draw(st.none() | wishes | st.just(desired)),
        sent=draw(st.frozensets(st.sampled_from(ITEM))),
        ownership=draw(st.sampled_from(Ownership)),
        revision=draw(st.integers(0, 3)),
    )
    return plain if other is None else replace(plain, **{other: OTHERS[other]})


KNOWN_IN_ANOTHER_ORDER = Tracked(
    sku("a").id,
    desired={Attribute.PART_NUMBER: "DK", Attribute.MANUFACTURER_ID: "CA"},
    known={Attribute.MANUFACTURER_ID: "CA", Attribute.PART_NUMBER: "DK"},
    ownership=Ownership.OWNED,
    revision=1,
)


@given(rows(), wishes)
@example(KNOWN_IN_ANOTHER_ORDER, {Attribute.PART_NUMBER: "US", Attribute.MANUFACTURER_ID: "CA"})
def test_it_is_as_the_same_row_by_its_values(row: Tracked, wish: Attributes) -> None:
    found = _revised(row, wish)

    assert (found is not None) is _is_plain(row)
    assert found is None or _read(found) == _read(sku_row(absorb(row, 7, wish)))


def test_every_field_is_plain_or_makes_a_row_another() -> None:
    assert PLAIN | OTHERS.keys() == {field.name for field in fields(Tracked)}


@pytest.mark.parametrize("state", sorted(set(SkuState) - {SkuState.PENDING, SkuState.IN_SYNC}))
def test_a_row_of_which_more_is_to_be_told_is_left_alone(state: SkuState) -> None:
    assert _revised(sku("a", state), {Attribute.PART_NUMBER: "PN-2"}) is None


def test_a_wish_for_a_pair_is_left_alone() -> None:
    assert _revised(sku("a"), {**WISH, Attribute.NAME: "A shoe"}) is None


def test_an_id_without_a_row_is_left_out() -> None:
    assert not list(revised(_wished(WISH), {}))


def _is_plain(row: Tracked) -> bool:
    blank = Tracked(row.id)
    alike = all(getattr(row, name) == getattr(blank, name) for name in OTHERS)
    return alike and row.ownership is not Ownership.FOREIGN


def _read(stored: SkuRow) -> tuple[Any, bool, Tracked]:
    """What the columns say; equal attributes may stand in them in any order."""
    _, state, _, _, known, *_ = stored
    return state, known == SAME, tracked_from(stored)


def _wished(wish: Attributes) -> Wishes:
    return Wishes([sku("a").id], [7], {name: [value] for name, value in wish.items()})


def _revised(row: Tracked, wish: Attributes) -> SkuRow | None:
    found = [stored for _, _, stored in revised(_wished(wish), {row.id: sku_row(row)})]
    return found[0] if found else None
