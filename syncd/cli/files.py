"""Files that a command writes for its user: private, and whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from syncd.errors import ReportError, UnwrittenReportError


def write_privately(path: Path, text: str) -> None:
    """Replace the file in one step; only its owner may read it. Raises `ReportError`.

    A device or a pipe, such as /dev/stdout, stays what it is and takes the text.
    """
    if _takes_text(path):
        _write_into(path, text)
        return
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
    if _mode_of(path) == stat.S_IFDIR:
        raise ReportError(str(path), "it is a folder", "Name a file in it")
    folder = Path(os.path.realpath(path)).parent
    if _mode_of(folder) != stat.S_IFDIR:
        raise ReportError(str(path), f"there is no folder {folder}", "Make it, or name another")
    if not _takes_text(path) and not os.access(folder, os.W_OK | os.X_OK):
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


def _takes_text(path: Path) -> bool:
    """Whether this is neither a file nor a folder: then it must never be replaced by a file."""
    return _mode_of(path) not in {None, stat.S_IFREG, stat.S_IFDIR}


def _mode_of(path: Path) -> int | None:
    """What kind of thing this is; None where nothing is, or nothing may be seen."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except OSError:
        return None


def _write_into(path: Path, text: str) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> UnwrittenReportError:
    return UnwrittenReportError(
        str(path), f"it cannot be written ({error.strerror})", "Name another file with --output"
    )
