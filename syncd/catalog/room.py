"""Private folders for what a read copies, and what to do where they have no room."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncd.errors import CatalogError


@contextmanager
def private_folder(prefix: str = "syncd-catalog-") -> Iterator[Path]:
    """Give an empty folder that is gone when the block ends; `CatalogError` where none can be."""
    try:
        made = tempfile.TemporaryDirectory(prefix=prefix)
    except OSError as error:
        raise no_room(usual_folder(), error.strerror) from error
    with made as folder:
        yield Path(folder)


@contextmanager
def making_room(folder: Path) -> Iterator[None]:
    """Tell what keeps something small from being made in a private folder."""
    try:
        yield
    except OSError as error:
        raise no_room(folder, error.strerror) from error


def inner_folder(folder: Path, name: str) -> Path:
    """Make a folder within a private one."""
    inner = folder / name
    with making_room(folder):
        inner.mkdir()
    return inner


def no_room(folder: Path | None, reason: str | None) -> CatalogError:
    """Say why nothing can be written there, and how much room there is."""
    free = _free(folder) if folder is not None else None
    room = "" if free is None else f"; {free:,} MB are free there"
    return CatalogError(
        "TMPDIR" if folder is None else str(folder),
        f"the temporary copy of the catalog cannot be written ({reason or 'no reason'}{room})",
        "Make room there, or let TMPDIR name a folder that has some",
    )


def usual_folder() -> Path | None:
    """Where temporary files go; None where no folder takes any."""
    try:
        return Path(tempfile.gettempdir())
    except OSError:
        return None


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free // 1_000_000
    except OSError:
        return None
