"""Which columns the mapping and the filter need, and what to say where a source lacks one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from syncd.catalog.files import CatalogFile
from syncd.config import CatalogSection, ColumnMapping
from syncd.domain.attributes import Attribute
from syncd.domain.nearest import nearest_names
from syncd.domain.plain_text import shown
from syncd.errors import CatalogError, SuspectCatalogError, VanishedColumnError

_MOST_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns by name, the id's first; the first `hashed` of them make up the fingerprint."""

    names: tuple[str, ...]
    hashed: int
    id: ColumnMapping
    attributes: tuple[tuple[Attribute, ColumnMapping], ...]
    filter: tuple[tuple[str, tuple[str, ...]], ...]

    def what_for(self, name: str) -> str:
        """Name what is read from this column, as reports call it."""
        if name in self.id.sources:
            return "id"
        wanted = (str(each) for each, column in self.attributes if name in column.sources)
        return next(wanted, name)


def columns_of(settings: CatalogSection) -> Columns:
    """List every column once: the id, the attributes, then what the filter alone looks at."""
    attributes = tuple(settings.mapping.by_attribute().items())
    columns = (settings.mapping.id, *(column for _, column in attributes))
    mapped = dict.fromkeys(name for column in columns for name in column.sources)
    names = mapped | dict.fromkeys(settings.filter)
    return Columns(
        names=tuple(names),
        hashed=len(mapped),
        id=settings.mapping.id,
        attributes=attributes,
        filter=tuple(settings.filter.items()),
    )


def positions_in(header: Sequence[str], columns: Columns, file: CatalogFile) -> tuple[int, ...]:
    """Find where each needed column stands; raises where one is gone or stands there twice."""
    missing = [name for name in columns.names if name not in header]
    if len(missing) == len(columns.names):
        raise _no_header(header, columns, file)
    if missing:
        raise vanished(missing[0], header, columns, file)
    twice = [name for name in columns.names if header.count(name) > 1]
    if twice:
        raise CatalogError(
            file.thing,
            f'two of its columns are called "{twice[0]}", so it is not sure which one holds the '
            f"{columns.what_for(twice[0])}",
            "Let the export write that name once",
        )
    return tuple(header.index(name) for name in columns.names)


def vanished(name: str, header: Sequence[str], columns: Columns, file: CatalogFile) -> CatalogError:
    """Say that a needed column is gone, which one it may be now, and what helps."""
    return VanishedColumnError(
        file.thing,
        f'it has no column "{name}" ({_role(name, columns)}); {nearest(name, header)}',
        "Bring the column back into the export, or name the right one in the configuration",
    )


def _role(name: str, columns: Columns) -> str:
    mapped = columns.names.index(name) < columns.hashed
    return f"mapped to {columns.what_for(name)}" if mapped else "which catalog.filter looks at"


def nearest(name: str, known: Sequence[str], what: str = "columns") -> str:
    """Name what was most likely meant, or else all there is; `what` is the plural of its kind."""
    near = nearest_names(name, known, most=2)
    if near:
        return "the nearest is " + " or ".join(f'"{shown(one)}"' for one in near)
    if not known:
        return f"it has no {what} that can be seen"
    names = ", ".join(f'"{shown(one)}"' for one in known[:_MOST_NAMED])
    more = ", …" if len(known) > _MOST_NAMED else ""
    return f"its {what} are {names}{more}"


def _no_header(header: Sequence[str], columns: Columns, file: CatalogFile) -> SuspectCatalogError:
    begins = shown(" | ".join(header))
    return SuspectCatalogError(
        file.thing,
        f"it has lost its header: none of its columns is mapped, for it begins with “{begins}”"
        f" and {_first_mapped(columns)} is looked for",
        "Look whether this is the export at all, with the delimiter that catalog.delimiter says",
    )


def _first_mapped(columns: Columns) -> str:
    return f'"{columns.names[0]}"'
