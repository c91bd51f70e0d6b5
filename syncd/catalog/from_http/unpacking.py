"""Undoing a body's compression, told by its first bytes, and only up to its end mark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from syncd.catalog.dialect import Compression
from syncd.catalog.from_http.setback import Setback
from syncd.catalog.spool import DAMAGE, unpacked, write

_BEGINNINGS: Final = {
    b"\x1f\x8b": Compression.GZIP,
    b"\x28\xb5\x2f\xfd": Compression.ZSTD,
}
_FIRST: Final = 1 << 22
"""In bytes: so much of a start is enough, however small it was packed."""
_MOST_LAYERS: Final = 2
"""A file that is compressed itself may be compressed once more on its way."""


def unpack(body: Path) -> None:
    """Put the plain bytes in the place of the compressed ones; raises `Setback` for damaged ones.

    Nothing that HTTP says of the compression is relied on, for it is often wrong. The end mark of
    each stream is looked for: a stream that was cut before it would otherwise give fewer rows.
    """
    _unpack(body, _pieces)


def unpack_start(body: Path) -> None:
    """Do the same with a body that is known to be cut, as far as it goes, and no farther than need.

    The last few of its bytes are lost.
    """
    _unpack(body, _first_pieces)


def _unpack(body: Path, pieces: Callable[[Path, Compression], Iterator[bytes]]) -> None:
    for _ in range(_MOST_LAYERS):
        compression = _compression_of(body)
        if compression is Compression.NONE:
            return
        plain = body.with_name(f"{body.name}.plain")
        plain.unlink(missing_ok=True)
        write(plain, pieces(body, compression))
        plain.replace(body)


def _compression_of(body: Path) -> Compression:
    with body.open("rb") as stream:
        start = stream.read(4)
    found = (known for beginning, known in _BEGINNINGS.items() if start.startswith(beginning))
    return next(found, Compression.NONE)


def _pieces(body: Path, compression: Compression) -> Iterator[bytes]:
    try:
        yield from unpacked(body, compression)
    except DAMAGE as error:
        raise Setback(f"its compressed body is cut short or damaged ({error})") from error


def _first_pieces(body: Path, compression: Compression) -> Iterator[bytes]:
    size = 0
    with suppress(*DAMAGE):
        for piece in unpacked(body, compression):
            yield piece
            size += len(piece)
            if size >= _FIRST:
                return
