"""What a SKU alone has, in canonical form: texts, web addresses, weights and metadata."""

from __future__ import annotations

import json
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Final

from syncd.domain.plain_text import Breach

WEIGHT_UNITS: Final = frozenset({"oz", "lb", "g", "kg"})
_WEIGHT_RULE: Final = "a weight is a number that is not negative, with a decimal point, as in 20.5"
_MOST_DIGITS: Final = 15
"""More than these a number in JSON does not keep."""
_LONGEST_WRITTEN: Final = 40
_UNIT_RULE: Final = "a weight unit is oz, lb, g or kg"
_SCHEMES: Final = ("https://", "http://")
_METADATA_RULE: Final = (
    "metadata is a JSON object whose values are texts, whole numbers, true or false, "
    'as in {"season": "summer"}'
)
_LINE_ENDS: Final = frozenset("\n\r\t")
_UNFIT: Final = frozenset({"Cc", "Cs"})


def wanted_lines(text: str) -> str | Breach:
    """Take text of several lines as it is; control characters other than line ends are refused."""
    for position, character in enumerate(text, start=1):
        if character not in _LINE_ENDS and unicodedata.category(character) in _UNFIT:
            return Breach(
                text,
                f"a description has no control characters, but U+{ord(character):04X} "
                f"is its character {position}",
            )
    return text


def wanted_address(text: str, name: str) -> str | Breach:
    """Take a web address as it is; `name` is what the rule calls it."""
    has_scheme = text.lower().startswith(_SCHEMES) and len(text) > len(_SCHEMES[0])
    if not has_scheme or not text.isprintable() or any(map(str.isspace, text)):
        return Breach(text, f"{name} is a web address without spaces, as in https://example.com/a")
    return text


def wanted_weight(text: str) -> str | Breach:
    """Read a weight into the shortest decimal number that is the same."""
    weight = canonical_weight(text)
    if weight is None or weight.startswith("-"):
        return Breach(text, _WEIGHT_RULE)
    if len(weight.replace(".", "").strip("0")) > _MOST_DIGITS:
        return Breach(text, f"a weight has at most {_MOST_DIGITS} digits")
    return weight


def canonical_weight(text: str) -> str | None:
    """Write a number without exponent and needless zeros; None where it is none."""
    if len(text) > _LONGEST_WRITTEN or not text.isascii() or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST_WRITTEN:
        return None
    written = f"{number:f}"
    plain = written.rstrip("0").rstrip(".") if "." in written else written
    return plain if number else "0"


def wanted_weight_unit(text: str) -> str | Breach:
    """Read a unit, in capitals or not."""
    unit = text.lower()
    return unit if unit in WEIGHT_UNITS else Breach(text, _UNIT_RULE)


def wanted_metadata(text: str) -> str | Breach | None:
    """Read a JSON object into JSON with sorted names; one without any is no value."""
    try:
        read = json.loads(text)
        written = canonical_metadata(read)
        (written or "").encode()  # halves of surrogate pairs can be escaped in, and never sent
    except (ValueError, RecursionError):
        return Breach(text, _METADATA_RULE)
    if not isinstance(read, dict) or not all(isinstance(one, str | int) for one in read.values()):
        return Breach(text, _METADATA_RULE)
    return written


def canonical_metadata(metadata: object) -> str | None:
    """Write an object as JSON with sorted names; None where it has nothing in it."""
    if not metadata:
        return None
    return json.dumps(metadata, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
