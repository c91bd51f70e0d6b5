"""What may happen to the bytes of a catalog on their way, other than being cut."""

from __future__ import annotations

import re
from random import Random

_BAD = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\0")
_STRAY = (b'"', b"\n", b"\r", b"\r\n", b",", b"\xff", b"\0", b"{", b"}", b"\\")
_ID = re.compile(rb"SKU-[0-9]{2}")


def damaged(whole: bytes, chance: Random) -> bytes:
    """Spoil a byte, put one in, or lose a line end; no id becomes another by it.

    For an id that is another one, as good as any, is no broken read: nobody could tell.
    """
    ends = [at for at, byte in enumerate(whole[:-1]) if byte == ord("\n")]
    match chance.randrange(3 if ends else 2):
        case 0:
            at = chance.randrange(len(whole))
            return whole[:at] + chance.choice(_BAD) + whole[at + 1 :]
        case 1:
            stray = chance.choice(_STRAY)
            places = [at for at in range(len(whole) + 1) if not _makes_another(whole, at, stray)]
            at = chance.choice(places)
            return whole[:at] + stray + whole[at:]
        case _:
            at = chance.choice(ends)
            return whole[:at] + chance.choice((b"", b" ", b"\r", b",")) + whole[at + 1 :]


def _makes_another(whole: bytes, at: int, stray: bytes) -> bool:
    """Whether a character would become part of an id that it touches."""
    if not stray.decode(errors="replace").isprintable() or stray == b"\xff":
        return False
    touched = next((id for id in _ID.finditer(whole) if id.start() <= at <= id.end()), None)
    if touched is None:
        return False
    ends = (touched.start(), touched.end())
    ends_cells = stray == b"," and whole[:1] not in {b"[", b"{"}
    return not ((ends_cells and at in ends) or (stray == b'"' and at == touched.start()))
