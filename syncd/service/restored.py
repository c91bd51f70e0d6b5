"""Tells whoever has restored a backup of the state what that has cost, in the cycle that follows.

Others may take the lease before that cycle does, so what it has to tell stands in the state.
"""

from __future__ import annotations

from dataclasses import replace

from syncd.domain.cycle import CycleResult
from syncd.ports import DOUBTED, State, Transaction


def doubted_untold(state: State) -> int:
    """How many owned items are in doubt since the state is an older copy, if no cycle told it."""
    return int(state.remembered(DOUBTED) or 0)


def telling(result: CycleResult, doubted: int) -> CycleResult:
    """The result with a note of it."""
    note = (
        "This state is an older copy of itself, such as a restored backup: the "
        f"{doubted:,} items it owns are looked up before they are written again, and the "
        "budgets know nothing of what was written since."
    )
    return replace(result, notes=(note, *result.notes))


def tell_no_more(transaction: Transaction) -> None:
    """Let the cycle that this transaction records be the last to tell it."""
    transaction.remember(DOUBTED, "0")
