"""What the catalog wishes for many SKUs at once, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import compress
from operator import itemgetter

from syncd.domain.attributes import Attribute, ItemId, Value
from syncd.domain.canonical import WARNED, warner
from syncd.domain.rules import RuleBook
from syncd.domain.tracking import Tracked
from syncd.engine.absorb import first_seen


@dataclass(frozen=True, slots=True)
class Wishes:
    """Ids, and what is wished for each: each column of `desired` has a value for each id.

    There is one column at least, for no catalog is without a part number.
    """

    ids: Sequence[ItemId]
    fingerprints: Sequence[int]
    desired: Mapping[Attribute, Sequence[Value]]

    def __len__(self) -> int:
        return len(self.ids)

    def without(self, places: AbstractSet[int]) -> Wishes:
        """All but those at these places, which count from 0."""
        kept = [place not in places for place in range(len(self))]
        return Wishes(
            list(compress(self.ids, kept)),
            list(compress(self.fingerprints, kept)),
            {attribute: list(compress(each, kept)) for attribute, each in self.desired.items()},
        )

    def values(self) -> Iterator[tuple[Value, ...]]:
        """Give the values of each id in the order of the columns."""
        return zip(*self.desired.values(), strict=True)

    def tracked(self, revision: int = 0) -> Iterator[Tracked]:
        """Give the row of each id as it begins after this revision, where it has none so far."""
        for id, fingerprint, values in zip(self.ids, self.fingerprints, self.values(), strict=True):
            wish = dict(zip(self.desired, values, strict=True))
            yield first_seen(id, fingerprint, wish, revision)


def warned(wishes: Wishes, rules: RuleBook) -> list[tuple[ItemId, str]]:
    """What deserves a look in these wishes, as `warnings` tells it of each, in their order."""
    found: list[tuple[int, str]] = []
    for attribute in WARNED:
        column, warn = wishes.desired.get(attribute, ()), warner(attribute, rules)
        told = {
            value: words
            for value in set(column)
            if isinstance(value, str) and (words := warn(value)) is not None
        }
        if told:
            found += [(place, told[one]) for place, one in enumerate(column) if one in told]
    found.sort(key=itemgetter(0))
    return [(wishes.ids[place], words) for place, words in found]
