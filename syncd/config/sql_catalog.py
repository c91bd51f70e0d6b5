"""`[catalog]` with `type = "sql"`: which database, and which of its rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Final, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from syncd.config.source import SourceSection
from syncd.config.values import Overlap

_PARTS: Final = re.compile(r"([\w+]+)://(?:[^:/]*(?::[^@]*)?@)?([^?]*)(?:\?.*)?", re.DOTALL)
"""An SQLAlchemy URL: what it begins with, and the rest without user, password and options."""


class SqlKeys(SourceSection):
    """A table of a database, or what a query gives."""

    PLACE: ClassVar[frozenset[str]] = frozenset({"type", "url", "url_file"})
    PACE: ClassVar[frozenset[str]] = frozenset({"overlap"})
    SECRET: ClassVar[frozenset[str]] = frozenset({"url", "url_file"})

    type: Literal["sql"] = Field(description="Where the catalog lives: in a database.")
    url: SecretStr = Field(
        description=(
            "The database as an SQLAlchemy URL. It may hold a password, so it is safer in the"
            " environment or in a file named by url_file; it is never shown."
        ),
        examples=["postgresql+psycopg://reader:…@db.example.com/shop"],
    )
    url_file: str | None = Field(
        None, description="A file that holds the URL and nothing else.", examples=["catalog-url"]
    )
    table: str | None = Field(
        None,
        min_length=1,
        description="The table or view to read, with its schema where need be: shop.products.",
        examples=["products"],
    )
    query: str | None = Field(
        None,
        min_length=1,
        description="The query to read instead of a table.",
        examples=["SELECT sku, mpn FROM products WHERE active"],
    )
    updated_column: str | None = Field(
        None,
        min_length=1,
        description="When a row was last changed; polls then read only what has changed since.",
        examples=["updated_at"],
    )
    deleted_column: str | None = Field(
        None,
        min_length=1,
        description="Tells which rows are deleted though they are still there.",
        examples=["deleted_at"],
    )
    overlap: Overlap = Field(
        timedelta(minutes=5),
        description=(
            "How far a read of changes reaches back, for changes that were committed late:"
            " a duration; a count where updated_column holds numbers."
        ),
    )

    @property
    def label(self) -> str:
        """What reports and messages call it: no user, no password, no options."""
        match = _PARTS.fullmatch(self.url.get_secret_value())
        return "" if match is None else f"{match[1]}://{match[2]}"

    def place(self) -> Mapping[str, object]:
        """Give the URL without what may be secret in it."""
        return {**SourceSection.place(self), "url": self.label}

    @field_validator("url")
    @classmethod
    def _be_a_url(cls, url: SecretStr) -> SecretStr:
        if not _PARTS.fullmatch(url.get_secret_value()):
            raise ValueError(
                'must be the URL of a database, such as "postgresql://user:password@host/database",'
                ' "mysql://user:password@host/database" or "sqlite:///catalog.db"'
            )
        return url

    @field_validator("table", "query")
    @classmethod
    def _say_something(cls, text: str | None) -> str | None:
        if text is not None and not text.strip(" \t\r\n;"):
            raise ValueError("must not be empty")
        return text

    @model_validator(mode="after")
    def _read_one_thing(self) -> SqlKeys:
        if (self.table is None) == (self.query is None):
            raise ValueError("must name either a table or a query")
        return self
