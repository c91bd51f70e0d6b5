"""The line that says which cycle this was, and the one that says how it ended."""

from __future__ import annotations

from syncd.errors import ExitCode
from syncd.report.report import Catalog, Report
from syncd.report.wording import EXIT_MEANINGS, MODE_WORDS, counted, duration, moment, visible


def headline(report: Report) -> str:
    """Name mode, catalog, time and length: `syncd · dry run · catalog.csv (complete, …) · …`."""
    return " · ".join(
        (
            "syncd",
            MODE_WORDS[report.mode],
            _catalog(report.catalog),
            moment(report.started),
            f"took {duration(report.finished - report.started)}",
        )
    )


def _catalog(catalog: Catalog) -> str:
    source = visible(catalog.source or "no catalog")
    if catalog.since is not None:
        changed = f"{counted(catalog.rows, 'row')} changed since {visible(catalog.since)}"
        return f"{source} ({changed})"
    if not (catalog.complete or catalog.rows or catalog.records or catalog.evidence):
        return f"{source} (not read)"
    completeness = "complete" if catalog.complete else "partial"
    return f"{source} ({completeness}, {counted(catalog.rows, 'row')})"


def ending(report: Report) -> str:
    """Say the exit code and its meaning: `exit 3: done, but …`; empty where it is 0."""
    if report.exit_code is ExitCode.OK:
        return ""
    return f"exit {report.exit_code.value}: {EXIT_MEANINGS[report.exit_code]}"
