"""Progress bars on a terminal; in a pipe, nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from syncd.cli.options import Shared
from syncd.engine.time_left import in_words
from syncd.service.pulse import Strand
from syncd.service.terms import Progress, Unwatched

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from syncd.config import Settings


@contextmanager
def watching(shared: Shared, settings: Settings) -> Iterator[Progress]:
    """Show a bar for each phase on stderr, where that is a terminal and `-q` does not forbid it."""
    from syncd.cli.session import log_by

    if not sys.stderr.isatty() or shared.verbosity < 0:
        yield Unwatched()
        return
    try:
        with _bars(shared) as bars:
            log_by(shared, settings)  # by way of the bars now, which make room for each line
            yield _BarPerPhase(bars)
    finally:
        log_by(shared, settings)


class _BarPerPhase:
    """Begins a new bar with every phase and fills the one before it."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None
        self._strand = Strand(lambda: datetime.now(UTC), time.monotonic)

    def phase(self, name: str, total: int | None) -> None:
        self._end_phase()
        self._strand.phase(name, total)
        self._task = self._bars.add_task(name, total=total, left="")

    def advance(self, steps: int = 1) -> None:
        if self._task is None:
            return
        self._strand.advance(steps)
        left = self._strand.doing.left
        told = "" if left is None else in_words(left)
        self._bars.update(self._task, advance=steps, left=told)

    def _end_phase(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)


def _bars(shared: Shared) -> Bars:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.progress import Progress as Bars

    return Bars(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        console=Console(stderr=True, no_color=shared.no_color or None),
        transient=True,
    )
