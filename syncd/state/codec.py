"""Between the domain's values and what stands in a row: text, integers and NULL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypeAlias

import orjson

from syncd.domain.attributes import Attribute, Attributes, ItemId, Value
from syncd.domain.change import Resource
from syncd.domain.cycle_id import CycleId
from syncd.domain.delivery import Failure
from syncd.domain.tracking import Delivery, Held, Missing, Ownership, Reverted, SkuState, Tracked
from syncd.engine.wishes import Wishes

Stored: TypeAlias = str | int | None
SkuRow: TypeAlias = tuple[Stored, ...]
"""One row of the table `sku`, in the order of its columns."""
BegunRow: TypeAlias = tuple[str, int, str]
"""Id, fingerprint and wish of a row that has just begun; in all else such rows are alike."""
BEGUN: Final = ("id", "fingerprint", "desired")
"""The columns of a `BegunRow`, in the order in which the table has them."""

LETTERS: Final = {
    Attribute.MANUFACTURER_ID: "m",
    Attribute.PART_NUMBER: "p",
    Attribute.COUNTRY_OF_ORIGIN: "c",
    Attribute.ECCN: "e",
    Attribute.HS_CODE: "h",
    Attribute.ALLOW_OVERSELL: "o",
    Attribute.NAME: "n",
    Attribute.TAX_CODE: "t",
    Attribute.DESCRIPTION: "d",
    Attribute.IMAGE: "i",
    Attribute.URL: "u",
    Attribute.WEIGHT: "w",
    Attribute.WEIGHT_UNIT: "k",
    Attribute.SKU_GROUP_ID: "g",
    Attribute.ITEM_BREADCRUMB: "b",
    Attribute.METADATA: "a",
}
"""How the attributes are called in a row, where every byte counts a million times."""

SAME: Final = "="
"""What stands for `known` where it equals `desired`, as it does in nearly every row."""

_BAR: Final = "/"
_SETS_AT_HAND: Final = 4_096
"""There are 64 sets of an item's attributes, and a catalog uses few of them."""
_REVERTED: Final = "reverted"
HAS_REVERTED: Final = f'"{_REVERTED}":'
"""What the document of `held` contains where a revert holds; within a text, quotes are escaped."""
_BY_LETTER: Final = {letter: attribute for attribute, letter in LETTERS.items()}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# A row's words as plain text: a database driver takes a detour for every subclass of str.
_STATES: Final = {state: str(state.value) for state in SkuState}
_OWNERSHIPS: Final = {ownership: str(ownership.value) for ownership in Ownership}
_DELIVERIES: Final = {delivery: str(delivery.value) for delivery in Delivery}


def moment_of(moment: datetime) -> int:
    """Whole microseconds since 1970; `moment` must bear its time zone."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_from(stored: int) -> datetime:
    """The moment, in UTC."""
    return _EPOCH + timedelta(microseconds=stored)


def attributes_text(attributes: Attributes) -> str:
    """Compact JSON by the letters of the attributes."""
    return orjson.dumps(letters(attributes)).decode()


def letters(attributes: Attributes) -> dict[str, Value]:
    """The values by the letters of their attributes."""
    return {LETTERS[attribute]: value for attribute, value in attributes.items()}


def wish_texts(wishes: Wishes) -> Iterator[str]:
    """The same of many wishes."""
    names = [LETTERS[attribute] for attribute in wishes.desired]
    return (
        orjson.dumps(dict(zip(names, values, strict=True))).decode() for values in wishes.values()
    )


def attributes_from(text: str) -> dict[Attribute, Value]:
    """Reverse `attributes_text`."""
    return {_BY_LETTER[letter]: value for letter, value in orjson.loads(text).items()}


def attribute_of(letter: str) -> Attribute:
    """Reverse `LETTERS`."""
    return _BY_LETTER[letter]


def failure_text(failure: Failure) -> str:
    """Compact JSON by the names of the fields."""
    return orjson.dumps(failure).decode()


def failure_from(text: str) -> Failure:
    """Reverse `failure_text`."""
    return Failure(**orjson.loads(text))


def sku_row(sku: Tracked) -> SkuRow:
    """Encode one row; the tests hold its order against the table's columns."""
    desired = None if sku.desired is None else attributes_text(sku.desired)
    missing = sku.missing
    return (
        sku.id,
        _STATES[sku.state],
        sku.fingerprint,
        desired,
        _known_text(sku, desired),
        _sent_text(sku.sent, sku.sent_sku),
        _OWNERSHIPS[sku.ownership],
        _DELIVERIES[sku.delivery],
        sku.revision,
        _held_text(sku),
        None if missing is None else moment_of(missing.since),
        None if missing is None else missing.read,
        None if sku.quarantine is None else failure_text(sku.quarantine),
        None if sku.quarantined_since is None else moment_of(sku.quarantined_since),
        sku.foreign_reason,
        sku.attempts,
        None if sku.next_attempt is None else moment_of(sku.next_attempt),
        None if sku.last_error is None else failure_text(sku.last_error),
        None if sku.known_sku is None else attributes_text(sku.known_sku),
        sku.lost_sku,
        None if sku.open_half is None else sku.open_half.value,
    )


def alike(row: SkuRow) -> SkuRow:
    """What a row that has just begun shares with all others that have, in their order."""
    _, state, _, _, *others = row
    return (state, *others)


def begun_rows(shared: SkuRow, begun: Iterable[BegunRow]) -> Iterator[SkuRow]:
    """Whole rows of what is their own and what they share."""
    state, *others = shared
    return ((id_, state, fingerprint, desired, *others) for id_, fingerprint, desired in begun)


def tracked_from(row: Sequence[Any]) -> Tracked:
    """Decode one row; the state's word is left out, for the values say it."""
    # fmt: off
    (id_, _, fingerprint, desired_text, known_text, sent, ownership, delivery, revision,
     held, missing_since, missing_read, quarantine, quarantined_since, foreign_reason,
     attempts, next_attempt, last_error, known_sku, lost_sku, open_half) = row
    # fmt: on
    desired = _optional_attributes(desired_text)
    unusable, reverted = _held_from(held)
    sent_item, sent_sku = sent_from(sent)
    return Tracked(
        id=ItemId(id_),
        fingerprint=fingerprint,
        desired=desired,
        known=desired if known_text == SAME else _optional_attributes(known_text),
        sent=sent_item,
        ownership=Ownership(ownership),
        delivery=Delivery(delivery),
        revision=revision,
        held=unusable,
        missing=_missing_from(missing_since, missing_read),
        quarantine=None if quarantine is None else failure_from(quarantine),
        quarantined_since=optional_moment(quarantined_since),
        foreign_reason=foreign_reason,
        attempts=attempts,
        next_attempt=optional_moment(next_attempt),
        last_error=None if last_error is None else failure_from(last_error),
        reverted=reverted,
        known_sku=_optional_attributes(known_sku),
        sent_sku=sent_sku,
        lost_sku=bool(lost_sku),
        open_half=None if open_half is None else Resource(open_half),
    )


@lru_cache(_SETS_AT_HAND)
def sent_from(text: str | None) -> tuple[frozenset[Attribute], frozenset[Attribute]]:
    """The attributes whose known value syncd has sent: the item's, and the SKU's."""
    item, _, sku = (text or "").partition(_BAR)
    return _by_letters(item), _by_letters(sku)


def optional_moment(stored: int | None) -> datetime | None:
    """The moment in UTC, None where there was none."""
    return None if stored is None else moment_from(stored)


def tracked_by_id(rows: Iterable[Sequence[Any]]) -> dict[ItemId, Tracked]:
    """Decode many rows."""
    return {sku.id: sku for sku in map(tracked_from, rows)}


def _held_text(sku: Tracked) -> str | None:
    """Both reasons to hold a row as one document; an unusable row's fields stand as they are."""
    held, reverted = sku.held, sku.reverted
    if reverted is None:
        return None if held is None else orjson.dumps(held).decode()
    wish = None if reverted.wish is None else attributes_text(reverted.wish)
    document = {} if held is None else asdict(held)
    document[_REVERTED] = {"cycle": reverted.cycle, "wish": wish}
    if reverted.keeps_sku:
        document[_REVERTED]["keeps_sku"] = True
    return orjson.dumps(document).decode()


def _held_from(text: str | None) -> tuple[Held | None, Reverted | None]:
    if text is None:
        return None, None
    document = orjson.loads(text)
    reverted = document.pop(_REVERTED, None)
    held = Held(**document) if document else None
    if reverted is None:
        return held, None
    wish, keeps_sku = _optional_attributes(reverted["wish"]), reverted.get("keeps_sku", False)
    return held, Reverted(CycleId(reverted["cycle"]), wish, keeps_sku)


def _known_text(sku: Tracked, desired: str | None) -> str | None:
    if sku.known is None:
        return None
    if desired is not None and sku.known == sku.desired:
        return SAME
    return attributes_text(sku.known)


def _optional_attributes(text: str | None) -> dict[Attribute, Value] | None:
    return None if text is None else attributes_from(text)


@lru_cache(_SETS_AT_HAND)
def _sent_text(item: frozenset[Attribute], sku: frozenset[Attribute]) -> str | None:
    """The letters of both halves, those of the SKU behind a bar where there are any."""
    halves = ["".join(sorted(LETTERS[attribute] for attribute in half)) for half in (item, sku)]
    return (_BAR.join(halves) if sku else halves[0]) or None


def _by_letters(letters: str) -> frozenset[Attribute]:
    return frozenset(_BY_LETTER[letter] for letter in letters)


def _missing_from(since: int | None, read: int | None) -> Missing | None:
    if since is None or read is None:
        return None
    return Missing(moment_from(since), read)
