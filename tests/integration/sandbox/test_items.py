"""Inventory items behave as the vendor's do."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import CheckedClient, Connect

SHOE: dict[str, Any] = {
    "id": "shoe-1",
    "manufacturerId": "maker-7",
    "partNumber": "SWG1224J10L",
    "countryOfOrigin": "DK",
    "eccn": "EAR99",
    "hsCode": "6404.20",
    "allowOversell": True,
}


def test_a_created_item_is_answered_with_201_and_can_be_read(client: CheckedClient) -> None:
    created = client.send("POST", "/inventory-items", json=SHOE)
    read = client.send("GET", "/inventory-items/shoe-1")

    assert (created.status_code, read.status_code) == (201, 200)
    assert created.json() == read.json()
    assert SHOE.items() <= read.json().items()
    assert read.json()["createdTime"].endswith("Z")


def test_the_server_fills_in_manufacturer_and_overselling_and_makes_up_an_id(
    client: CheckedClient,
) -> None:
    item = client.send("POST", "/inventory-items", json={"partNumber": "P"}).json()

    assert item["manufacturerId"] == "default-manufacturer"
    assert item["allowOversell"] is False
    assert len(item["id"]) == 36


def test_an_id_that_is_taken_is_answered_with_already_exists(client: CheckedClient) -> None:
    client.send("POST", "/inventory-items", json=SHOE)
    again = client.send("POST", "/inventory-items", json=SHOE)

    assert again.status_code == 409
    assert again.json()["type"] == "conflict"
    assert again.json()["errors"][0]["code"] == "already_exists"


def test_an_update_leaves_alone_what_it_does_not_name_and_null_clears(
    client: CheckedClient,
) -> None:
    client.send("POST", "/inventory-items", json=SHOE)
    answer = client.send(
        "POST",
        "/inventory-items/shoe-1",
        json={"hsCode": None, "manufacturerId": None, "allowOversell": None, "eccn": "5A992.c"},
    )

    assert answer.status_code == 201
    assert client.store.items()["shoe-1"] == {
        "manufacturerId": "default-manufacturer",
        "partNumber": "SWG1224J10L",
        "countryOfOrigin": "DK",
        "eccn": "5A992.c",
        "allowOversell": False,
    }


def test_null_can_be_refused_as_the_other_reading_of_the_document_has_it(connect: Connect) -> None:
    client = connect(null_clears=False)
    client.send("POST", "/inventory-items", json=SHOE)
    answer = client.send("POST", "/inventory-items/shoe-1", json={"hsCode": None})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "hsCode"
    assert client.store.items()["shoe-1"]["hsCode"] == "6404.20"


def test_a_deleted_item_is_gone_for_every_call(client: CheckedClient) -> None:
    client.send("POST", "/inventory-items", json=SHOE)
    deleted = client.send("DELETE", "/inventory-items/shoe-1")

    assert (deleted.status_code, deleted.content) == (204, b"")
    for method, body in (("GET", None), ("DELETE", None), ("POST", {"eccn": "EAR99"})):
        answer = client.send(method, "/inventory-items/shoe-1", json=body)
        assert (answer.status_code, answer.json()["type"]) == (404, "not_found")
    assert client.send("GET", "/inventory-items").json()["data"] == []


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("countryOfOrigin", "KP"),
        ("countryOfOrigin", "XK"),
        ("countryOfOrigin", "dk"),
        ("countryOfOrigin", "Denmark"),
        ("eccn", "9A999"),
        ("eccn", "3A991.a.1"),
        ("eccn", "3A991.a.1.b"),
        ("eccn", "ear99"),
        ("hsCode", "1234.56.YW"),
        ("hsCode", "640420"),
        ("hsCode", "6404"),
        ("hsCode", "6404.20.12345"),
        ("partNumber", ""),
    ],
)
def test_a_value_against_the_rules_is_refused_and_named(
    client: CheckedClient, attribute: str, value: str
) -> None:
    answer = client.send("POST", "/inventory-items", json={**SHOE, attribute: value})

    assert (answer.status_code, answer.json()["type"]) == (400, "bad_request")
    assert [error["parameter"] for error in answer.json()["errors"]] == [attribute]
    assert client.store.items() == {}


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("eccn", "3A991"),
        ("eccn", "5A002"),
        ("eccn", "5A992.c"),
        ("hsCode", "1006.20"),
        ("hsCode", "1006.20.4025"),
        ("hsCode", "1006.20.40.25"),
        ("hsCode", "1006.20.40"),
    ],
)
def test_a_value_in_any_form_that_the_vendor_prints_is_taken(
    client: CheckedClient, attribute: str, value: str
) -> None:
    answer = client.send("POST", "/inventory-items", json={**SHOE, attribute: value})

    assert answer.json()[attribute] == value


def test_every_problem_of_a_request_is_told_at_once(client: CheckedClient) -> None:
    wrong = {**SHOE, "eccn": "9A999", "hsCode": "1"}
    answer = client.send("POST", "/inventory-items", json=wrong)

    assert {error["parameter"] for error in answer.json()["errors"]} == {"eccn", "hsCode"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"partNumber": None},
        {"partNumber": 7},
        {"partNumber": "P", "allowOversell": "yes"},
        {"partNumber": "P", "colour": "red"},
        {"partNumber": "P", "id": "a b"},
        ["partNumber"],
        "partNumber",
    ],
)
def test_a_body_of_the_wrong_shape_is_a_bad_request(client: CheckedClient, body: object) -> None:
    answer = client.send_wrong("POST", "/inventory-items", json=body)

    assert (answer.status_code, answer.json()["type"]) == (400, "bad_request")
    assert client.store.items() == {}


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(b'{"partNumber"', "application/json"), (b'{"partNumber": "P"}', "text/plain")],
)
def test_a_body_that_is_no_json_is_a_bad_request(
    client: CheckedClient, content: bytes, content_type: str
) -> None:
    answer = client.send_wrong(
        "POST", "/inventory-items", content=content, headers={"content-type": content_type}
    )

    assert (answer.status_code, answer.json()["type"]) == (400, "bad_request")


def test_a_part_that_its_manufacturer_does_not_have_is_a_conflict(connect: Connect) -> None:
    client = connect(unknown_parts=("unknown*/*", "maker-7/NO-*"))
    sent = [
        {**SHOE, "manufacturerId": "unknown-maker"},
        {**SHOE, "partNumber": "NO-1"},
    ]
    for body in sent:
        answer = client.send("POST", "/inventory-items", json=body)
        error = answer.json()["errors"][0]
        assert answer.status_code == 409
        assert (error["code"], error["parameter"]) == ("invalid_parameter", "manufacturerId")

    client.send("POST", "/inventory-items", json=SHOE)
    update = client.send("POST", "/inventory-items/shoe-1", json={"partNumber": "NO-2"})
    assert update.status_code == 409
    assert client.store.items()["shoe-1"]["partNumber"] == "SWG1224J10L"


@pytest.mark.parametrize(("key", "live"), [("sk_test_key", False), ("sk_live_key", True)])
def test_live_mode_follows_from_the_key(connect: Connect, key: str, live: bool) -> None:
    client = connect(key=key)

    assert client.send("POST", "/inventory-items", json=SHOE).json()["liveMode"] is live
    listed = client.send("GET", "/inventory-items").json()["data"]
    assert [item["liveMode"] for item in listed] == [live]
