"""Files that a command writes for its user: private, and whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from syncd.errors import ReportError, UnwrittenReportError


def write_privately(path: Path, text: str) -> None:
    """Replace the file in one step; only its owner may read it. Raises `ReportError`."""
    path = Path(os.path.realpath(path))
    try:
        descriptor, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        Path(partial).replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with suppress(FileNotFoundError):
            Path(partial).unlink()


def check_writable(path: Path) -> None:
    """Raise `ReportError` where `write_privately` could not but fail, before any work is done."""
    if path.is_dir():
        raise ReportError(str(path), "it is a folder", "Name a file in it")
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise ReportError(str(path), f"there is no folder {folder}", "Make it, or name another")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ReportError(
            str(path), f"nothing may be written into {folder}", "Allow it, or name another folder"
        )


def read_whole(path: Path) -> bytes:
    """Read a file that the user named; raises `ReportError`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReportError(
            str(path), f"it cannot be read ({error.strerror})", "Name a file that can"
        ) from error


def _unwritable(path: Path, error: OSError) -> UnwrittenReportError:
    return UnwrittenReportError(
        str(path), f"it cannot be written ({error.strerror})", "Name another file with --output"
    )
