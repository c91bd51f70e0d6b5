"""Some rows of a catalog, as they stand there and as the mapping reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncd.domain.attributes import Attribute


@dataclass(frozen=True, slots=True)
class SampledRow:
    """One record: a text for each column of the sample, and what the mapping makes of them.

    `takes_part` is what the filter says. A mapped column that the source lacks reads as empty.
    """

    row: int
    cells: tuple[str | None, ...]
    takes_part: bool
    id: str | None
    values: Mapping[Attribute, str | None]


@dataclass(frozen=True, slots=True)
class Sample:
    """The first usable rows of a source, with all of its columns in their order."""

    columns: tuple[str, ...]
    rows: tuple[SampledRow, ...]
