"""A checksum beside a file, `catalog.csv.sha256`, that vouches for every one of its bytes."""

from __future__ import annotations

import hashlib
import re
from enum import Enum, auto
from typing import Final

from syncd.catalog.files import CatalogFile, chunks
from syncd.catalog.watching import moving
from syncd.ports import Advance

_LINE: Final = re.compile(rb"\s*\\?([0-9a-fA-F]{64})(?:\s|$)")
_LONGEST: Final = 4096


class Vouching(Enum):
    """What the checksum file says of its file."""

    ABSENT = auto()
    MATCHES = auto()
    DIFFERS = auto()
    UNREADABLE = auto()


def vouching_of(file: CatalogFile, advance: Advance) -> Vouching:
    """Compare the file's SHA-256 with the one beside it, in the format that `sha256sum` writes."""
    if file.sidecar is None:
        return Vouching.ABSENT
    promised = _LINE.match(next(chunks(file.sidecar_path, _LONGEST), b""))
    if promised is None:
        return Vouching.UNREADABLE
    digest = hashlib.sha256()
    for chunk in moving(chunks(file.path), advance):
        digest.update(chunk)
    same = digest.hexdigest() == promised.group(1).decode().lower()
    return Vouching.MATCHES if same else Vouching.DIFFERS
