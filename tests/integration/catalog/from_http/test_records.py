"""How records become rows, and what spoils a row without spoiling the read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syncd.catalog import FetchedSource
from syncd.config import HttpCatalog
from syncd.errors import SuspectCatalogError
from tests.contract.catalog.reads import Read, read
from tests.integration.catalog.from_http.conftest import Reader, ids_of, products, rows_of
from tests.stubs.raw import Asked, RawServer, Reply

MAPPING = {"id": "id", "part_number": "mpn"}
SHIRT = {
    "title": "Shirt",
    "brand": {"name": "Acme"},
    "variants": [{"id": "S", "mpn": "A-S"}, {"id": "L", "mpn": "A-L"}],
}
MUG = {"title": "Mug", "brand": {"name": "Acme"}, "variants": []}


def _give(server: RawServer, *records: object) -> str:
    body = json.dumps(list(records)).encode()
    server.answers(lambda _: Reply(body=body))
    return server.url


def _compared(reader: Reader, **settings: Any) -> Read:  # noqa: ANN401 - as in TOML
    catalog = HttpCatalog.model_validate({"type": "http", "mapping": MAPPING, **settings})
    return read(FetchedSource(reader.fetcher(**settings), catalog, "meaning"), reader.folder)


def test_nested_rows_get_columns_of_the_record_around_them(
    server: RawServer, reader: Reader
) -> None:
    fetched = reader.fetch(
        url=_give(server, SHIRT, MUG),
        nested="variants",
        carry={"title": "title", "brand": "brand.name"},
    )

    assert rows_of(fetched) == [
        {"id": "S", "mpn": "A-S", "title": "Shirt", "brand": "Acme"},
        {"id": "L", "mpn": "A-L", "title": "Shirt", "brand": "Acme"},
    ]
    assert fetched.doubts == ()


def test_a_record_may_be_its_own_row_where_nothing_is_nested(
    server: RawServer, reader: Reader
) -> None:
    mug = MUG | {"id": "M", "mpn": "A-M"}

    fetched = reader.fetch(url=_give(server, SHIRT, mug), nested="variants || [@]")

    assert [row["id"] for row in rows_of(fetched)] == ["S", "L", "M"]


@pytest.mark.parametrize("sign", [{"pageInfo": {"hasNextPage": True}}, {"has_more": True}])
@pytest.mark.parametrize("nested", ["variants.nodes", "variants.nodes[?id]", "[variants.nodes][]"])
def test_a_nested_list_that_goes_on_leaves_a_doubt(
    server: RawServer, reader: Reader, nested: str, sign: dict[str, Any]
) -> None:
    shirt = {"title": "Shirt", "variants": {"nodes": [{"id": "S"}], **sign}}

    fetched = reader.fetch(url=_give(server, shirt), nested=nested)

    (doubt,) = fetched.doubts
    assert doubt.startswith("1 record with a list at catalog.nested that goes on")


def test_another_list_in_a_record_may_go_on(server: RawServer, reader: Reader) -> None:
    pictures = {"nodes": ["a.png"], "pageInfo": {"hasNextPage": True}}
    last = {"hasNextPage": False}
    shirt = {"images": pictures, "variants": {"nodes": [{"id": "S"}], "pageInfo": last}}

    assert reader.fetch(url=_give(server, shirt), nested="variants.nodes").doubts == ()


def test_a_record_that_only_leaves_out_shows_on_two_pages_that_the_list_moved(
    server: RawServer, reader: Reader
) -> None:
    digital, shirt, mug = {"id": "D", "sku": ""}, {"id": "S", "sku": "S"}, {"id": "M", "sku": "M"}
    pages = [[shirt, digital], [digital, mug]]

    def respond(asked: Asked) -> Reply:
        page = pages[int(asked.query["page"]) - 1]
        return Reply(body=json.dumps({"items": page, "total": 4}).encode())

    server.answers(respond)
    paging = {"type": "page", "parameter": "page"}

    fetched = reader.fetch(
        url=server.url, records="items", only="sku", total="total", paging=paging
    )

    assert ids_of(fetched) == ["S", "M"]
    (doubt,) = fetched.doubts
    assert doubt.startswith("1 record left out came more than once")


@pytest.mark.parametrize(
    ("only", "fields", "vanished"),
    [
        ("sku", {}, True),
        ("sku && on", {}, True),
        ("sku == 'B'", {}, True),
        ("on && (sku == 'B' || sku == 'C')", {}, True),
        ("sku || mpn", {}, False),
        ("!on", {}, False),
        ("(sku == 'B') == `false`", {}, False),
        ("mpn[0:2] || on", {}, False),
        ("sku != `null`", {}, False),
        ("sku", {"sku": "sku"}, False),
    ],
)
def test_a_field_that_only_needs_and_no_row_of_a_list_has_leaves_a_doubt(
    server: RawServer, reader: Reader, only: str, fields: dict[str, str], *, vanished: bool
) -> None:
    """One of two lists has renamed it: its rows are left out, and must not be missing for that."""
    lists = {
        "/products": [{"sku": "A", "on": "", "mpn": ""}, {"sku": "B", "on": True, "mpn": "P"}],
        "/variations": [{"SKU": "C", "on": True, "mpn": ""}],
    }
    server.answers(lambda asked: Reply(body=json.dumps(lists[asked.path]).encode()))

    fetched = reader.fetch(url=server.url, path=[*lists], only=only, fields=fields)

    assert bool(fetched.doubts) == vanished
    for doubt in fetched.doubts:
        assert doubt.startswith('/variations: not one row has the field "sku"')


def test_a_field_that_only_needs_may_be_absent_from_what_has_changed(
    server: RawServer, reader: Reader
) -> None:
    url = _give(server, {"id": "draft"})
    changes = {"params": {"since": "{since}"}}

    fetched = reader.fetch("2026-11-21T19:00:00Z", url=url, only="sku", updated_since=changes)

    assert fetched.doubts == ()


def test_a_list_without_any_row_for_lack_of_a_field_says_which(
    server: RawServer, reader: Reader
) -> None:
    with pytest.raises(SuspectCatalogError, match='not one row has the field "sku"'):
        reader.fetch(url=_give(server, {"SKU": "C"}), only="sku")


def test_a_record_without_its_nested_list_leaves_a_doubt(server: RawServer, reader: Reader) -> None:
    fetched = reader.fetch(url=_give(server, SHIRT, {"title": "Cap"}), nested="variants")

    assert fetched.doubts == ("1 record without a list at catalog.nested",)


def test_columns_may_be_found_anywhere_within_a_row(server: RawServer, reader: Reader) -> None:
    product = {
        "id": "A",
        "mpn": "",
        "custom": [{"code": "origin", "value": "DK"}, {"code": "hs", "value": "640420"}],
    }

    fetched = reader.fetch(
        url=_give(server, {"sku": "own", "items": [product]}),
        nested="items",
        carry={"fallback": "sku"},
        fields={"origin": "custom[?code=='origin'].value | [0]", "part": "mpn || fallback"},
    )

    (row,) = rows_of(fetched)
    assert (row["origin"], row["part"]) == ("DK", "own")


def test_rows_that_do_not_take_part_are_told(server: RawServer, reader: Reader) -> None:
    fetched = reader.fetch(url=_give(server, *products(2), {"id": "", "mpn": "x"}), only="id")

    assert [row["id"] for row in rows_of(fetched)] == ["P1", "P2"]
    assert "1 row left out by catalog.only" in fetched.evidence


def test_what_is_no_object_is_held(server: RawServer, reader: Reader) -> None:
    found = _compared(reader, url=_give(server, *products(2), None, "text", [1]))

    assert found.ids == ["None", "None", "None", "P1", "P2"] or len(found.rows) == 5
    assert not found.certificate.complete


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], "x" * 10_000_000])
def test_a_value_that_can_be_no_cell_is_held_alone(
    server: RawServer, reader: Reader, value: object
) -> None:
    found = _compared(reader, url=_give(server, *products(2), {"id": "P3", "mpn": value}))

    assert found.ids == ["P1", "P2", "P3"]
    assert found.row("P3").defect is not None
    assert found.certificate.complete


@pytest.mark.parametrize("value", [{"a": [1] * 1000}, "x" * 10_000_000, [["deep"]]])
def test_a_huge_value_that_is_not_mapped_does_no_harm(
    server: RawServer, reader: Reader, value: object
) -> None:
    found = _compared(reader, url=_give(server, {"id": "P1", "mpn": "M-1", "picture": value}))

    assert found.row("P1").defect is None


@pytest.mark.parametrize(
    "text", [rb'"\ud800"', b'"\xff"', rb'"a\u0000b"', b"12345678901234567890123.5"]
)
def test_a_spoilt_value_holds_its_row_and_no_other(
    server: RawServer, reader: Reader, text: bytes
) -> None:
    body = b'[{"id": "P1", "mpn": "M-1"}, {"id": "P2", "mpn": ' + text + b"}]"
    server.answers(lambda _: Reply(body=body))

    found = _compared(reader, url=server.url, records="[]")

    assert found.row("P1").defect is None
    assert all(row.defect is not None for row in found.rows if row.id != "P1")
    assert found.missing == ()


def test_a_spoilt_value_that_is_not_mapped_does_no_harm(server: RawServer, reader: Reader) -> None:
    body = b'[{"id": "P1", "mpn": "M-1", "inner": {"x": "\xff"}}]'
    server.answers(lambda _: Reply(body=body))

    found = _compared(reader, url=server.url)

    assert found.row("P1").defect is None


def test_broken_json_lines_are_held_alone(server: RawServer, reader: Reader) -> None:
    body = b'{"id": "P1", "mpn": "M-1"}\n{"id": "P2", "mpn\n{"id": "P3", "mpn": "M-3"}\n'
    headers = {"content-type": "application/x-ndjson"}
    server.answers(lambda _: Reply(body=body, headers=headers))

    for settings in ({}, {"fields": {"part": "mpn"}}):
        found = _compared(reader, url=server.url, **settings)
        sound = {row.id for row in found.rows if row.defect is None}
        assert sound == {"P1", "P3"}
        assert not found.certificate.complete or found.row("P2").defect is not None
