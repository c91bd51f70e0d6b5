"""`[catalog]`: where the rows come from, which take part, and which column is which attribute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from syncd.config.section import Section, not_yet
from syncd.config.values import Memory, read_word, read_words
from syncd.domain.attributes import Attribute

_LATER: Final = frozenset({"sql", "http", "digital_river"})

Word = Annotated[str, BeforeValidator(read_word)]
Words = Annotated[tuple[str, ...], BeforeValidator(read_words)]


class ColumnMapping(Section):
    """Where one attribute's value stands; `"sku"` alone is short for `{ field = "sku" }`."""

    field: str | None = Field(None, min_length=1, description="The column, or field, to read.")
    default: Word | None = Field(None, description="What an empty or absent value stands for.")
    values: Mapping[str, Word] = Field(
        default_factory=dict, description="What to take instead of which value."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_short_form(cls, data: object) -> object:
        if isinstance(data, str):
            return {"field": data}
        if isinstance(data, dict | ColumnMapping):
            return data
        raise ValueError('must be a column such as "sku", or a table such as { field = "sku" }')

    @model_validator(mode="after")
    def _say_something(self) -> ColumnMapping:
        if self.field is None and self.default is None:
            raise ValueError("must name a field, or a default for all rows")
        return self


class CatalogMapping(Section):
    """Which column is which attribute; one left out is never compared and never written."""

    id: ColumnMapping = Field(
        description="The id that SKU and inventory item share.", examples=["sku"]
    )
    manufacturer_id: ColumnMapping | None = Field(
        None, description="The manufacturer's id.", examples=["manufacturer"]
    )
    part_number: ColumnMapping = Field(
        description="The manufacturer's part number.", examples=["mpn"]
    )
    country_of_origin: ColumnMapping | None = Field(
        None, description="The country of origin, two letters (ISO 3166-1).", examples=["origin"]
    )
    eccn: ColumnMapping | None = Field(
        None, description="The export control classification number.", examples=["eccn"]
    )
    hs_code: ColumnMapping | None = Field(
        None, description="The customs tariff number.", examples=["hs_code"]
    )
    allow_oversell: ColumnMapping | None = Field(
        None,
        description="Whether more may be sold than is in stock: true or false.",
        examples=["allow_oversell"],
    )

    @field_validator("id")
    @classmethod
    def _differ_by_row(cls, id: ColumnMapping) -> ColumnMapping:
        if id.field is None or id.default is not None:
            raise ValueError("must name a field and no default, for every row has its own id")
        return id

    def by_attribute(self) -> dict[Attribute, ColumnMapping]:
        """The mapped attributes, without the id."""
        mapped = {attribute: getattr(self, attribute.key) for attribute in Attribute}
        return {attribute: column for attribute, column in mapped.items() if column is not None}


class FileCatalog(Section):
    """A catalog in a file, or in several that a glob names."""

    type: Literal["file"] = Field(
        "file", description="Where the catalog lives; this version of syncd reads files."
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

    @field_validator("type", mode="before")
    @classmethod
    def _know_the_type(cls, value: object) -> object:
        if isinstance(value, str) and value in _LATER:
            raise not_yet(
                f'is "{value}", which this version of syncd does not read yet:'
                ' export the catalog to a file and set type = "file"'
            )
        return value

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
    def _tell_delimiter_from_quote(self) -> FileCatalog:
        if self.delimiter == "":
            raise ValueError("delimiter must not be empty; leave it out for the format's own")
        if self.delimiter is not None and self.delimiter == self.quote:
            raise ValueError("delimiter and quote must not be the same character")
        return self
