"""The sample catalog of a merchant that does not exist, and what its account holds beforehand."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Final

from syncd.domain.attributes import Attribute
from syncd.domain.canonical import wanted
from syncd.domain.plain_text import Breach
from syncd.domain.rules import RuleBook

CATALOG: Final = "catalog.csv"
CONFIGURATION: Final = """\
# Written by `syncd demo`; config.example.toml shows every key.
[catalog]
type = "file"
path = "catalog.csv"

[catalog.mapping]
id = "sku"
manufacturer_id = "manufacturer"
part_number = "mpn"
country_of_origin = {{ field = "origin", values = {{ "P.R.C." = "CN" }} }}
eccn = {{ field = "eccn", default = "EAR99" }}
hs_code = "hs_code"
allow_oversell = {{ field = "policy", values = {{ continue = true, deny = false }} }}

[catalog.filter]
physical = ["true"]

[digital_river]
base_url = "{url}"
api_key = "sk_test_demo"
requests_per_second = 250

[state]
url = "sqlite:///syncd.db"

[log]
level = "warning"
"""
UNKNOWN_PARTS: Final = ("brevik-audio/BX-440X",)
"""Parts, as `manufacturer/part`, that the sandbox says do not exist."""

_EQUAL: Final = frozenset({"BAG", "BTS", "CBL", "CHG", "HPH", "LEN"})
_UNEQUAL: Final[Mapping[str, Mapping[str, str]]] = {
    "KEY": {"countryOfOrigin": "TW"},
    "JKT": {"hsCode": "6201.93"},
    "SLV": {"hsCode": "4202.12", "countryOfOrigin": "CN"},
    "ENC": {"eccn": "EAR99"},
}
"""By the middle of the id: which items the account has already, and what is wrong with some."""
_MANAGED: Final = "NK-GFT-101"
_FORGOTTEN: Final = {"id": "NK-OLD-042", "partNumber": "OLD-42", "countryOfOrigin": "NO"}
"""An item that no catalog has: not ours, so it is left alone."""

Item = dict[str, str | bool]
_COLUMNS: Final = {
    Attribute.MANUFACTURER_ID: "manufacturer",
    Attribute.PART_NUMBER: "mpn",
    Attribute.COUNTRY_OF_ORIGIN: "origin",
    Attribute.ECCN: "eccn",
    Attribute.HS_CODE: "hs_code",
}


def sample_catalog() -> str:
    """The text of the catalog file."""
    return files(__package__).joinpath(CATALOG).read_text(encoding="utf-8")


def items_beforehand(rules: RuleBook) -> list[Item]:
    """Items that the account has before the first cycle: some equal, some not, one of nobody's."""
    found = [_item(row, rules) for row in _rows() if _is_there(row)]
    return [item for item in found if item is not None] + [dict(_FORGOTTEN)]


def skus_beforehand() -> list[dict[str, str]]:
    """The one SKU that Digital River fulfils by itself, whose item must be left alone."""
    return [
        {
            "id": _MANAGED,
            "name": "Hiker’s gift box",
            "countryOfOrigin": "NO",
            "eccn": "EAR99",
            "taxCode": "4323.310",
            "managedFulfillment": "DRGlobalFulfillment",
        }
    ]


def _rows() -> Sequence[Mapping[str, str]]:
    return list(csv.DictReader(sample_catalog().splitlines()))


def _is_there(row: Mapping[str, str]) -> bool:
    exists = f"{row['manufacturer']}/{row['mpn']}" not in UNKNOWN_PARTS
    return exists and _family(row) in _EQUAL | _UNEQUAL.keys()


def _family(row: Mapping[str, str]) -> str:
    return row["sku"].split("-")[1]


def _item(row: Mapping[str, str], rules: RuleBook) -> Item | None:
    """Write a row as the remote would have it; None where the row is one of the broken ones."""
    texts = {attribute: row[column] for attribute, column in _COLUMNS.items()}
    texts[Attribute.ECCN] = texts[Attribute.ECCN] or "EAR99"
    texts[Attribute.COUNTRY_OF_ORIGIN] = texts[Attribute.COUNTRY_OF_ORIGIN].replace("P.R.C.", "CN")
    values = {attribute: wanted(attribute, text, rules) for attribute, text in texts.items()}
    if any(value is None or isinstance(value, Breach) for value in values.values()):
        return None
    item: Item = {"id": row["sku"], "allowOversell": row["policy"] == "continue"}
    item |= {attribute.value: str(value) for attribute, value in values.items()}
    return item | dict(_UNEQUAL.get(_family(row), {}))
