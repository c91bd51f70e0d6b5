"""Writing down what a comparison found: wishes, held rows, and what is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, TypeAlias

from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.canonical import warnings
from syncd.domain.policy import Policy
from syncd.domain.row_block import RowBlock
from syncd.domain.rules import RuleBook
from syncd.domain.snapshot import CatalogRow, HeldSku, Reading, Scope
from syncd.domain.tracking import Held, Tracked
from syncd.engine.absorb import absorb, first_seen, gone, may_have_other_rows
from syncd.engine.forget import without_lasting_sku
from syncd.engine.reading import STRAYS_KEPT, Strays, changed_by
from syncd.engine.translate import Translator
from syncd.engine.wishes import Wishes, warned
from syncd.ports import Comparison, State, Transaction, every_row
from syncd.service.remarks import Remarks
from syncd.service.terms import CycleRequest, StoppedError
from syncd.service.write_back import write_back

_Block: TypeAlias = tuple[Wishes, Sequence[CatalogRow]]
"""The wishes of the rows that nothing stands against, and the others as they are."""
_KEPT: Final = 20_000
"""Rows whose wishes may be kept from the look at them until they are recorded: some megabytes."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who watches the read, and what there is to remark on its rows."""

    request: CycleRequest
    remarks: Remarks

    def advance(self, rows: int) -> None:
        """Go on, unless a stop was asked for: nothing of this read is recorded yet."""
        if self.request.stop.is_set():
            raise StoppedError("the cycle", "it was asked to stop", "Run it again")
        self.request.progress.advance(rows)


class Recorder:
    """Writes down, in one transaction, what a comparison found, and the reading itself."""

    def __init__(self, state: State, rules: RuleBook, policy: Policy, watch: Watch) -> None:
        self._state = state
        self._rules = rules
        self._policy = policy
        self._watch = watch
        self._translator = Translator(rules)

    def whole(self, comparison: Comparison, reading: Reading) -> Reading:
        """Record a read of everything; only one that counts makes anything missing."""
        new = _Blocks(comparison.new, self._translator)
        changed = _Blocks(comparison.changed, self._translator)
        if not comparison.knows_rows():
            self._seek_rows(new, changed)
        self._watch.request.progress.phase("recording what changed", None)
        with self._state.transaction() as transaction:
            begun = self._begun(transaction, new)
            revised = self._revised(transaction, changed)
            batches = chain(begun, revised, comparison.unusable())
            strays, _ = self._rows(transaction, batches, Scope.WHOLE)
            if reading.counts:
                for ids in comparison.missing():
                    self._gone(transaction, ids, reading, reading.complete_reads)
            reading = replace(reading, strays=tuple(strays.kept), stray_count=strays.count)
            transaction.record_reading(reading)
        return reading

    def _seek_rows(self, new: _Blocks, changed: _Blocks) -> None:
        """Have rows that may be held looked for now, for that may take a read of the catalog.

        A transaction that waited for it would keep events out of the state. One look finds them
        all, so the first block that asks for any is the last one to be seen.
        """
        for others in chain(new.seen(), changed.seen()):
            self._watch.advance(0)
            if others:
                return

    def changes(self, comparison: Comparison, reading: Reading) -> Reading:
        """Record changes; what the source calls deleted still has to be missed by whole reads."""
        self._watch.request.progress.phase("recording what changed", None)
        with self._state.transaction() as transaction:
            batches = every_row(comparison)
            strays, recorded = self._rows(transaction, batches, Scope.CHANGES)
            for ids in comparison.missing():
                recorded += self._gone(transaction, ids, reading, reading.complete_reads + 1)
            if recorded or strays.count:
                reading = changed_by(reading, strays)
            transaction.record_reading(reading)
        return reading

    def _rows(
        self, transaction: Transaction, batches: Iterable[Sequence[CatalogRow]], scope: Scope
    ) -> tuple[Strays, int]:
        """Record the rows; gives those without an id, and how many of the others were recorded."""
        strays, recorded = _Strays(), 0
        for rows in batches:
            wishes = strays.without_strays(rows, self._translator)
            recorded += _record_wishes(transaction, wishes, scope)
            self._remark(wishes)
            self._watch.advance(len(rows))
        return Strays(strays.kept, strays.count), recorded

    def _begun(
        self, transaction: Transaction, blocks: Iterable[_Block]
    ) -> Iterator[Sequence[CatalogRow]]:
        """Record new rows a block at a time; gives those that must be looked at one by one."""
        for wishes, others in blocks:
            if not transaction.begin(wishes):
                _record_wishes(transaction, _each(wishes), Scope.WHOLE)
            self._taken(wishes)
            yield others

    def _revised(
        self, transaction: Transaction, blocks: Iterable[_Block]
    ) -> Iterator[Sequence[CatalogRow]]:
        """Record changed rows a block at a time; gives those that must be looked at one by one."""
        for wishes, others in blocks:
            taken = transaction.revise(wishes)
            _record_wishes(transaction, _each(wishes, but=taken), Scope.WHOLE)
            self._taken(wishes)
            yield others

    def _taken(self, wishes: Wishes) -> None:
        for id, remark in warned(wishes, self._rules):
            self._watch.remarks.add(remark, id)
        self._watch.advance(len(wishes))

    def _gone(
        self, transaction: Transaction, ids: Sequence[ItemId], reading: Reading, read: int
    ) -> int:
        """Call ids missing since this complete read, which may be one that is still to come."""
        rows = [row for row in transaction.tracked(ids).values() if row.missing is None]
        left = (without_lasting_sku(row, self._policy) for row in rows)
        write_back(transaction, {row.id: gone(row, reading.at, read) for row in left})
        return len(rows)

    def _remark(self, wishes: Sequence[_Wish]) -> None:
        for one in wishes:
            if not isinstance(one.wish, Held):
                for warning in warnings(one.wish, self._rules):
                    self._watch.remarks.add(warning, one.id)


@dataclass(slots=True)
class _Blocks:
    """Blocks of rows as they are translated: what was seen of few of them is not made again."""

    give: Callable[[], Iterable[RowBlock]]
    translator: Translator
    _kept: list[_Block] | None = None

    def __iter__(self) -> Iterator[_Block]:
        if self._kept is None:
            return map(self.translator.translate_block, self.give())
        return iter(self._kept)

    def seen(self) -> Iterator[Sequence[CatalogRow]]:
        """Give of each block the rows that must be looked at one by one."""
        kept, rows = list[_Block](), 0
        for wishes, others in self:
            rows += len(wishes)
            if rows <= _KEPT:
                kept.append((wishes, others))
            yield others
        self._kept = kept if rows <= _KEPT else None


@dataclass(frozen=True, slots=True)
class _Wish:
    id: ItemId
    fingerprint: int | None
    wish: Attributes | Held

    def is_known_to(self, tracked: Tracked | None) -> bool:
        """Whether the row has been recorded just as it is, as one that is read over and over."""
        if tracked is None or tracked.missing is not None or self.fingerprint is None:
            return False
        return tracked.fingerprint == self.fingerprint

    def taken_in(self, tracked: Tracked | None, last_forgotten: int) -> Tracked:
        if tracked is None:
            return first_seen(self.id, self.fingerprint, self.wish, last_forgotten)
        return absorb(tracked, self.fingerprint, self.wish)


def _each(wishes: Wishes, but: AbstractSet[ItemId] = frozenset()) -> list[_Wish]:
    every = zip(wishes.ids, wishes.fingerprints, wishes.values(), strict=True)
    return [
        _Wish(id, fingerprint, dict(zip(wishes.desired, values, strict=True)))
        for id, fingerprint, values in every
        if id not in but
    ]


def _record_wishes(transaction: Transaction, wishes: Sequence[_Wish], scope: Scope) -> int:
    tracked = transaction.tracked([one.id for one in wishes])
    of_changes = scope is Scope.CHANGES
    known = {id for id, row in tracked.items() if of_changes and may_have_other_rows(row)}
    new = [
        one for one in wishes if one.id not in known and not one.is_known_to(tracked.get(one.id))
    ]
    last_forgotten = transaction.last_forgotten()
    transaction.put([one.taken_in(tracked.get(one.id), last_forgotten) for one in new])
    return len(new)


class _Strays:
    """Collects the held rows that have no id, and so no row in the change-tracking table."""

    def __init__(self) -> None:
        self.kept: list[HeldSku] = []
        self.count = 0

    def without_strays(self, rows: Sequence[CatalogRow], translator: Translator) -> list[_Wish]:
        wishes = []
        for row in rows:
            wish = translator.translate(row)
            if row.id is None:
                self._keep(wish)
            else:
                wishes.append(_Wish(row.id, row.fingerprint, wish))
        return wishes

    def _keep(self, wish: Attributes | Held) -> None:
        self.count += 1
        if isinstance(wish, Held) and len(self.kept) < STRAYS_KEPT:
            self.kept.append(HeldSku("", wish))
