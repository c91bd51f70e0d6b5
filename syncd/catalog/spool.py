"""A private folder where each file's plain bytes stand under a name of our own choosing."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, assert_never

from syncd.catalog.dialect import Compression
from syncd.catalog.files import CatalogFile, unreadable
from syncd.catalog.room import making_room, no_room
from syncd.catalog.watching import moving
from syncd.errors import CatalogError
from syncd.ports import Advance, unseen

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DAMAGE: Final = (EOFError, zlib.error, gzip.BadGzipFile, zstd.ZstdError)
"""What `unpacked` raises for bytes that are damaged, or end before their end mark."""

_CHUNK: Final = 1 << 18


def place(
    file: CatalogFile, compression: Compression, folder: Path, advance: Advance = unseen
) -> Path:
    """Give a path in `folder` that leads to the file's plain bytes, and needs no quoting.

    A compressed file is decompressed there, once, and whole: what was cut or changed on its way is
    found before anything is read from it.
    """
    plain = folder / f"{file.index}.plain"
    match compression:
        case Compression.NONE:
            with making_room(folder):
                plain.symlink_to(file.path.absolute())
        case Compression.GZIP | Compression.ZSTD:
            write(plain, moving(_unpacked(file, compression), advance))
        case _:
            assert_never(compression)
    return plain


def write(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a temporary file; raises `CatalogError` where its disk is full."""
    with written_to(path) as put:
        for piece in pieces:
            put(piece)


@contextmanager
def written_to(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Write a temporary file piece by piece, as somebody else gives them; else like `write`."""
    with making_room(path.parent):
        spool = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def put(piece: bytes) -> None:
        try:
            spool.write(piece)
        except OSError as error:
            raise no_room(path.parent, error.strerror) from error

    try:
        yield put
    finally:
        with making_room(path.parent):
            spool.close()


def unpacked(path: Path, compression: Compression) -> Iterator[bytes]:
    """Give a compressed file's plain bytes; raises `DAMAGE` where it is none, damaged or cut."""
    opener = gzip.open if compression is Compression.GZIP else zstd.open
    with opener(path) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _unpacked(file: CatalogFile, compression: Compression) -> Iterator[bytes]:
    try:
        yield from unpacked(file.path, compression)
    except DAMAGE as error:
        raise _damaged(file, compression.name.lower(), str(error)) from error
    except OSError as error:
        raise unreadable(file.path, error) from error


def _damaged(file: CatalogFile, kind: str, reason: str) -> CatalogError:
    return CatalogError(
        file.thing,
        f"it is cut short or damaged, or no {kind} file at all ({reason})",
        "Wait until the export is written whole, or write it again",
    )
