"""A daemon that works for long grows no further: `python -m tests.property.soak` goes on for days.

The sizes that count are those after the journal was pruned for the first time.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.property.soak.soak import Terms, soak

MEGABYTE = 1 << 20
POOLED = 5
"""Connections that are kept; it hangs on what has met whether as many have ever been needed."""


async def test_hundreds_of_cycles_leave_nothing_behind_but_the_journal_that_is_kept(
    tmp_path: Path,
) -> None:
    terms = Terms(keep=timedelta(hours=12), step=timedelta(hours=2))
    settled, later = [size async for size in soak(tmp_path, (38, 58), terms)]

    assert later.descriptors <= settled.descriptors
    assert 1 <= later.connections <= POOLED
    assert later.threads <= settled.threads
    assert later.tasks <= settled.tasks
    assert later.database <= 1.1 * settled.database
    assert later.memory <= settled.memory + 8 * MEGABYTE
