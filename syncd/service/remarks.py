"""Remarks about SKUs, grouped by what they say: how many SKUs, and a few of them."""

from __future__ import annotations

from collections import Counter
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.counting import counted

EXAMPLES: Final = 3
MOST_SENTENCES: Final = 20


class Remarks:
    """Gathers remarks one by one; a remark is a clause without its full stop."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[ItemId]] = {}

    def add(self, remark: str, item: ItemId) -> None:
        """Take in that this can be said of this SKU."""
        self._counts[remark] += 1
        examples = self._examples.setdefault(remark, [])
        if len(examples) < EXAMPLES:
            examples.append(item)

    def sentences(self) -> tuple[str, ...]:
        """One sentence for each remark, the most frequent first; past some, only their number."""
        told = self._counts.most_common(MOST_SENTENCES)
        sentences = [self._sentence(remark, count) for remark, count in told]
        left = len(self._counts) - len(told)
        if left:
            skus = self._counts.total() - sum(count for _, count in told)
            sentences.append(f"{left:,} more remarks like these concern {counted(skus, 'SKU')}.")
        return tuple(sentences)

    def _sentence(self, remark: str, count: int) -> str:
        examples = ", ".join(self._examples[remark])
        such_as = "such as " if count > EXAMPLES else ""
        return f"{remark} ({counted(count, 'SKU')}: {such_as}{examples})."
