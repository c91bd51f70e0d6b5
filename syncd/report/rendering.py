"""One door to every format: a report or a listing in, text out."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from syncd.report.listing import Listing
from syncd.report.report import Report

if TYPE_CHECKING:
    from rich.console import Console


class Format(StrEnum):
    """The formats of `--format`; each has a module of its name beside this one."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"
    CSV = "csv"


class Renderer(Protocol):
    """What each of those modules offers; the text ends with a newline."""

    def render_report(self, report: Report) -> str: ...

    def render_listing(self, listing: Listing) -> str: ...


def render(report: Report, format: Format) -> str:  # noqa: A002 - the option's own name
    """Show a report as a whole file's text, ended by a newline."""
    return _renderer(format).render_report(report)


def render_listing(listing: Listing, format: Format) -> str:  # noqa: A002 - the option's own name
    """Show a listing as a whole file's text, ended by a newline."""
    return _renderer(format).render_listing(listing)


def _renderer(format: Format) -> Renderer:  # noqa: A002 - the option's own name
    """Import the one module that is asked for: rich, jinja2 and pydantic cost start-up time."""
    return cast("Renderer", import_module(f"syncd.report.{format}"))


def print_report(report: Report, console: Console) -> None:
    """Show a report on a console: coloured on a terminal, plain and unwrapped in a pipe."""
    from syncd.report import text

    text.print_report(report, console)


def print_listing(listing: Listing, console: Console) -> None:
    """Show a listing on a console: coloured on a terminal, plain and unwrapped in a pipe."""
    from syncd.report import text

    text.print_listing(listing, console)
