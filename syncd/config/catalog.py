"""`[catalog]`: where the rows come from, which take part, and what is joined to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import BaseModel, Discriminator, Field, Tag, field_validator, model_validator

from syncd.config.digital_river_catalog import DigitalRiverKeys
from syncd.config.file_catalog import FileKeys
from syncd.config.http_catalog import HttpKeys
from syncd.config.mapping import CatalogMapping, Words
from syncd.config.section import Listed, Section
from syncd.config.sql_catalog import SqlKeys
from syncd.config.values import Memory

USUAL_KIND: Final = "file"
"""The `type` of a source that names none."""


def kind_of(table: object) -> str | None:
    """Tell which kind of source a table describes; None for what is no table."""
    if isinstance(table, BaseModel):
        return str(getattr(table, "type", USUAL_KIND))
    return str(table.get("type", USUAL_KIND)) if isinstance(table, dict) else None


_BY_KIND: Final = Discriminator(kind_of)


class JoinSection(Section):
    """What all joined sources have in common."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9_-]+$",
        description="What the mapping puts before a column of this source, and a dot between.",
        examples=["erp"],
    )
    key: str = Field(
        min_length=1, description="The column that holds the id.", examples=["item_no"]
    )


class FileJoin(JoinSection, FileKeys):
    """A joined source in files."""


class SqlJoin(JoinSection, SqlKeys):
    """A joined source in a database."""


class HttpJoin(JoinSection, HttpKeys):
    """A joined source behind an address."""

    @property
    def id_columns(self) -> tuple[str, ...]:
        """The key by which it is joined."""
        return (self.key,)


class DigitalRiverJoin(JoinSection, DigitalRiverKeys):
    """A joined source in the SKUs of an account."""


Join: TypeAlias = FileJoin | SqlJoin | HttpJoin | DigitalRiverJoin
_JoinByKind: TypeAlias = Annotated[
    Annotated[FileJoin, Tag("file")]
    | Annotated[SqlJoin, Tag("sql")]
    | Annotated[HttpJoin, Tag("http")]
    | Annotated[DigitalRiverJoin, Tag("digital_river")],
    _BY_KIND,
]


class CatalogSection(Section):
    """What all kinds of catalogs have in common."""

    memory_limit: Memory = Field(
        "256MB", description="How much memory reading and comparing may take before using the disk."
    )
    threads: int | None = Field(
        None, ge=1, description="How many threads read; one for each core unless set.", examples=[2]
    )
    mapping: CatalogMapping = Field(description="Which column is which attribute.")
    filter: Mapping[str, Words] = Field(
        default_factory=dict,
        description="Only rows that match take part: each column with the values it may have.",
    )
    join: Listed[_JoinByKind] = Field(
        (), description="Other sources whose columns are added to each row, by its id."
    )

    @field_validator("join")
    @classmethod
    def _tell_joins_apart(cls, joins: tuple[Join, ...]) -> tuple[Join, ...]:
        names = [join.name for join in joins]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f'two of the joined sources are called "{twice}"')
        return joins

    @model_validator(mode="after")
    def _use_every_join(self) -> CatalogSection:
        columns = (self.mapping.id, *self.mapping.by_attribute().values())
        mapped = [name for column in columns for name in column.sources]
        for join in self.join:
            if not any(name.startswith(f"{join.name}.") for name in mapped):
                raise ValueError(
                    f'"{join.name}" is joined, but mapping names none of its columns,'
                    f' such as "{join.name}.hs_code"'
                )
        return self

    @model_validator(mode="after")
    def _own_the_filter(self) -> CatalogSection:
        for field in self.filter:
            joined = next((one.name for one in self.join if field.startswith(f"{one.name}.")), None)
            if joined is not None:
                raise ValueError(
                    f'filter looks at "{field}", but which rows take part must be told by the'
                    f' catalog itself, to which "{joined}" is joined'
                )
        return self

    @model_validator(mode="after")
    def _own_the_id(self) -> CatalogSection:
        for field in self.mapping.id.sources:
            joined = next((one.name for one in self.join if field.startswith(f"{one.name}.")), None)
            if joined is not None:
                raise ValueError(
                    f'mapping.id is "{field}", but the id must come from the catalog itself,'
                    f' to which "{joined}" is joined'
                )
        return self


class FileCatalog(CatalogSection, FileKeys):
    """A catalog in a file, or in several that a glob names."""


class SqlCatalog(CatalogSection, SqlKeys):
    """A catalog in a database."""


class HttpCatalog(CatalogSection, HttpKeys):
    """A catalog behind an address."""

    @property
    def id_columns(self) -> tuple[str, ...]:
        """The columns that the id is made of."""
        return self.mapping.id.sources


class DigitalRiverCatalog(CatalogSection, DigitalRiverKeys):
    """A catalog in the SKUs of an account at Digital River."""


Catalog: TypeAlias = FileCatalog | SqlCatalog | HttpCatalog | DigitalRiverCatalog
CatalogByKind: TypeAlias = Annotated[
    Annotated[FileCatalog, Tag("file")]
    | Annotated[SqlCatalog, Tag("sql")]
    | Annotated[HttpCatalog, Tag("http")]
    | Annotated[DigitalRiverCatalog, Tag("digital_river")],
    _BY_KIND,
]
"""The catalog of the kind that its `type` names."""
