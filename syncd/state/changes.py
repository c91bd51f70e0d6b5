"""Changes and approvals as documents: compact JSON, whose bytes depend on the values alone."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import orjson

from syncd.domain.approval import Approval
from syncd.domain.attributes import AttributeChange, ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.cycle import CycleId, Guard
from syncd.state.codec import LETTERS, attribute_of

_NAME_SIZE: Final = 16
_PIECE: Final = 512
"""How many changes a piece has on average."""
_FAST: Final = 1
"""The compression that halves the time for a million changes and costs a tenth of the space."""

_Record: TypeAlias = list[Any]


def pieces(changes: Sequence[Change]) -> Iterator[bytes]:
    """The changes in their order, cut into documents that two similar plans share.

    An id alone decides whether a piece ends with it, so that one change more, less or different
    makes one piece another.
    """
    piece: list[_Record] = []
    for change in changes:
        piece.append(_record(change))
        if zlib.crc32(change.id.encode()) % _PIECE == 0:
            yield _document(piece)
            piece = []
    if piece:
        yield _document(piece)


def table_of_contents(names: Sequence[str]) -> bytes:
    """The names of a plan's pieces, as a document."""
    return _document(names)


def name_of(document: bytes) -> str:
    """What this document is kept under, and no other."""
    return hashlib.blake2b(document, digest_size=_NAME_SIZE).hexdigest()


def compressed(document: bytes) -> bytes:
    """As it is stored."""
    return zlib.compress(document, _FAST)


def names_from(stored: bytes) -> list[str]:
    """Reverse `table_of_contents` and `compressed`."""
    names: list[str] = orjson.loads(zlib.decompress(stored))
    return names


def changes_from(stored: bytes) -> list[Change]:
    """Reverse `compressed` for one of the `pieces`."""
    return [_change(record) for record in orjson.loads(zlib.decompress(stored))]


def change_text(change: Change) -> str:
    """One change alone."""
    return orjson.dumps(_record(change)).decode()


def change_from(text: str) -> Change:
    """Reverse `change_text`."""
    return _change(orjson.loads(text))


def approval_text(approval: Approval) -> str:
    """All but the expiry, which has a column of its own."""
    document = {
        "change": _record(approval.change),
        "guards": sorted(approval.guards),
        "cycle": approval.cycle,
    }
    return orjson.dumps(document).decode()


def approval_from(text: str, expires: datetime) -> Approval:
    """Reverse `approval_text`."""
    document = orjson.loads(text)
    return Approval(
        change=_change(document["change"]),
        guards=frozenset(map(Guard, document["guards"])),
        cycle=CycleId(document["cycle"]),
        expires=expires,
    )


def _document(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _record(change: Change) -> _Record:
    values = {
        LETTERS[attribute]: [one.known, one.desired] for attribute, one in change.attributes.items()
    }
    record = [change.id, change.action, change.revision, change.resource, values]
    return record if change.then is None else [*record, _record(change.then)]


def _change(record: _Record) -> Change:
    id_, action, revision, resource, values, *then = record
    return Change(
        id=ItemId(id_),
        action=Action(action),
        revision=revision,
        attributes={
            attribute_of(letter): AttributeChange(known, desired)
            for letter, (known, desired) in values.items()
        },
        resource=Resource(resource),
        then=_change(then[0]) if then else None,
    )
