"""Everything that syncd shows: one report value, one listing value, five formats for each.

`from_json` of `document` is imported on first use, for pydantic takes its time.
"""

from __future__ import annotations

from syncd.report.listing import Cell, Column, Kind, Listing
from syncd.report.rendering import Format, print_listing, print_report, render, render_listing
from syncd.report.report import Catalog, Report, Summary
from syncd.report.sentence import sentence

__all__ = [
    "Catalog",
    "Cell",
    "Column",
    "Format",
    "Kind",
    "Listing",
    "Report",
    "Summary",
    "from_json",
    "print_listing",
    "print_report",
    "render",
    "render_listing",
    "sentence",
]


def from_json(document: bytes, name: str = "The report") -> Report:
    """Read a report or a saved plan back; `name` is what messages call it, such as its file.

    Raises `ReportError` where it is not JSON, not a report, of another schema or cut short.
    """
    from syncd.report import document as documents

    return documents.from_json(document, name)
