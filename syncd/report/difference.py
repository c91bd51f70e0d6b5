"""Where two values differ, so that every format can mark it inside them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile


@dataclass(frozen=True, slots=True)
class Difference:
    """Two texts in three parts each: a shared head, what differs, a shared tail."""

    head: str
    old: str
    new: str
    tail: str


def difference(old: str, new: str) -> Difference:
    """Split two texts at what they share, unless that is less than half of the longer one.

    So `6404.20` and `6404.11` differ in their last two digits, and `DK` and `CA` wholly.
    """
    head = _shared(old, new)
    rest_old, rest_new = old[len(head) :], new[len(head) :]
    tail = _shared(rest_old[::-1], rest_new[::-1])[::-1]
    if 2 * (len(head) + len(tail)) < max(len(old), len(new)):
        return Difference("", old, new, "")
    return Difference(head, rest_old.removesuffix(tail), rest_new.removesuffix(tail), tail)


def _shared(one: str, other: str) -> str:
    pairs = zip(one, other, strict=False)
    return "".join(left for left, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
