"""Stored rows that take in another wish and nothing else: by columns, not by way of values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from syncd.domain.attributes import Attribute, Attributes, ItemId, differences
from syncd.domain.tracking import Ownership, SkuState, Tracked
from syncd.engine.wishes import Wishes
from syncd.state.census import Move
from syncd.state.codec import SAME, SkuRow, attributes_from, sent_from, sku_row, wish_texts

Stored: TypeAlias = Sequence[Any]
"""One row of the table `sku`, in the order of its columns."""

_BLANK: Final = sku_row(Tracked(ItemId("")))
_ID: Final = 0
_STATE: Final = 1
_DELIVERY: Final = 7
_OTHERS: Final = 9
"""Where the columns begin that are blank in a row of which nothing but its wish is to be told."""
_FOREIGN: Final = Ownership.FOREIGN.value
_IN_SYNC: Final = str(SkuState.IN_SYNC.value)
_PENDING: Final = str(SkuState.PENDING.value)


def revised(wishes: Wishes, stored: Mapping[str, Stored]) -> Iterator[tuple[ItemId, int, SkuRow]]:
    """Give ids with their fingerprints and rows, as `absorb` leaves those that are plain.

    Plain is a row of an item whose wish may simply be replaced: it is in the catalog and usable,
    nothing of it is open or failed, no revert holds it, and no SKU is known of it.
    """
    if Attribute.NAME in wishes.desired:  # a wish for a pair
        return
    texts = wish_texts(wishes)
    every = zip(wishes.ids, wishes.fingerprints, wishes.values(), texts, strict=True)
    for id_, fingerprint, values, text in every:
        row = stored.get(id_)
        if row is not None and _is_plain(row):
            wish = dict(zip(wishes.desired, values, strict=True))
            yield id_, fingerprint, _revised(row, fingerprint, wish, text)


def moves(rows: Iterable[SkuRow], stored: Mapping[str, Stored]) -> Iterator[Move]:
    """Tell from which state each of these rows goes to which; it stays whose it was."""
    return ((stored[str(row[_ID])][_STATE], str(row[_STATE])) for row in rows)


def _is_plain(row: Stored) -> bool:
    _, _, _, _, _, sent, ownership, delivery, _, *others = row
    is_blank = delivery == _BLANK[_DELIVERY] and tuple(others) == _BLANK[_OTHERS:]
    return is_blank and ownership != _FOREIGN and not sent_from(sent)[1]


def _revised(row: Stored, fingerprint: int, wish: Attributes, text: str) -> SkuRow:
    id_, state, _, desired, known, sent, ownership, delivery, revision, *others = row
    before = None if desired is None else attributes_from(desired)
    if before == wish:
        return (id_, state, fingerprint, *row[3:])
    if known is not None:
        values = before if known == SAME else attributes_from(known)
        is_equal = not differences(wish, values or {}, sent_from(sent)[0])
        known = SAME if values == wish else desired if known == SAME else known
        state = _IN_SYNC if is_equal else _PENDING
    else:
        state = _PENDING
    return (
        *(id_, state, fingerprint, text, known, sent, ownership, delivery, revision + 1),
        *others,
    )
