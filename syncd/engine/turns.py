"""Whose turn it is: a fair order of changes, and a fair share of what may be under way at once."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, Plan

RESERVED: Final = 8
"""An eighth of all places is kept for each kind that has work, so that no other can take them."""


def in_turn(plan: Plan, retried: AbstractSet[ItemId]) -> Plan:
    """The plan in the order in which it is sent: what was never tried comes first.

    Otherwise ids come as if drawn by lot, but always alike: neighbours in a catalog are of one
    kind, and where one fails for good, so do many of them.
    """

    def turn(change: Change) -> tuple[bool, int]:
        return change.id in retried, zlib.crc32(change.id.encode())

    return Plan(tuple(sorted(plan.changes, key=turn)), plan.approved)


def places(changes: Mapping[Action, int], in_flight: int) -> dict[Action, int]:
    """How many requests of each kind may be under way: as many as it has changes, about.

    Each kind with work has a few of its own, so that changes which hang hold up none of another
    kind; together they have no more than `in_flight`, unless there are more kinds than that.
    """
    working = {action: count for action, count in changes.items() if count}
    reserved = max(1, in_flight // RESERVED)
    own = {action: min(count, reserved) for action, count in working.items()}
    spare = max(0, in_flight - sum(own.values()))
    wanted = {action: count - own[action] for action, count in working.items()}
    total = max(1, sum(wanted.values()))
    return {
        action: own[action] + min(wanted[action], spare * wanted[action] // total)
        for action in working
    }
