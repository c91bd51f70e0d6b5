"""Which SKUs are rows of the catalog, which are left out and why, and what is counted of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from syncd.domain.counting import counted

Sku: TypeAlias = Mapping[str, object]

COLUMNS: Final = (
    "id",
    "manufacturerId",
    "partNumber",
    "countryOfOrigin",
    "eccn",
    "hsCode",
    "skuGroupId",
    "name",
    "taxCode",
    "weight",
    "weightUnit",
    "url",
    "createdTime",
    "updatedTime",
)
"""What each row has, empty where the SKU lacks it; the API's own names."""
_OF_THE_GROUP: Final = ("countryOfOrigin", "eccn")
"""What a SKU need not have where it has a group."""


@dataclass(slots=True)
class Shelf:
    """Tells rows from SKUs that are none, and counts both."""

    rows: int = 0
    digital: int = 0
    managed: int = 0
    bare: int = 0

    @property
    def left_out(self) -> int:
        """How many SKUs are no rows."""
        return self.digital + self.managed

    def row(self, sku: Sku) -> Sku | None:
        """Give the row of a SKU; None where nobody but Digital River may keep an item for it.

        A SKU that does not say whether it is physical is taken for it: one left out by mistake
        would count as gone.
        """
        if sku.get("managedFulfillment"):
            self.managed += 1
            return None
        if sku.get("physical") is False:
            self.digital += 1
            return None
        self.rows += 1
        row = {name: sku.get(name) for name in COLUMNS}
        if row["skuGroupId"] and not all(row[name] for name in _OF_THE_GROUP):
            self.bare += 1
        return row

    def told(self) -> Iterator[str]:
        """Say what was left out, and what lacks something."""
        if self.digital:
            yield f"{counted(self.digital, 'SKU')} left out, for they are not physical"
        if self.managed:
            yield (
                f"{counted(self.managed, 'SKU')} left out, for Digital River fulfils them itself"
                " (managedFulfillment)"
            )
        if self.bare:
            yield (
                f"{counted(self.bare, 'SKU')} of a group, synced without the country of origin or"
                " the ECCN that they lack"
            )
