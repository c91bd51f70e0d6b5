"""The vendor's attribute rules, written apart from syncd's own so that neither hides a mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import iso3166

from syncd.sandbox.answers import Problem, RefusedError
from syncd.sandbox.tables import Attributes

if TYPE_CHECKING:
    from pydantic import JsonValue

ID_FORM = re.compile(r"[0-9A-Za-z._-]+")
HS_FORM = re.compile(r"\d{4}\.\d{2}(?:\.\d{1,4}|\.\d{2}\.\d{2})?")

REFUSED_COUNTRIES = frozenset({"KP", "XK"})
COUNTRIES = frozenset(iso3166.countries_by_alpha2) - REFUSED_COUNTRIES

# fmt: off
APPROVED_ECCNS = frozenset({
    "EAR99", "3A991", "3A992", "3A999", "3B991", "3B992", "3C992", "3D991", "3E991",
    "4A994", "4D993", "4D994", "4E992", "4E993", "5A002", "5A991", "5A992", "5B991",
    "5C991", "5D002", "5D991", "5D992", "5E991", "5E992", "6A991", "6A993", "6A994",
    "6A995", "6A996", "6A997", "6C992", "6C994", "6D992", "6D993", "6E992", "6E993",
    "7B994", "7D994", "7E994", "8A992", "8D992", "8E992",
})
# fmt: on
BARRED_ECCN = "3A991.a.1"


def id_problems(resource_id: str) -> Iterator[Problem]:
    """Yield what is wrong with an id that a request wants to create."""
    if not ID_FORM.fullmatch(resource_id):
        yield Problem("invalid_parameter", f"'{resource_id}' is not a valid id.", "id")


def attribute_problems(attributes: Mapping[str, JsonValue]) -> Iterator[Problem]:
    """Yield what is wrong with country, ECCN and HS code, each where it is given."""
    for name, is_valid in _RULES.items():
        value = attributes.get(name)
        if isinstance(value, str) and not is_valid(value):
            yield Problem("invalid_parameter", f"'{value}' is not a valid {name}.", name)


def missing_problems(attributes: Attributes, required: tuple[str, ...]) -> Iterator[Problem]:
    """Yield each required attribute that is absent or null."""
    for name in required:
        if attributes.get(name) is None:
            yield Problem("missing_parameter", f"'{name}' is required.", name)


def refuse_unknown_part(attributes: Attributes, unknown_parts: tuple[str, ...]) -> None:
    """Raise the 409 that a manufacturer without such a part is answered with."""
    manufacturer, part = attributes.get("manufacturerId"), attributes.get("partNumber")
    if any(fnmatchcase(f"{manufacturer}/{part}", unknown) for unknown in unknown_parts):
        message = f"Manufacturer '{manufacturer}' has no part '{part}'."
        raise RefusedError(409, Problem("invalid_parameter", message, "manufacturerId"))


def _is_approved_eccn(value: str) -> bool:
    barred = value == BARRED_ECCN or value.startswith(f"{BARRED_ECCN}.")
    return value.partition(".")[0] in APPROVED_ECCNS and not barred


_RULES: Mapping[str, Callable[[str], bool]] = {
    "countryOfOrigin": COUNTRIES.__contains__,
    "eccn": _is_approved_eccn,
    "hsCode": lambda value: HS_FORM.fullmatch(value) is not None,
}
