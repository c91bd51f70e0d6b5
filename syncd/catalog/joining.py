"""Which columns come from the catalog itself and which from the sources that are joined to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from syncd.catalog.columns import Columns, columns_of
from syncd.config import Catalog, ColumnMapping, Join
from syncd.domain.attributes import Attribute

_BETWEEN: Final = "."


@dataclass(frozen=True, slots=True)
class Division:
    """All columns that the mapping and the filter need, by where they come from."""

    columns: Columns
    joins: tuple[Join, ...]

    @property
    def own(self) -> Columns:
        """Those of the catalog itself, with their own numbers."""
        if not self.joins:
            return self.columns
        names = self.columns.names
        own = [number for number, name in enumerate(names) if self.join_of(name) is None]
        return replace(
            self.columns,
            names=tuple(names[number] for number in own),
            hashed=sum(number < self.columns.hashed for number in own),
        )

    @property
    def of_joined(self) -> tuple[str, ...]:
        """Those of all joined sources, as the mapping names them."""
        return tuple(name for name in self.columns.names if self.join_of(name) is not None)

    def joined(self, join: Join) -> Columns:
        """Those of a joined source, by the names that they have there; the key is the id."""
        attributes = tuple(
            (self._attribute_of(name), ColumnMapping(field=name.removeprefix(_prefix(join))))
            for name in self.names_of(join)
        )
        names = (join.key, *(column.field or "" for _, column in attributes))
        return Columns(
            names=tuple(dict.fromkeys(names)),
            hashed=len(set(names)),
            id=ColumnMapping(field=join.key),
            attributes=attributes,
            filter=(),
        )

    def names_of(self, join: Join) -> tuple[str, ...]:
        """The columns of a joined source, as the mapping names them."""
        return tuple(name for name in self.columns.names if self.join_of(name) is join)

    def join_of(self, name: str) -> Join | None:
        """The joined source that a column comes from; None for the catalog itself."""
        return next((join for join in self.joins if name.startswith(_prefix(join))), None)

    def _attribute_of(self, name: str) -> Attribute:
        """The first attribute that is read from this column; no filter looks at joined ones."""
        return next(one for one, column in self.columns.attributes if name in column.sources)


def division_of(settings: Catalog) -> Division:
    """Divide the columns that a catalog needs."""
    return Division(columns_of(settings), settings.join)


def needed_of(join: Join, settings: Catalog) -> Sequence[str]:
    """The columns that a catalog needs of a joined source, by the names that they have there."""
    return division_of(settings).joined(join).names


def _prefix(join: Join) -> str:
    return f"{join.name}{_BETWEEN}"
