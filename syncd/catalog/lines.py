"""A first look at the raw bytes of a text file: how many lines, which ends, and what is odd.

DuckDB's CSV reader was seen to lose records in silence: read by several threads where a value has
a line end, or where a record was rejected, and after a quote that is never closed. So the lines are
counted here on their own, in a few passes over each piece that run in C, and compared with what
came out of the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_LF: Final = b"\n"
_CR: Final = b"\r"
_TAIL: Final = 1 << 12
_RARE_BREAKS: Final = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""What ends a line for some programs beside LF and CR, as `str.splitlines` knows it."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What the bytes of one file show.

    `line_feeds` counts all, `outside` those that no quotes enclose, so that end a line. A quote
    that opens no value, such as an inch mark, throws that count off: then it proves nothing.
    """

    size: int
    line_feeds: int
    outside: int
    carriage_returns: int
    pairs: int
    has_nul: bool
    open_quote: bool
    tail: bytes
    rare_breaks: frozenset[str] = frozenset()

    @property
    def breaks_inside(self) -> frozenset[str]:
        """Which characters break lines inside values, or may do so."""
        feeds = {"\n"} if self.encloses_line_ends else set()
        stray = self.carriage_returns != self.pairs
        returns = {"\r"} if stray or (feeds and self.carriage_returns) else set()
        return self.rare_breaks | feeds | returns

    @property
    def ends_with_line_end(self) -> bool:
        """Whether the last byte ends a line."""
        return self.tail.endswith(_LF)

    @property
    def encloses_line_ends(self) -> bool:
        """Whether values go over several lines."""
        return self.outside != self.line_feeds or self.open_quote

    @property
    def uniform(self) -> bool:
        """Whether all lines end alike, with LF or with CR LF, also those inside values."""
        return not self.carriage_returns or self.pairs == self.carriage_returns == self.line_feeds

    @property
    def records(self) -> int:
        """How many records the lines make, where empty ones stand at the end alone."""
        if self.open_quote:
            return self.outside + 1
        bare = self.tail.replace(_CR, b"")
        empty = len(bare) - len(bare.rstrip(_LF)) - 1 if self.ends_with_line_end else 0
        return self.outside - max(empty, 0) + (0 if self.ends_with_line_end else 1)


def look_at(pieces: Iterable[bytes], encloser: str) -> Lines:
    """Count what matters in a file's bytes; `encloser` is its quote character, or empty."""
    look = _Look(encloser.encode())
    for piece in pieces:
        look.at(piece)
    return look.lines()


class _Look:
    def __init__(self, quote: bytes) -> None:
        self._quote = quote
        self._unremarkable = bytes(set(range(256)) - set(b"\n\r\0\v\f\x1c\x1d\x1e" + quote))
        self._size = self._line_feeds = self._outside = self._carriage_returns = self._pairs = 0
        self._has_nul = self._open = False
        self._tail = b""
        self._rare = {mark: mark.encode() for mark in _RARE_BREAKS}
        self._breaks: set[str] = set()

    def at(self, piece: bytes) -> None:
        marks = piece.translate(None, self._unremarkable)
        self._size += len(piece)
        self._line_feeds += marks.count(_LF)
        self._outside += self._count_outside(marks)
        self._has_nul = self._has_nul or b"\0" in marks
        self._find_breaks(piece, marks)
        if _CR in marks or self._tail.endswith(_CR):
            self._carriage_returns += marks.count(_CR)
            straddling = self._tail.endswith(_CR) and piece.startswith(_LF)
            self._pairs += piece.count(b"\r\n") + straddling
        self._tail = (self._tail + piece)[-_TAIL:] if len(piece) < _TAIL else piece[-_TAIL:]

    def _find_breaks(self, piece: bytes, marks: bytes) -> None:
        """Look for each break that was not found yet, those beyond ASCII only where they can be."""
        ascii_only = piece.isascii()
        for character, mark in list(self._rare.items()):
            if len(mark) == 1:
                found = mark in marks
            else:
                found = not ascii_only and (mark in piece or mark in self._tail[-2:] + piece[:2])
            if found:
                self._breaks.add(character)
                del self._rare[character]

    def _count_outside(self, marks: bytes) -> int:
        """Leave out line feeds between quotes; quotes with none between them cancel out."""
        if not self._quote:
            return marks.count(_LF)
        parts = marks.replace(self._quote * 2, b"").split(self._quote)
        first = 1 if self._open else 0
        self._open ^= len(parts) % 2 == 0
        return sum(part.count(_LF) for part in parts[first::2])

    def lines(self) -> Lines:
        return Lines(
            size=self._size,
            line_feeds=self._line_feeds,
            outside=self._outside,
            carriage_returns=self._carriage_returns,
            pairs=self._pairs,
            has_nul=self._has_nul,
            open_quote=self._open,
            tail=self._tail,
            rare_breaks=frozenset(self._breaks),
        )


def with_line_feeds(pieces: Iterable[bytes], encloser: str, stray: bytes) -> Iterator[bytes]:
    """Let every line outside of quotes end with LF alone; values stay as they are.

    A carriage return there that no line feed follows becomes `stray`, another white space, for no
    reader agrees with another about it.
    """
    quote = encloser.encode()
    is_open, held = False, b""
    for piece in pieces:
        text = held + piece
        held = _CR if text.endswith(_CR) else b""
        parts = text.removesuffix(_CR).split(quote) if quote else [text.removesuffix(_CR)]
        for index in range(1 if is_open else 0, len(parts), 2):
            parts[index] = parts[index].replace(b"\r\n", _LF).replace(_CR, stray)
        is_open ^= len(parts) % 2 == 0
        yield quote.join(parts)
    yield held if is_open else held.replace(_CR, stray)
