"""Takes a JSON array apart while it is read, so that it never has to fit into memory."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from syncd.catalog.from_http.documents import LARGEST, refuse_constant
from syncd.catalog.from_http.request import JsonValue
from syncd.catalog.from_http.setback import Setback

_WHITE: Final = re.compile(r"[ \t\r\n]*")
_AFTER_VALUES: Final = frozenset(" \t\r\n,]")
_CUT: Final = "its JSON array is not closed, so the body was cut short"


def elements(pieces: Iterable[bytes]) -> Iterator[JsonValue]:
    """Give the elements of an array; raises `Setback` where it is not closed, or none at all.

    Bytes that are no UTF-8 come as lone surrogates.
    """
    text = _Text(pieces)
    if text.take() != "[":
        raise Setback("its body does not begin with a JSON array")
    if text.peek() == "]":
        text.take()
    else:
        yield from _values(text)
    if text.take():
        raise Setback("its body goes on after the JSON array was closed")


def _values(text: _Text) -> Iterator[JsonValue]:
    mark = ","
    while mark == ",":
        yield text.value()
        mark = text.take()
    if mark != "]":
        raise Setback("its JSON array is damaged" if mark else _CUT)


class _Text:
    """The text as far as it was read, and how far it was taken."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._parser = json.JSONDecoder(parse_constant=refuse_constant)
        self._text = ""
        self._at = 0
        self._has_ended = False

    def take(self) -> str:
        """Take the next character that is no white space; empty at the end."""
        mark = self.peek()
        self._at += len(mark)
        return mark

    def peek(self) -> str:
        """Look at the next character that is no white space; empty at the end."""
        while True:
            white = _WHITE.match(self._text, self._at)
            self._at = white.end() if white else self._at
            if self._at < len(self._text) or not self._read_on():
                return self._text[self._at : self._at + 1]

    def value(self) -> JsonValue:
        """Take the next value, once all of it is there."""
        self.peek()
        while True:
            parsed = self._parsed()
            if parsed is not None and (self._ends_at(parsed[1]) or not self._read_on()):
                found, self._at = parsed
                return found
            if parsed is None and not self._read_on():
                raise Setback(_CUT)

    def _ends_at(self, place: int) -> bool:
        """Whether a value surely ends there: of a number, more may come with the next piece."""
        return self._text[place : place + 1] in _AFTER_VALUES

    def _parsed(self) -> tuple[JsonValue, int] | None:
        """Parse the value that begins here, with where it ends; None for what is not whole yet."""
        try:
            parsed: tuple[JsonValue, int] = self._parser.raw_decode(self._text, self._at)
        except ValueError:
            return None
        except RecursionError as error:
            raise Setback("its lists or objects are nested too deeply") from error
        return parsed

    def _read_on(self) -> bool:
        """Read as much again as is left, so that a long value is not parsed often; False for none.

        What was taken is dropped, and places count from what is left; where nothing more comes, all
        stays in its place.
        """
        left = self._text[self._at :]
        if len(left) > LARGEST:
            raise Setback(f"one record has more than {LARGEST // 1_000_000} MB, or is damaged")
        read, size = [left], 0
        while size <= len(left) and not self._has_ended:
            piece = next(self._pieces, None)
            self._has_ended = piece is None
            read.append(self._decoder.decode(piece or b"", final=piece is None))
            size += len(read[-1])
        if size:
            self._text, self._at = "".join(read), 0
        return size > 0
