"""What columns are looked for: the id and the shared attributes, by their keys in a mapping."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from syncd.domain.attributes import Attribute


class Target(StrEnum):
    """In the order in which a person is asked for them."""

    ID = "id"
    PART_NUMBER = "part_number"
    MANUFACTURER_ID = "manufacturer_id"
    COUNTRY_OF_ORIGIN = "country_of_origin"
    ECCN = "eccn"
    HS_CODE = "hs_code"
    ALLOW_OVERSELL = "allow_oversell"

    @property
    def attribute(self) -> Attribute | None:
        """The shared attribute; None for the id."""
        return None if self is Target.ID else Attribute[self.name]

    @property
    def is_mandatory(self) -> bool:
        """Whether no configuration goes without it."""
        return self in _MANDATORY


_MANDATORY: Final = frozenset({Target.ID, Target.PART_NUMBER})
