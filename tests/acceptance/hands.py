"""Other hands at Digital River: what they do to an account, and what an audit must say of it."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import orjson

from tests.acceptance.pairs import sku_of
from tests.shop import KEY, Row, item_of

Told: TypeAlias = tuple[object, ...]
"""The cells of one row that an audit reports, without its times."""
Values: TypeAlias = Mapping[str, object]

SHARED: Final = ("manufacturerId", "partNumber", "countryOfOrigin", "eccn", "hsCode")
_ALONE: Final = {"item": "a SKU is there without an item", "sku": "an item is there without a SKU"}
_DIFFER: Final = "SKU and item differ"


@dataclass(frozen=True)
class Deed:
    """What is done to one of ours: values changed in either half, halves deleted, or more.

    It may be given to Digital River to fulfil, or have left the catalog: then nobody writes it.
    """

    item: Values = field(default_factory=dict)
    sku: Values = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()
    managed: bool = False
    orphaned: bool = False

    def findings(self, wanted: Row) -> Iterator[Told]:
        """Id, finding, attribute, and the wanted, known and observed values."""
        id_, known = wanted["sku"], {**sku_of(wanted), **item_of(wanted)}
        if self.managed or self.deleted:
            yield (id_, "managed" if self.managed else "vanished", *[None] * 4)
        for prefix, changed in (("", self.item), ("SKU ", self.sku)):
            for name, value in changed.items():
                yield (id_, "drifted", prefix + name, known[name], known[name], value)

    def pairs(self, wanted: Row) -> Iterator[Told]:
        """Id, attribute, what catalog, SKU and item have of it, and what is wrong."""
        id_, known = wanted["sku"], item_of(wanted)
        if len(self.deleted) == 1:
            yield (id_, *[None] * 4, *map(_ALONE.get, self.deleted))
        for name in SHARED:
            sides = [known[name], self.sku.get(name, known[name]), self.item.get(name, known[name])]
            if sides[1] != sides[2]:
                yield (id_, name, *sides, _DIFFER)


ITEM, SKU = frozenset({"item"}), frozenset({"sku"})
TO_ITEMS: Final[Sequence[Deed]] = (
    Deed(),
    Deed(deleted=ITEM),
    Deed(item={"countryOfOrigin": "SE"}),
    Deed(deleted=ITEM),
    Deed(item={"eccn": "5A992.c", "allowOversell": True}),
    Deed(deleted=ITEM),
    Deed(orphaned=True),
    Deed(deleted=ITEM),
    Deed(managed=True),
    Deed(deleted=ITEM),
)
TO_PAIRS: Final[Sequence[Deed]] = (
    *TO_ITEMS,
    Deed(sku={"name": "Theirs"}),
    Deed(deleted=SKU),
    Deed(sku={"hsCode": "6403.99"}, item={"allowOversell": True}),
    Deed(deleted=ITEM | SKU),
    Deed(sku={"countryOfOrigin": "SE", "taxCode": "1.1"}, item={"eccn": "5A992.c"}),
    Deed(deleted=ITEM | SKU),
)
"""One half or both of every second one are deleted."""
_THEIR_ITEM: Final = {
    "manufacturerId": "theirs",
    "partNumber": "T-1",
    "countryOfOrigin": "CA",
    "eccn": "EAR99",
}
_THEIR_SKU: Final = {**_THEIR_ITEM, "hsCode": "6404.20", "name": "Theirs", "taxCode": "5300.1"}


class Hands:
    """Somebody with the same key, who speaks to the API itself."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)

    def close(self) -> None:
        self._connection.close()

    def do(self, deed: Deed, wanted: Row) -> None:
        """Do this to the one that a row has asked for."""
        id_ = wanted["sku"]
        paths = {"item": f"/inventory-items/{id_}", "sku": f"/skus/{id_}"}
        for half, changed in (("item", deed.item), ("sku", deed.sku)):
            if changed:
                self._send("POST", paths[half], changed)
        for half in deed.deleted:
            self._send("DELETE", paths[half])
        if deed.managed:
            self._fulfil(id_, sku_of(wanted))

    def fill(self, count: int) -> Iterator[Told]:
        """Put items there that are none of ours; gives what an audit leaves of them."""
        for number in range(count):
            id_, is_managed = f"theirs-{number:02}", number % 3 == 2
            self._send("POST", "/inventory-items", {"id": id_, **_THEIR_ITEM})
            if is_managed:
                self._fulfil(id_, _THEIR_SKU)
            yield (id_, "managed" if is_managed else "foreign")

    def fill_pairs(self) -> Iterator[Told]:
        """Put SKUs there that are none of ours; gives what an audit tells of them as pairs."""
        self._send("POST", "/skus", {"id": "alone", **_THEIR_SKU})
        yield ("alone", *[None] * 4, _ALONE["item"])
        self._send("POST", "/skus", {"id": "theirs-00", **_THEIR_SKU})
        yield ("theirs-00", "hsCode", None, "6404.20", None, _DIFFER)

    def _fulfil(self, id_: str, values: Values) -> None:
        body = {name: value for name, value in values.items() if name != "physical"}
        self._send("PUT", f"/skus/{id_}", {**body, "managedFulfillment": "DRGlobalFulfillment"})

    def _send(self, method: str, path: str, body: Values | None = None) -> None:
        headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
        content = None if body is None else orjson.dumps(body)
        self._connection.request(method, path, content, headers)
        answer = self._connection.getresponse()
        assert answer.status < 300, (method, path, answer.read())
        answer.read()
