"""SKUs behave as the vendor's do, managed fulfilment included."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import CheckedClient

SKU: dict[str, Any] = {
    "id": "shoe-1",
    "name": "Running shoe",
    "countryOfOrigin": "DK",
    "eccn": "EAR99",
    "taxCode": "55101.000_A",
    "partNumber": "SWG1224J10L",
    "hsCode": "6404.20",
    "weight": 0.6,
    "weightUnit": "kg",
    "metadata": {"season": "summer", "sample": False, "year": 2026},
}
UPSERT = {name: value for name, value in SKU.items() if name != "id"}
MANAGED = {"managedFulfillment": "DRGlobalFulfillment"}


def test_a_sku_can_be_created_read_updated_and_deleted(client: CheckedClient) -> None:
    created = client.send("POST", "/skus", json=SKU)
    updated = client.send("POST", "/skus/shoe-1", json={"hsCode": None, "name": "Shoe"})
    read = client.send("GET", "/skus/shoe-1")
    deleted = client.send("DELETE", "/skus/shoe-1")
    gone = client.send("GET", "/skus/shoe-1")

    statuses = [each.status_code for each in (created, updated, read, deleted, gone)]
    assert statuses == [201, 200, 200, 204, 404]
    assert SKU.items() <= created.json().items()
    assert created.json()["physical"] is True
    assert read.json()["name"] == "Shoe"
    assert "hsCode" not in read.json()
    assert client.store.items() == {}


def test_an_upsert_creates_and_then_replaces(client: CheckedClient) -> None:
    created = client.send("PUT", "/skus/shoe-1", json=UPSERT)
    required = {name: SKU[name] for name in ("name", "countryOfOrigin", "eccn", "taxCode")}
    replaced = client.send("PUT", "/skus/shoe-1", json=required)

    assert (created.status_code, replaced.status_code) == (201, 200)
    assert client.store.skus()["shoe-1"] == {**required, "physical": True}


@pytest.mark.parametrize("missing", ["name", "countryOfOrigin", "eccn", "taxCode"])
def test_what_a_sku_needs_is_told(client: CheckedClient, missing: str) -> None:
    body = {name: value for name, value in SKU.items() if name != missing}
    answer = client.send_wrong("POST", "/skus", json=body)

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "code": "missing_parameter",
            "parameter": missing,
            "message": f"'{missing}' is required.",
        }
    ]


def test_a_sku_of_a_group_needs_no_more_than_its_name(client: CheckedClient) -> None:
    body = {"id": "s", "name": "Shoe", "skuGroupId": "shoes"}

    assert client.send("POST", "/skus", json=body).status_code == 201


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("allowOversell", True),
        ("physical", True),
        ("weight", "heavy"),
        ("weight", True),
        ("weightUnit", "stone"),
        ("managedFulfillment", "Somebody"),
        ("metadata", {"nested": {}}),
        ("metadata", "text"),
        ("countryOfOrigin", "KP"),
        ("name", None),
    ],
)
def test_what_a_sku_does_not_take_is_refused_and_named(
    client: CheckedClient, attribute: str, value: object
) -> None:
    client.send("POST", "/skus", json=SKU)
    for method, path, body in (
        ("POST", "/skus", {**SKU, "id": "other", attribute: value}),
        ("PUT", "/skus/shoe-1", {**UPSERT, attribute: value}),
        ("POST", "/skus/shoe-1", {attribute: value}),
    ):
        answer = client.send_wrong(method, path, json=body)
        assert answer.status_code == 400
        assert [error["parameter"] for error in answer.json()["errors"]] == [attribute]
    assert list(client.store.skus()) == ["shoe-1"]


@pytest.mark.parametrize("bad", ["a b", "a:b", "é"])
def test_an_id_outside_of_the_vendors_characters_is_refused(
    client: CheckedClient, bad: str
) -> None:
    assert client.send("PUT", f"/skus/{bad}", json=UPSERT).status_code == 400


def test_an_id_that_is_taken_is_answered_with_already_exists(client: CheckedClient) -> None:
    client.send("POST", "/skus", json=SKU)
    again = client.send("POST", "/skus", json=SKU)

    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "already_exists")


@pytest.mark.parametrize("name", ["eccn", "partNumber", "hsCode", "taxCode"])
def test_skus_are_filtered_by_their_attributes(client: CheckedClient, name: str) -> None:
    other = {
        "id": "disk-1",
        "name": "Disk",
        "countryOfOrigin": "US",
        "eccn": "5D992",
        "taxCode": "4323.310_A",
        "partNumber": "D1",
        "hsCode": "8523.49",
    }
    client.send("POST", "/skus", json=SKU)
    client.send("POST", "/skus", json=other)
    listed = client.send("GET", "/skus", params={name: other[name]}).json()["data"]

    assert [sku["id"] for sku in listed] == ["disk-1"]
    assert listed[0]["physical"] is False
    assert [sku["id"] for sku in client.send("GET", "/skus?ids=shoe-1").json()["data"]] == [
        "shoe-1"
    ]


def test_digital_river_keeps_the_item_of_a_managed_sku(client: CheckedClient) -> None:
    client.send("POST", "/skus", json={**SKU, **MANAGED})
    kept = client.send("GET", "/inventory-items/shoe-1").json()
    client.send("POST", "/skus/shoe-1", json={"countryOfOrigin": "PT"})
    moved = client.send("GET", "/inventory-items/shoe-1").json()

    assert (kept["partNumber"], kept["countryOfOrigin"]) == ("SWG1224J10L", "DK")
    assert moved["countryOfOrigin"] == "PT"
    assert moved["createdTime"] == kept["createdTime"]


def test_the_item_of_a_managed_sku_cannot_be_written_directly(client: CheckedClient) -> None:
    client.send("POST", "/skus", json={**SKU, **MANAGED})
    before = client.store.items()
    for method, path, body in (
        ("POST", "/inventory-items", {"id": "shoe-1", "partNumber": "P"}),
        ("POST", "/inventory-items/shoe-1", {"eccn": "EAR99"}),
        ("DELETE", "/inventory-items/shoe-1", None),
    ):
        answer = client.send(method, path, json=body)
        assert (answer.status_code, answer.json()["type"]) == (409, "conflict")
        assert answer.json()["errors"][0]["code"] == "managed_fulfillment"
    assert client.store.items() == before


def test_taking_management_away_deletes_the_item_and_null_alone_does_that(
    client: CheckedClient,
) -> None:
    client.send("POST", "/skus", json={**SKU, **MANAGED})
    client.send("PUT", "/skus/shoe-1", json=UPSERT)
    assert list(client.store.items()) == ["shoe-1"]

    client.send("POST", "/skus/shoe-1", json={"managedFulfillment": None})
    assert client.store.items() == {}
    assert "managedFulfillment" not in client.store.skus()["shoe-1"]


def test_deleting_a_managed_sku_deletes_its_item_and_no_other(client: CheckedClient) -> None:
    client.send("POST", "/skus", json={**SKU, **MANAGED})
    client.send("POST", "/skus", json={**SKU, "id": "own"})
    client.send("POST", "/inventory-items", json={"id": "own", "partNumber": "P"})
    client.send("DELETE", "/skus/shoe-1")
    client.send("DELETE", "/skus/own")

    assert list(client.store.items()) == ["own"]


def test_a_managed_sku_needs_a_part_number(client: CheckedClient) -> None:
    body = {name: value for name, value in {**SKU, **MANAGED}.items() if name != "partNumber"}
    answer = client.send("POST", "/skus", json=body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "partNumber"
