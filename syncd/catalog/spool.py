"""A private folder where each file's plain bytes stand under a name of our own choosing."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, assert_never

from syncd.catalog.dialect import Compression
from syncd.catalog.files import CatalogFile, unreadable
from syncd.errors import CatalogError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_CHUNK: Final = 1 << 18


def place(file: CatalogFile, compression: Compression, folder: Path) -> Path:
    """Give a path in `folder` that leads to the file's plain bytes, and needs no quoting.

    A compressed file is decompressed there, once, and whole: what was cut or changed on its way is
    found before anything is read from it.
    """
    plain = folder / f"{file.index}.plain"
    match compression:
        case Compression.NONE:
            plain.symlink_to(file.path.absolute())
        case Compression.GZIP:
            write(plain, _gunzipped(file))
        case Compression.ZSTD:
            write(plain, _unzstded(file))
        case _:
            assert_never(compression)
    return plain


def write(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a temporary file; raises `CatalogError` where its disk is full."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as spool:
            for piece in pieces:
                spool.write(piece)
    except OSError as error:
        raise CatalogError(
            str(path.parent),
            f"the temporary copy of the catalog cannot be written ({error.strerror})",
            "Make room there, or let TMPDIR name a folder that has some",
        ) from error


def _gunzipped(file: CatalogFile) -> Iterator[bytes]:
    try:
        with gzip.open(file.path) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(file, "gzip", str(error)) from error
    except OSError as error:
        raise unreadable(file.path, error) from error


def _unzstded(file: CatalogFile) -> Iterator[bytes]:
    try:
        with zstd.open(file.path) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except (EOFError, zstd.ZstdError) as error:
        raise _damaged(file, "zstd", str(error)) from error
    except OSError as error:
        raise unreadable(file.path, error) from error


def _damaged(file: CatalogFile, kind: str, reason: str) -> CatalogError:
    return CatalogError(
        str(file.path),
        f"it is cut short or damaged, or no {kind} file at all ({reason})",
        "Wait until the export is written whole, or write it again",
    )
