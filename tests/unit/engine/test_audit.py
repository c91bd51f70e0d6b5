"""What an item, held against its row, comes to: a table of cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, Attributes, ItemId, Value
from syncd.domain.audit import Finding, FindingKind
from syncd.domain.cycle import CycleId
from syncd.domain.item import RemoteItem
from syncd.domain.tracking import Delivery, Held, Missing, Ownership, Reverted, SkuState, Tracked
from syncd.engine.audit import Look, is_unsettled, judged, with_history, with_managed

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EDITED = NOW - timedelta(hours=3)
A = ItemId("a")
COUNTRY, MAKER = Attribute.COUNTRY_OF_ORIGIN, Attribute.MANUFACTURER_ID
WISH: Attributes = {Attribute.PART_NUMBER: "P-1", COUNTRY: "DK", MAKER: None}
KNOWN: Attributes = {**dict.fromkeys(Attribute), **WISH, MAKER: "filled-in"}
OURS = Tracked(A, 1, WISH, KNOWN, ownership=Ownership.OWNED, revision=1)
HELD = Held("hsCode", "x", "digits only")
GONE = Missing(NOW, 3)


def there(**changed: Value) -> RemoteItem:
    """The item as it is known, but for these values."""
    values = {Attribute[name.upper()]: value for name, value in changed.items()}
    return RemoteItem(A, {**KNOWN, **values}, updated=EDITED)


def found(row: Tracked | None, item: RemoteItem | None) -> Finding | None:
    return judged(Look(A, row, item, NOW))


def kind_of(row: Tracked | None, item: RemoteItem | None) -> FindingKind | None:
    finding = found(row, item)
    return None if finding is None else finding.kind


UNKNOWN = replace(OURS, known=None, ownership=Ownership.UNKNOWN)
FOREIGN = replace(OURS, known=None, ownership=Ownership.FOREIGN, foreign_reason="adopt is off")
CASES: Mapping[str, tuple[Tracked | None, RemoteItem | None, FindingKind | None]] = {
    "as it is known": (OURS, there(), None),
    "changed": (OURS, there(country_of_origin="CA"), FindingKind.DRIFTED),
    "cleared": (OURS, there(country_of_origin=None), FindingKind.DRIFTED),
    "changed where nothing is mapped": (OURS, there(eccn="EAR99"), None),
    "filled in by the server anew": (OURS, there(manufacturer_id="another"), None),
    "given a value that is to be none": (
        replace(OURS, sent=frozenset({MAKER})),
        there(manufacturer_id="another"),
        FindingKind.DRIFTED,
    ),
    "changed into what is wanted": (
        replace(OURS, desired={**WISH, COUNTRY: "CA"}),
        there(country_of_origin="CA"),
        None,
    ),
    "changed while an update is due": (
        replace(OURS, desired={**WISH, COUNTRY: "CA"}),
        there(country_of_origin="FR"),
        FindingKind.DRIFTED,
    ),
    "as known while an update is due": (
        replace(OURS, desired={**WISH, COUNTRY: "CA"}),
        there(),
        None,
    ),
    "changed while its row is held": (
        replace(OURS, held=HELD),
        there(country_of_origin="CA"),
        FindingKind.DRIFTED,
    ),
    "changed while it is held by a revert": (
        replace(OURS, reverted=Reverted(CycleId("c"), {**WISH, COUNTRY: "CA"})),
        there(country_of_origin="CA"),
        FindingKind.DRIFTED,
    ),
    "not there": (OURS, None, FindingKind.VANISHED),
    "not there while its row is held": (replace(OURS, held=HELD), None, FindingKind.VANISHED),
    "not there and to be deleted": (replace(OURS, missing=GONE), None, FindingKind.VANISHED),
    "not there and known to be gone": (replace(OURS, known=None), None, None),
    "there though known to be gone": (replace(OURS, known=None), there(), FindingKind.UNADOPTED),
    "to be deleted": (replace(OURS, missing=GONE), there(), FindingKind.ORPHANED),
    "to be deleted and changed": (
        replace(OURS, missing=GONE),
        there(country_of_origin="CA"),
        FindingKind.ORPHANED,
    ),
    "there before it was made": (UNKNOWN, there(), FindingKind.UNADOPTED),
    "there for an unusable row": (
        replace(UNKNOWN, desired=None, held=HELD),
        there(),
        FindingKind.FOREIGN,
    ),
    "not there and not made yet": (UNKNOWN, None, None),
    "there for a row that became unusable": (
        replace(UNKNOWN, held=HELD),
        there(),
        FindingKind.FOREIGN,
    ),
    "foreign": (FOREIGN, there(), FindingKind.FOREIGN),
    "foreign and gone": (FOREIGN, None, None),
    "unheard of": (None, there(), FindingKind.FOREIGN),
    "unheard of and not there": (None, None, None),
    "in flight": (replace(OURS, delivery=Delivery.IN_FLIGHT), None, None),
    "in doubt": (replace(OURS, delivery=Delivery.IN_DOUBT), there(country_of_origin="CA"), None),
}


@pytest.mark.parametrize(("row", "item", "kind"), CASES.values(), ids=CASES.keys())
def test_what_a_look_comes_to(
    row: Tracked | None, item: RemoteItem | None, kind: FindingKind | None
) -> None:
    assert kind_of(row, item) is kind


def test_a_drift_names_each_value_and_its_time() -> None:
    finding = found(OURS, there(country_of_origin="CA", part_number=None, eccn="EAR99"))

    assert finding == Finding(
        id=A,
        kind=FindingKind.DRIFTED,
        seen=NOW,
        state=SkuState.IN_SYNC,
        desired=WISH,
        known=KNOWN,
        observed={**KNOWN, COUNTRY: "CA", Attribute.PART_NUMBER: None, Attribute.ECCN: "EAR99"},
        attributes={
            Attribute.PART_NUMBER: AttributeChange("P-1", None),
            COUNTRY: AttributeChange("DK", "CA"),
        },
        updated=EDITED,
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"held": HELD}, "its row is held: digits only"),
        ({"missing": GONE}, "gone from the catalog since 2026-11-21 12:00 UTC, to be deleted"),
    ],
)
def test_what_is_not_simply_mended_says_why(changed: dict[str, Any], words: str) -> None:
    finding = found(replace(OURS, **changed), there(country_of_origin="CA"))

    assert finding is not None
    assert finding.reason == words


def test_only_what_is_in_flight_in_doubt_or_doubted_is_unsettled() -> None:
    rows = [None, OURS, *(replace(OURS, delivery=delivery) for delivery in Delivery)]

    assert [is_unsettled(row) for row in rows] == [False, False, False, True, True, True]


def test_an_item_that_syncd_once_wrote_and_holds_no_row_for_is_an_orphan() -> None:
    stranger, refused = found(None, there()), found(FOREIGN, there())
    assert stranger is not None
    assert refused is not None

    assert with_history(stranger, None) == stranger
    orphan = with_history(stranger, EDITED)
    assert (orphan.kind, orphan.written, orphan.is_to_mend) == (
        FindingKind.ORPHANED,
        EDITED,
        False,
    )
    assert with_history(refused, EDITED) == replace(refused, written=EDITED)


@pytest.mark.parametrize(("row", "is_ours"), [(OURS, True), (FOREIGN, False), (None, False)])
def test_an_item_that_digital_river_keeps_is_to_be_mended_only_where_it_counts_as_ours(
    row: Tracked | None, is_ours: bool
) -> None:
    finding = found(row, there(country_of_origin="CA"))
    assert finding is not None

    managed = with_managed(finding)

    assert (managed.kind, managed.is_to_mend) == (FindingKind.MANAGED, is_ours)
    assert "managedFulfillment" in managed.reason
