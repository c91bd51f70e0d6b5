"""Text for a terminal, coloured and fitted to its width, and plain text for a pipe."""

from __future__ import annotations

import io
from typing import Final

from rich.console import Console, RenderableType

from syncd.report.listing import Listing
from syncd.report.report import Report
from syncd.report.text import listing as of_listing
from syncd.report.text import report as of_report

_PIPE_WIDTH: Final = 100_000
"""So wide that nothing is wrapped or cut: what reads a pipe wants whole lines."""


def render_report(report: Report) -> str:
    """Write plain text."""
    return _plain(of_report.laid_out(report))


def render_listing(listing: Listing) -> str:
    """Write plain text."""
    return _plain(of_listing.laid_out(listing))


def print_report(report: Report, console: Console) -> None:
    """Print in colour on a terminal, else as `render_report` writes it."""
    _print(of_report.laid_out(report), console)


def print_listing(listing: Listing, console: Console) -> None:
    """Print in colour on a terminal, else as `render_listing` writes it."""
    _print(of_listing.laid_out(listing), console)


def _print(shown: RenderableType, console: Console) -> None:
    if console.is_terminal:
        console.print(shown)
    else:
        console.file.write(_plain(shown))


def _plain(shown: RenderableType) -> str:
    sheet = io.StringIO()
    Console(file=sheet, width=_PIPE_WIDTH, color_system=None, force_terminal=False).print(shown)
    return "".join(f"{line.rstrip()}\n" for line in sheet.getvalue().split("\n")[:-1])
