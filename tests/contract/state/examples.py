"""Values to fill a state with: some plain ones, and all that the domain allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from syncd.domain.attributes import Attribute, AttributeChange, Attributes, ItemId, Value
from syncd.domain.change import Action, Change, Resource
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Failure
from syncd.domain.journal import Intent
from syncd.domain.tracking import Delivery, Held, Missing, Ownership, Reverted, SkuState, Tracked
from syncd.engine.wishes import Wishes
from syncd.ports import State

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CYCLE = CycleId("20261121T120000Z-3f9a")
WISH: Attributes = {Attribute.PART_NUMBER: "PN-1", Attribute.COUNTRY_OF_ORIGIN: "DK"}
_ZONES = (UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8)))
FAILURE = Failure(409, "invalid_parameter", "Bad country.", "countryOfOrigin", "req-1")


_IN_STATE: Mapping[SkuState, dict[str, Any]] = {
    SkuState.PENDING: {},
    SkuState.IN_SYNC: {"known": dict(WISH)},
    SkuState.IN_FLIGHT: {"delivery": Delivery.IN_FLIGHT},
    SkuState.HELD: {"held": Held("hsCode", "1234.56.YW", "digits only", row=7)},
    SkuState.QUARANTINED: {"quarantine": FAILURE, "quarantined_since": NOON},
    SkuState.MISSING: {"missing": Missing(NOON, 4)},
    SkuState.FOREIGN: {"ownership": Ownership.FOREIGN, "foreign_reason": "fulfilled"},
}


def sku(id_: str, state: SkuState = SkuState.PENDING, *, owned: bool = False) -> Tracked:
    """A believable row in this state."""
    row = Tracked(
        ItemId(id_),
        fingerprint=hash_of(id_),
        desired=WISH,
        ownership=Ownership.OWNED if owned else Ownership.UNKNOWN,
    )
    return replace(row, **_IN_STATE[state])


def held_rows() -> list[Tracked]:
    """Rows of ours that are held: two by a revert, one of them refused, and one as unusable."""
    usable = sku("reverted", SkuState.IN_SYNC, owned=True)
    reverted = replace(usable, reverted=Reverted(CYCLE, {Attribute.PART_NUMBER: "PN-2"}))
    refused = replace(reverted, id=ItemId("refused"), quarantine=FAILURE, quarantined_since=NOON)
    held = Held("hsCode", 'reverted "reverted":', "digits only", row=7)
    return [reverted, refused, replace(usable, id=ItemId("unusable"), held=held)]


def stored_states(state: State) -> dict[ItemId, SkuState]:
    """By which state each row is found, which must be the one that it is in."""
    found = dict[ItemId, SkuState]()
    for one in SkuState:
        for rows in state.in_states(frozenset({one})):
            assert {row.state for row in rows} == {one}
            found.update({row.id: one for row in rows})
    return found


def hash_of(id_: str) -> int:
    """Some fingerprint that depends on the id."""
    return sum(map(ord, id_)) * 7919


def wishes_for(*ids: str) -> Wishes:
    """As many first wishes, all alike."""
    columns: dict[Attribute, list[Value]] = {
        each: [value] * len(ids) for each, value in WISH.items()
    }
    return Wishes(list(map(ItemId, ids)), list(map(hash_of, ids)), columns)


def intent(id_: str, action: Action = Action.UPDATE, begun: datetime = NOON) -> Intent:
    """A write about to begin that moves the country from CN to DK."""
    change = Change(
        ItemId(id_), action, 3, {Attribute.COUNTRY_OF_ORIGIN: AttributeChange("CN", "DK")}
    )
    return Intent(CYCLE, change, {Attribute.COUNTRY_OF_ORIGIN: "CN"}, begun)


def put(state: State, rows: Iterable[Tracked]) -> None:
    """Put rows in a transaction of their own."""
    with state.transaction() as transaction:
        transaction.put(list(rows))


# No surrogates: neither a catalog nor the remote can give text that is not Unicode.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
ids = texts.filter(bool).map(ItemId)
integers = st.integers(-(2**63), 2**63 - 1)
counts = st.integers(0, 2**40)
moments = st.builds(
    lambda after, zone: (datetime(1970, 1, 2, tzinfo=UTC) + after).astimezone(zone),
    st.timedeltas(timedelta(0), timedelta(days=80_000)),
    st.sampled_from(_ZONES),
)
attributes = st.dictionaries(
    st.sampled_from(Attribute), st.none() | st.booleans() | texts, max_size=len(Attribute)
)
failures = st.builds(
    Failure,
    status=st.none() | st.integers(100, 599),
    code=texts,
    message=texts,
    parameter=st.none() | texts,
    request_id=st.none() | texts,
)
_holds = st.builds(
    Held, attribute=texts, value=texts, rule=texts, row=st.none() | counts, file=st.none() | texts
)
_wishes = st.none() | attributes


def _with_values(values: Attributes) -> Attributes:
    return {name: value for name, value in values.items() if value is not None}


@st.composite
def skus(draw: st.DrawFn) -> Tracked:
    """Any row, every field of it; in half of them the known values equal the desired ones."""
    desired = draw(_wishes)
    row = st.builds(
        Tracked,
        id=ids,
        fingerprint=st.none() | integers,
        desired=st.just(desired),
        known=_wishes | st.just(desired),
        sent=st.frozensets(st.sampled_from(Attribute)),
        ownership=st.sampled_from(Ownership),
        delivery=st.sampled_from(Delivery),
        revision=counts,
        held=st.none() | _holds,
        missing=st.none() | st.builds(Missing, since=moments, read=counts),
        quarantine=st.none() | failures,
        quarantined_since=st.none() | moments,
        foreign_reason=st.none() | texts,
        attempts=counts,
        next_attempt=st.none() | moments,
        last_error=st.none() | failures,
        reverted=st.none()
        | st.builds(Reverted, cycle=texts.map(CycleId), wish=_wishes, keeps_sku=st.booleans()),
        known_sku=st.none() | attributes.map(_with_values),
        sent_sku=st.frozensets(st.sampled_from(Attribute)),
        lost_sku=st.booleans(),
        open_half=st.none() | st.sampled_from(Resource),
    )
    return draw(row)
