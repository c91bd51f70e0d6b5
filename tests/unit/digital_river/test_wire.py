"""Reading Digital River's bodies: tolerant of more, never content with less."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from syncd.digital_river.wire import Page, UnreadableError, WireItem, WireLevel, read_body
from syncd.domain.attributes import Attribute


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2026-11-01T12:00:00Z", datetime(2026, 11, 1, 12, tzinfo=UTC)),
        ("2026-11-01T12:00:00.123Z", datetime(2026, 11, 1, 12, 0, 0, 123000, tzinfo=UTC)),
        ("2026-11-01T12:00:00+01:00",
         datetime(2026, 11, 1, 12, tzinfo=timezone(timedelta(hours=1)))),
        ("2026-11-01T12:00:00", datetime(2026, 11, 1, 12, tzinfo=UTC)),
        ("yesterday", None),
        (1700000000, None),
        (None, None),
    ],
)  # fmt: skip
def test_times_that_cannot_be_read_are_unknown(raw: object, moment: datetime | None) -> None:
    item = WireItem.model_validate({"id": "a", "createdTime": raw, "updatedTime": raw}).as_item()
    assert item.created == moment
    assert item.updated == moment


def test_values_come_in_canonical_form_and_absent_is_null() -> None:
    raw = {"id": "a", "countryOfOrigin": " dk ", "hsCode": "640420", "eccn": None, "partNumber": 12}
    attributes = WireItem.model_validate(raw).as_item().attributes
    assert attributes == {
        Attribute.MANUFACTURER_ID: None,
        Attribute.PART_NUMBER: "12",
        Attribute.COUNTRY_OF_ORIGIN: "DK",
        Attribute.ECCN: None,
        Attribute.HS_CODE: "6404.20",
        Attribute.ALLOW_OVERSELL: None,
    }


@pytest.mark.parametrize(
    ("available", "quantity", "in_stock"),
    [
        (True, 3, True),
        (False, 0.5, True),
        (True, 0, False),
        (True, None, True),
        (False, None, False),
        (None, None, False),
        (None, -2, False),
    ],
)
def test_stock_goes_by_the_quantity_where_that_is_known(
    available: bool | None, quantity: float | None, in_stock: bool
) -> None:
    raw = {"inventoryItemId": "a", "available": available, "availableQuantity": quantity}
    assert WireLevel.model_validate(raw).as_level().in_stock is in_stock


@pytest.mark.parametrize(
    ("body", "goes_on"),
    [
        ({"data": [], "hasMore": True}, True),
        ({"data": [{"id": "a"}], "hasMore": False}, False),
        ({"data": [{"id": "a"}, {"id": "b"}]}, True),
        ({"data": [{"id": "a"}]}, False),
    ],
)
def test_without_a_word_a_full_page_goes_on(body: object, goes_on: bool) -> None:
    page = read_body(Page[WireItem], json.dumps(body).encode())
    assert page.goes_on(limit=2) is goes_on


@pytest.mark.parametrize(
    ("body", "flaw"),
    [
        ("<html></html>", "JSON"),
        ('{"data": [{"id": "a"}', "EOF"),
        ('{"hasMore": false}', "data"),
        ('{"data": {}, "hasMore": false}', "data"),
        ('{"data": [{"id": "a"}, {"partNumber": "P"}]}', "data.1.id"),
        ('{"data": [{"id": ""}]}', "data.0.id"),
        ('{"data": [], "hasMore": "perhaps"}', "hasMore"),
    ],
)
def test_what_is_not_a_whole_list_is_no_list(body: str, flaw: str) -> None:
    with pytest.raises(UnreadableError, match=flaw):
        read_body(Page[WireItem], body.encode())
