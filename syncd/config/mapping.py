"""`[catalog.mapping]`: which column is which attribute, and what its texts stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from syncd.config.patterns import read_pattern
from syncd.config.section import Listed, Section
from syncd.config.values import read_word, read_words
from syncd.domain.attributes import Attribute

Word = Annotated[str, BeforeValidator(read_word)]
Words = Annotated[tuple[str, ...], BeforeValidator(read_words)]
Pattern = Annotated[str, AfterValidator(read_pattern)]
_Name = Annotated[str, StringConstraints(min_length=1)]


class ColumnMapping(Section):
    """Where one attribute's value stands; `"sku"` alone is short for `{ field = "sku" }`.

    The steps are taken in the order of the keys, and after each the text is trimmed.
    """

    field: str | None = Field(None, min_length=1, description="The column, or field, to read.")
    fields: Listed[_Name] = Field(
        (), description="Several columns instead, whose texts are put together."
    )
    separator: str = Field("", description="What to put between the texts of several columns.")
    strip: str = Field("", description="Characters to cut off both ends, however often they stand.")
    strip_affixes: Listed[_Name] = Field(
        (), description="Texts of which each is cut off the start and the end, once."
    )
    extract: Pattern | None = Field(
        None,
        description=(
            "A regular expression: its first group, or all that it matches, is the value; what it"
            " does not match is empty."
        ),
    )
    upper: bool = Field(default=False, description="Whether small letters become capitals.")
    lower: bool = Field(default=False, description="Whether capitals become small letters.")
    values: Mapping[str, Word] = Field(
        default_factory=dict, description="What to take instead of which value."
    )
    boolean: bool = Field(
        default=False, description="Whether yes and no in several languages become true and false."
    )
    countries: Literal["alpha-3", "names"] | None = Field(
        None,
        description="What else than two-letter codes to read: three-letter ones, names as well.",
    )
    default: Word | None = Field(None, description="What an empty or absent value stands for.")

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns that the value is made of, in their order; none for a default alone."""
        return self.fields or (() if self.field is None else (self.field,))

    @property
    def changes_text(self) -> bool:
        """Whether the value may be another text than the one that stands in the record.

        Trimming and `values` do not count: what they give is known without the record.
        """
        steps = (self.fields, self.strip, self.strip_affixes, self.extract, self.upper, self.lower)
        return any(steps)

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
        if self.field is not None and self.fields:
            raise ValueError("must name either field or fields, not both")
        if not self.sources and self.default is None:
            raise ValueError("must name a field, or a default for all rows")
        if not self.sources and (self.changes_text or self.values):
            raise ValueError("must name a field, for a default is taken as it stands")
        if len(self.fields) == 1:
            raise ValueError("must name two fields or more in fields; write field for a single one")
        if self.separator and not self.fields:
            raise ValueError("must name several fields where it has a separator")
        return self

    @model_validator(mode="after")
    def _reach_every_value(self) -> ColumnMapping:
        """Refuse what no text can equal once its letters are all capitals, or all small."""
        if self.upper and self.lower:
            raise ValueError("must not ask for both upper and lower")
        kept = str.upper if self.upper else str.lower if self.lower else str
        lost = next((one for one in self.values if one.isascii() and one != kept(one)), None)
        if lost is not None:
            case = "upper" if self.upper else "lower"
            raise ValueError(f'must have "{kept(lost)}" in values: {case} leaves no "{lost}"')
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
    name: ColumnMapping | None = Field(
        None, description="The product's name; this and what follows are the SKU's alone."
    )
    tax_code: ColumnMapping | None = Field(None, description="The tax code.")
    description: ColumnMapping | None = Field(None, description="A text about the product.")
    image: ColumnMapping | None = Field(None, description="The address of a picture.")
    url: ColumnMapping | None = Field(None, description="The address of the product's page.")
    weight: ColumnMapping | None = Field(
        None, description="The weight, a number in the unit that weight_unit says."
    )
    weight_unit: ColumnMapping | None = Field(None, description="oz, lb, g or kg.")
    sku_group_id: ColumnMapping | None = Field(
        None, description="The group that gives the SKU what it lacks."
    )
    item_breadcrumb: ColumnMapping | None = Field(
        None, description="Where the product stands among others."
    )
    metadata: ColumnMapping | None = Field(
        None, description="More about it: a JSON object of texts, whole numbers, true and false."
    )

    @field_validator("id")
    @classmethod
    def _differ_by_row(cls, id: ColumnMapping) -> ColumnMapping:
        if not id.sources or id.default is not None:
            raise ValueError("must name a field and no default, for every row has its own id")
        return id

    @model_validator(mode="after")
    def _read_only_what_is_there(self) -> CatalogMapping:
        """Refuse yes, no and countries where an attribute has none."""
        columns = {"id": self.id, **{one.key: of for one, of in self.by_attribute().items()}}
        for key, column in columns.items():
            if column.boolean and key != Attribute.ALLOW_OVERSELL.key:
                raise ValueError(f"{key} must not have boolean, for it is neither true nor false")
            if column.countries and key != Attribute.COUNTRY_OF_ORIGIN.key:
                raise ValueError(f"{key} must not have countries, for it is no country")
        return self

    def by_attribute(self) -> dict[Attribute, ColumnMapping]:
        """The mapped attributes, without the id."""
        mapped = {attribute: getattr(self, attribute.key) for attribute in Attribute}
        return {attribute: column for attribute, column in mapped.items() if column is not None}
