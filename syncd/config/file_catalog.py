"""`[catalog]` with `type = "file"`: which files, and how their bytes are to be read."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field, field_validator, model_validator

from syncd.config.source import SourceSection

TRAILER_COUNT: Final = "{count}"
"""Stands in a trailer's form for the number of rows."""


def _count_once(value: str) -> str:
    if value.count(TRAILER_COUNT) != 1 or not value.isprintable():
        raise ValueError(f'must be a line with {TRAILER_COUNT} once, such as "# rows: {{count}}"')
    return value


Trailer: TypeAlias = Annotated[str, AfterValidator(_count_once)]
"""How a last line looks that counts the rows."""


class FileKeys(SourceSection):
    """One file, or several that a glob names."""

    PLACE: ClassVar[frozenset[str]] = frozenset({"type", "path"})

    type: Literal["file"] = Field(
        "file", description='Where the catalog lives: "file", "sql", "http" or "digital_river".'
    )
    path: str = Field(
        min_length=1,
        description=(
            "The file: .csv .tsv .jsonl .ndjson .json .parquet, and .gz and .zst of them;"
            " a glob reads several as one."
        ),
        examples=["catalog.csv"],
    )
    format: Literal["csv", "tsv", "jsonl", "json", "parquet"] | None = Field(
        None, description="The format, where the file's ending does not tell it.", examples=["csv"]
    )
    delimiter: str | None = Field(
        None,
        description="What separates values: a comma in .csv, a tab in .tsv, unless set.",
        examples=[";"],
    )
    quote: str = Field('"', description="What encloses values; empty for nothing.")
    encoding: Literal["utf-8"] = Field(
        "utf-8", description="The encoding of the text, with or without a byte order mark."
    )
    final_newline: Literal["required", "optional"] = Field(
        "required",
        description=(
            "Whether a last line without a line end is taken for a file cut short;"
            ' "optional" where the file is always written so.'
        ),
    )
    trailer: Trailer | None = Field(
        None,
        description=(
            "How a last line looks that is no row but counts them: {count} is their number,"
            " and * is anything."
        ),
        examples=["# rows: {count}"],
    )

    @property
    def label(self) -> str:
        """What reports and messages call it."""
        return self.path

    @field_validator("path")
    @classmethod
    def _be_a_path(cls, value: str) -> str:
        if "\0" in value:
            raise ValueError("must be the path of a file")
        return value

    @field_validator("delimiter", "quote")
    @classmethod
    def _be_one_character(cls, value: str | None) -> str | None:
        if value and (len(value) != 1 or value in "\r\n\0"):
            raise ValueError('must be one character, such as ";" or "\\t"')
        return value

    @model_validator(mode="after")
    def _tell_delimiter_from_quote(self) -> FileKeys:
        if self.delimiter == "":
            raise ValueError("delimiter must not be empty; leave it out for the format's own")
        if self.delimiter is not None and self.delimiter == self.quote:
            raise ValueError("delimiter and quote must not be the same character")
        return self
