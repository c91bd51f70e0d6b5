"""The merchant's catalog: rows, what of them is mapped and filtered, and every read of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from syncd.data import load_rule_book
from syncd.domain.attributes import (
    FROM_THE_GROUP,
    ITEM_ATTRIBUTES,
    Attribute,
    Attributes,
    ItemId,
    Value,
    wants_sku,
)
from syncd.domain.canonical import Breach, wanted
from syncd.domain.snapshot import CatalogRow, Defect, Scope
from syncd.errors import CatalogError, SuspectCatalogError
from syncd.ports import Advance, Clock, Snapshot, unseen
from tests.fakes.catalog import FakeCatalog

RULES: Final = load_rule_book()
CUT_SHORT: Final = "its last record has no end"
JOIN_CUT: Final = "erp: its last record has no end"
GONE: Final = CatalogError("catalog.csv", "it is not there", "Put it back")
EMPTY: Final = SuspectCatalogError("catalog.csv", "it has no rows", "Export it again")
STRAY: Final = CatalogRow(None, None, {}, row=99, defect=Defect("id", "", "it must not be empty"))
ALL: Final = frozenset(ITEM_ATTRIBUTES)
OF_PAIRS: Final = ALL | {Attribute.NAME, Attribute.TAX_CODE, Attribute.DESCRIPTION}
NEEDED: Final = frozenset({Attribute.PART_NUMBER})
NEEDED_BY_PAIRS: Final = NEEDED | FROM_THE_GROUP | {Attribute.NAME}
IDS: Final = tuple(f"sku-{number:02}" for number in range(30))
"""The ids that rows and items bear."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record before mapping and filter; a repeated one stands in two rows."""

    part_number: str
    country_of_origin: str = "DK"
    eccn: str = "EAR99"
    hs_code: str | None = "6404.20"
    manufacturer_id: str | None = "acme"
    allow_oversell: str | None = "false"
    name: str | None = "Shoe"
    tax_code: str | None = "5300.1"
    description: str | None = None
    physical: bool = True
    repeated: bool = False

    def texts(self, mapped: frozenset[Attribute]) -> dict[Attribute, str | None]:
        return {name: getattr(self, name.key) for name in Attribute if name in mapped}


@dataclass(frozen=True, slots=True)
class Read:
    """One time that syncd looked at all of the catalog."""

    identity: str
    meaning: str
    at: datetime
    elapsed: float
    complete: bool
    ids: frozenset[str]
    deleted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Meaning:
    """The configuration's half of what rows mean."""

    mapped: frozenset[Attribute] = ALL
    physical_only: bool = True
    edition: int = 1

    @property
    def needed(self) -> frozenset[Attribute]:
        """What no mapping may be without."""
        return NEEDED_BY_PAIRS if Attribute.NAME in self.mapped else NEEDED

    @property
    def mapping(self) -> str:
        return "+".join(sorted(self.mapped))

    def __str__(self) -> str:
        return f"{self.mapping}|{self.physical_only}|{self.edition}"


class WatchedCatalog(FakeCatalog):
    """Notes every read; `noted` only grows."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.noted: list[Read] = []
        self._clock = clock

    @property
    def edition(self) -> tuple[int, int, str]:
        """Differs whenever somebody has touched the file, or its meaning."""
        return self.touched, self.brushed, self.meaning

    @contextmanager
    def read(self, since: str | None, advance: Advance = unseen) -> Iterator[Snapshot]:
        with super().read(since, advance) as snapshot:
            self._note(since if snapshot.scope is Scope.CHANGES else None)
            yield snapshot

    def _note(self, since: str | None) -> None:
        """Remember what somebody could see of the catalog at this moment."""
        recent = frozenset(self.rows) if since is None else self.recent(since)
        self.noted.append(
            Read(
                self.position().identity or f"read-{len(self.noted)}",
                self.meaning,
                self._clock.now(),
                asyncio.get_running_loop().time(),
                complete=since is None and not self.doubts and self.error is None,
                ids=frozenset(recent & self.rows.keys()),
                deleted=frozenset() if since is None else frozenset(recent & self.deleted),
            )
        )


def _lacking_nowhere(read: Attributes) -> frozenset[Attribute]:
    return NEEDED_BY_PAIRS if wants_sku(read) else NEEDED & read.keys()


class Shelf:
    """What the merchant does with the catalog; `publish` writes the file anew.

    One that `joins` has its HS codes from a second source, which has `lost` the rows of some ids,
    and, where it `is_cut`, is seen not to be whole.
    """

    def __init__(self, clock: Clock) -> None:
        self.source = WatchedCatalog(clock)
        self.rows: dict[str, Row] = {}
        self.meaning = Meaning()
        self.joins = False
        self.lost: set[str] = set()
        self.is_cut = False

    def mean_pairs(self, *, are_kept: bool) -> None:
        """Let the mapping be one of pairs, or of items alone."""
        self.meaning = replace(self.meaning, mapped=OF_PAIRS if are_kept else ALL)

    @property
    def may_be_mapped(self) -> frozenset[Attribute]:
        """What the mapping may have, and may do without."""
        return (OF_PAIRS if Attribute.NAME in self.meaning.mapped else ALL) - self.meaning.needed

    def put(self, item: str, **changed: Any) -> None:  # noqa: ANN401 - `replace` checks them
        """Add a row, or change one."""
        known = self.rows.get(item) or Row(f"P-{item}")
        self.rows[item] = replace(known, **changed)

    def drop(self, item: str) -> None:
        self.rows.pop(item, None)

    def publish(self) -> None:
        """Write the file anew, with whatever the rows and their meaning are now."""
        source, rows = self.source, self._selected()
        before = dict(source.rows), source.repeated | source.lacking
        source.rows = {item: self._texts(item, row) for item, row in sorted(rows.items())}
        source.repeated = {item for item, row in rows.items() if row.repeated}
        self._join()
        self._date(*before)
        source.meaning = str(self.meaning)
        if source.error in {None, EMPTY}:
            source.error = None if source.rows else EMPTY
        source.rewrite()

    def lose(self, items: Iterable[str], *, is_cut: bool) -> None:
        """Take rows out of the source that is joined."""
        self.lost |= set(items)
        self.is_cut = self.is_cut or is_cut
        if is_cut:
            self.source.doubts = (*self.source.doubts, JOIN_CUT)

    def _texts(self, item: str, row: Row) -> dict[Attribute, str | None]:
        texts = row.texts(self.meaning.mapped)
        if item in self.lost and Attribute.HS_CODE in texts:
            texts[Attribute.HS_CODE] = None
        return texts

    def _join(self) -> None:
        source = self.source
        if self.joins:
            source.joined = {"erp": len(self.rows.keys() - self.lost)}
        is_looked_up = self.is_cut and Attribute.HS_CODE in self.meaning.mapped
        source.lacking = self.lost & source.rows.keys() if is_looked_up else set()

    def _date(self, before: Mapping[str, Mapping[Attribute, str | None]], broken: set[str]) -> None:
        """Let the source know what has changed, as one that can tell knows it."""
        source, again = self.source, (self.source.repeated | self.source.lacking) ^ broken
        for item in sorted(source.rows.keys() | before.keys()):
            if source.rows.get(item) != before.get(item) or item in again:
                source.history.append(item)
        source.deleted |= before.keys() - source.rows.keys()
        source.deleted -= source.rows.keys()

    def mean(self, meaning: Meaning) -> None:
        """Change mapping or filter: the file is not touched."""
        self.meaning = meaning
        touched = self.source.touched
        self.publish()
        self.source.touched = touched

    def mend(self) -> None:
        """End whatever keeps a read from being whole."""
        self.source.doubts, self.source.strays, self.source.error = (), [], None
        self.source.restless = self.is_cut = False
        self.lost.clear()

    def wish(self, item: str) -> Attributes | None:
        """What a row asks for in canonical form, None where it is unusable."""
        read: dict[Attribute, Value] = {}
        if item in self.source.repeated | self.source.lacking:
            return None
        for attribute, text in self.source.rows[item].items():
            value = wanted(attribute, text, RULES)
            if isinstance(value, Breach):
                return None
            read[attribute] = value
        return None if any(read[one] is None for one in _lacking_nowhere(read)) else read

    def wishes(self) -> dict[ItemId, Attributes | None]:
        return {ItemId(item): self.wish(item) for item in self.source.rows}

    def _selected(self) -> dict[str, Row]:
        """The rows after the filter."""
        only = self.meaning.physical_only
        return {item: row for item, row in self.rows.items() if row.physical or not only}
