"""Held rows by rule and quarantined SKUs by code, the largest group first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from syncd.domain.cycle import QuarantinedSku
from syncd.domain.snapshot import HeldSku
from syncd.domain.tracking import Held

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Group(Generic[T]):
    """Everything that shares one reason."""

    reason: str
    members: tuple[T, ...]


def place_of(held: Held) -> str:
    """Say where a held row stands: `row 2`, or `row 2 of part-1.csv` among several files."""
    if held.row is None:
        return held.file or ""
    return f"row {held.row}" if held.file is None else f"row {held.row} of {held.file}"


def held_by_rule(held: Sequence[HeldSku]) -> list[Group[HeldSku]]:
    """Group held rows by attribute and rule, in the order of their rows."""
    ordered = sorted(held, key=lambda sku: (sku.held.file or "", sku.held.row or 0))
    return _grouped(ordered, _rule)


def quarantined_by_code(quarantined: Sequence[QuarantinedSku]) -> list[Group[QuarantinedSku]]:
    """Group quarantined SKUs by status, code and parameter."""
    return _grouped(quarantined, _refusal)


def _rule(sku: HeldSku) -> str:
    held = sku.held
    return f"{held.attribute}: {held.rule}" if held.attribute else held.rule


def _refusal(sku: QuarantinedSku) -> str:
    failure = sku.failure
    status = "" if failure.status is None else f"{failure.status} "
    parameter = f" on {failure.parameter}" if failure.parameter else ""
    return f"{status}{failure.code}{parameter}"


def _grouped(members: Iterable[T], reason: Callable[[T], str]) -> list[Group[T]]:
    by_reason: defaultdict[str, list[T]] = defaultdict(list)
    for member in members:
        by_reason[reason(member)].append(member)
    groups = [Group(reason, tuple(found)) for reason, found in by_reason.items()]
    return sorted(groups, key=lambda group: (-len(group.members), group.reason))
