"""What was opened is closed again where what comes after it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def undone_on_failure(undo: Callable[[], None]) -> Iterator[None]:
    """Undo what stands before the block where the block raises, whatever it raises."""
    try:
        yield
    except BaseException:
        undo()
        raise
