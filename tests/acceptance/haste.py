"""Terms in PostgreSQL that last for moments, in this process and whatever it forks."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

LEAVE_IN_TERMS: Final = 0.5
"""As long as a helper may send after a sign of life, in terms of the lease."""
BEATS_A_TERM: Final = 8


def hurry(term: float) -> None:
    """Have leases last `term` seconds, and all that goes by them in proportion."""
    from syncd.daemon import daemon
    from syncd.service import helping
    from syncd.state.postgres import help as postgres_help
    from syncd.state.postgres import opening, signs

    beat, leave = term / BEATS_A_TERM, term * LEAVE_IN_TERMS
    vars(opening).update(BEAT=beat, TERM=term)
    vars(postgres_help).update(LEAVE=leave, PATIENCE=timedelta(seconds=leave))
    vars(signs).update(LEAVE=leave)
    vars(daemon).update(STAND_BY=beat, SHOW=beat)
    vars(helping).update(SHOW=beat, AGAIN=beat)
