"""How a change and a question are written as requests."""

from __future__ import annotations

import json

import pytest

from syncd.digital_river.messages import (
    LONGEST_QUERY,
    Break,
    Request,
    fitting,
    listing,
    request_for,
)
from syncd.domain.attributes import Attribute, AttributeChange, ItemId, Value
from syncd.domain.change import Action, Change, Resource
from syncd.domain.delivery import Failure, Transient, Verb


def change(action: Action, item: str = "a", **values: Value) -> Change:
    wishes = {Attribute[name]: AttributeChange(None, value) for name, value in values.items()}
    return Change(ItemId(item), action, 1, wishes)


@pytest.mark.parametrize(
    ("wanted", "method", "path", "body"),
    [
        (
            change(Action.CREATE, PART_NUMBER="P", ECCN=None, ALLOW_OVERSELL=False),
            "POST",
            "/inventory-items",
            {"id": "a", "partNumber": "P", "allowOversell": False},
        ),
        (
            change(Action.UPDATE, COUNTRY_OF_ORIGIN="CA", ECCN=None),
            "POST",
            "/inventory-items/a",
            {"countryOfOrigin": "CA", "eccn": None},
        ),
        (change(Action.DELETE, ECCN="EAR99"), "DELETE", "/inventory-items/a", None),
        (change(Action.DELETE, "a/b"), "DELETE", "/inventory-items/a%2Fb", None),
        (change(Action.DELETE, "../a b?c#d%2Fé"), "DELETE",
         "/inventory-items/..%2Fa%20b%3Fc%23d%252F%C3%A9", None),
    ],
)  # fmt: skip
def test_a_change_is_one_request(
    wanted: Change, method: str, path: str, body: dict[str, Value] | None
) -> None:
    request = request_for(wanted)
    assert (request.method, request.path) == (method, path)
    assert (None if request.body is None else json.loads(request.body)) == body
    assert request.resource is Resource.INVENTORY_ITEM


def test_text_outside_ascii_goes_as_utf_8() -> None:
    body = request_for(change(Action.CREATE, PART_NUMBER="Größe")).body
    assert body is not None
    assert "Größe".encode() in body


def test_a_listing_keeps_the_order_of_its_query() -> None:
    query = [("ids", "b"), ("ids", "a"), ("limit", "100")]
    request = listing(Resource.SKU, query)
    assert request == Request(Verb.LOOK_UP, Resource.SKU, "/skus", tuple(query))
    assert str(request) == "GET /skus"


@pytest.mark.parametrize("length", [1, 20, 21, 100, 255, 5000])
def test_ids_are_cut_to_what_a_url_holds(length: int) -> None:
    ids = [ItemId(f"{number:03}".rjust(length, "x")[-length:]) for number in range(100)]
    parts = list(fitting("ids", ids))
    assert [item for part in parts for item in part] == ids
    room = LONGEST_QUERY // (len("&ids=") + length)
    assert {len(part) for part in parts[:-1]} <= {max(1, room)}
    assert all(parts)


def test_no_ids_make_no_part() -> None:
    assert list(fitting("ids", [])) == []


def test_a_break_is_a_transient_outcome_without_status() -> None:
    failure = Failure(None, "timed_out", "no answer")
    outcome = Break("timed_out", "no answer", in_doubt=True).as_outcome()
    assert outcome == Transient(failure, in_doubt=True)
