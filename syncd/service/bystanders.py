"""What is at the remote and none of ours: the first of it is told, and all of it counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.audit import Finding, FindingKind

MOST: Final = 10_000
"""How many are told one by one; an account may hold millions that others look after."""
_KINDS: Final = frozenset({FindingKind.FOREIGN, FindingKind.MANAGED, FindingKind.INCOMPLETE})


@dataclass(slots=True)
class Bystanders:
    """Sorts out what has no row and was never written: the first of it is told, the rest counted.

    Pairs whose halves differ are all told.
    """

    beyond: Counter[FindingKind] = field(default_factory=Counter)
    _told: set[ItemId] = field(default_factory=set)

    def of_items(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Give those to tell, of findings about items that come once each."""
        for one in findings:
            if self._is_told(one):
                yield one
            else:
                self.beyond[one.kind] += 1

    def of_pairs(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Give those to tell, of findings about pairs, whose items have been counted before."""
        for one in findings:
            was_told, has_item = one.id in self._told, one.observed is not None
            if self._is_told(one):
                if has_item and not was_told and _is_bystander(one):
                    self.beyond[one.kind] -= 1
                yield one
            elif not has_item:
                self.beyond[one.kind] += 1

    def _is_told(self, finding: Finding) -> bool:
        if not _is_bystander(finding) or finding.id in self._told:
            return True
        if not finding.unequal and len(self._told) >= MOST:
            return False
        self._told.add(finding.id)
        return True


def _is_bystander(finding: Finding) -> bool:
    return finding.state is None and finding.written is None and finding.kind in _KINDS
