"""Mends what an audit found, by an ordinary cycle over it: looked up, planned, guarded, written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from syncd.domain.attributes import ItemId
from syncd.domain.audit import Audit
from syncd.domain.cycle import CycleResult
from syncd.domain.tracking import SkuState
from syncd.ports import State, Transaction
from syncd.service.cycle import new_cycle_id, run_cycle
from syncd.service.notes import note
from syncd.service.terms import CycleRequest, Ports, Terms


async def repair(
    ports: Ports, terms: Terms, request: CycleRequest, audit: Audit
) -> CycleResult | None:
    """Run a cycle over what is to be mended, and over nothing else; None where nothing is.

    Raises as `run_cycle` does. What it cannot finish stays in doubt, and the next cycle goes on.
    """
    ids = audit.to_mend()
    if not ids:
        return None
    cycle = new_cycle_id(ports.clock.now())
    result = await run_cycle(ports, terms, replace(request, id=cycle, only=ids, doubted=ids))
    await _forget_what_is_mended(ports.state, request, sorted(ids))
    return result


async def _forget_what_is_mended(
    state: State, request: CycleRequest, ids: Sequence[ItemId]
) -> None:
    """Remove what was observed of SKUs that are in sync again, or that nothing is left of."""
    rows = await asyncio.to_thread(state.tracked, ids)
    mended = [id_ for id_ in ids if id_ not in rows or rows[id_].state is SkuState.IN_SYNC]

    def forget(transaction: Transaction) -> None:
        transaction.forget_observed(mended)

    await note(state, request, forget)
