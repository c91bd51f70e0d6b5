"""The questions to the table `sku` that are more than a look-up."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Integer,
    Select,
    String,
    bindparam,
    case,
    func,
    select,
    union_all,
)

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import Ownership, SkuState
from syncd.state.schema import cycle, sku

_IS_OWNED: Final = sku.c.ownership == Ownership.OWNED.value

CENSUS: Final = select(sku.c.state, func.count(), func.sum(case((_IS_OWNED, 1), else_=0))).group_by(
    sku.c.state
)
"""State, number of SKUs, number of owned ones: answered by the index alone, in its own order."""

_WITHOUT_ITEM: Final = (SkuState.PENDING, SkuState.QUARANTINED, SkuState.HELD, SkuState.MISSING)
SKUS_ALONE: Final = (
    select(func.count())
    .select_from(sku)
    .where(sku.c.state.in_([state.value for state in _WITHOUT_ITEM]))
    .where(sku.c.ownership == Ownership.UNKNOWN.value)
    .where(sku.c.known_sku.is_not(None))
)
"""How many pairs are ours by their SKU alone: found by the index among those that wait."""

TRACKED: Final = select(sku).where(sku.c.id.in_(bindparam("ids", expanding=True)))
"""All of some rows."""

FINGERPRINTS: Final = select(sku.c.id, sku.c.fingerprint, sku.c.missing_since.is_not(None))
"""What the copy of fingerprints holds, of all SKUs."""

_BEFORE_ALL: Final = ""
_BEHIND_ALL: Final = chr(sys.maxunicode)
"""Behind every other character, by code point as ids are ordered."""
_DOCUMENTS: Final = select(cycle.c.document)
LATEST_CYCLES: Final = (
    _DOCUMENTS.where(cycle.c.seal.is_(None)).order_by(cycle.c.id.desc()),
    _DOCUMENTS.where(cycle.c.seal.is_not(None)).order_by(cycle.c.seal.desc(), cycle.c.id.desc()),
)
"""The documents of all cycles, the newest first: those under no seal yet, then the sealed ones.

Their names sort by time as well, but by that of a clock which may have been put back.
"""


def shown(ids: Sequence[ItemId]) -> Select[Any]:
    """The same of these SKUs."""
    return FINGERPRINTS.where(sku.c.id.in_(ids))


def in_states(states: frozenset[SkuState], after: ItemId | None, limit: int) -> Select[Any]:
    """The next whole rows in these states, by id.

    Each state is a walk along its own stretch of the index; a planner that may choose would rather
    walk along all ids, whatever their state.
    """
    names = {f"state{number}": state.value for number, state in enumerate(sorted(states))}
    return _rows_in(len(states)).params({**names, "after": after or _BEFORE_ALL, "most": limit})


def beginning_with(prefix: str, limit: int) -> Select[Any]:
    """The first whole rows whose id begins so: a stretch of the table's own index."""
    is_there = sku.c.id >= prefix, sku.c.id < prefix + _BEHIND_ALL
    return select(sku).where(*is_there).order_by(sku.c.id).limit(limit)


def owned(limit: int) -> Select[str]:
    """At most `limit` owned ids at even distances, over all of them."""
    place = func.row_number().over(order_by=sku.c.id) - 1
    numbered = select(sku.c.id, place.label("place"), func.count().over().label("number"))
    ids = numbered.where(_IS_OWNED).subquery()
    chosen = (ids.c.place * limit) % ids.c.number < limit
    return select(ids.c.id).where(chosen).order_by(ids.c.id).limit(limit)


@cache  # to build it and to make its text takes longer than to run it where there are no such rows
def _rows_in(states: int) -> Select[Any]:
    """The query of `in_states` for so many states, which are given with each use."""
    stretches = [_stretch(f"state{number}") for number in range(states)]
    ids = union_all(*stretches).order_by("id").limit(_most()).subquery()
    return select(sku).where(sku.c.id.in_(select(ids.c.id))).order_by(sku.c.id)


def _stretch(state: str) -> Select[Any]:
    is_there = sku.c.state == bindparam(state, type_=String), sku.c.id > bindparam("after")
    ids = select(sku.c.id).where(*is_there).order_by(sku.c.id).limit(_most()).subquery()
    return select(ids.c.id)


def _most() -> BindParameter[int]:
    return bindparam("most", type_=Integer)
