"""JSON for programs: the report as product.md fixes it, and listings by their column keys."""

from __future__ import annotations

import json
from typing import TypeAlias

from syncd.report.document import to_json
from syncd.report.listing import Listing, plain_cell
from syncd.report.models import SCHEMA
from syncd.report.report import Report

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def render_report(report: Report) -> str:
    """Write the report's document."""
    return to_json(report)


def render_listing(listing: Listing) -> str:
    """Write title, sentence, the rows under the listing's key, and every detail under its own."""
    document = {"schema": SCHEMA, **_object(listing)}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _object(listing: Listing) -> dict[str, Json]:
    shown: dict[str, Json] = {"title": listing.title, "sentence": listing.sentence}
    if listing.columns:
        shown[listing.key] = _records(listing)
    for detail in listing.details:
        shown[detail.key] = _object(detail) if detail.details else _records(detail)
    if listing.commands:
        shown["commands"] = list(listing.commands)
    return shown


def _records(listing: Listing) -> list[Json]:
    return [{key: plain_cell(cell) for key, cell in record.items()} for record in listing.records()]
