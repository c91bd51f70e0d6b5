"""What the state remembers of a read, given what it remembered of the one before: pure steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from syncd.domain.snapshot import HeldSku, Position, Reading

STRAYS_KEPT: Final = 1_000
"""Held rows without an id that are remembered one by one; beyond, they are only counted."""


@dataclass(frozen=True, slots=True)
class Strays:
    """The held rows of one read that have no id: the first of them, and how many there are."""

    kept: Sequence[HeldSku] = ()
    count: int = 0


def beginning(last: Reading | None, position: Position) -> str | None:
    """The watermark from which on changes will do; None where the whole has to be read."""
    if last is None or last.stopped or last.position.meaning != position.meaning:
        return None
    return last.watermark


def is_the_same(last: Reading, position: Position, digest: str) -> bool:
    """Whether these are the bytes of the last read, and still mean what they meant."""
    return bool(digest) and last.digest == digest and last.position.meaning == position.meaning


def succeeded(looked: Reading, last: Reading | None) -> Reading:
    """A whole read with what it owes to the last one, before it is judged."""
    return replace(
        looked,
        yardstick=last.yardstick if last else None,
        joined_yardsticks=last.joined_yardsticks if last else {},
        counted=_counted(last),
        accepted_until=_acceptance(last, looked),
        watermark=looked.watermark or _kept_watermark(last, looked.position),
    )


def judged(looked: Reading, last: Reading | None, *, stopped: bool) -> Reading:
    """Decide whether this whole read counts: only a complete one that no guard stopped does.

    A source that was counted and has not been touched since is not counted again, whatever it has
    come to mean, and whatever became of the reads in between.
    """
    reads = last.complete_reads if last else 0
    read = replace(looked, stopped=stopped, complete_reads=reads)
    if not read.counts:
        return read
    return replace(
        read,
        complete_reads=reads + _one_more(last, looked.position),
        yardstick=looked.certificate.rows,
        joined_yardsticks=looked.certificate.joined,
        counted=looked.position,
        absent=0,
    )


def repeated(last: Reading, position: Position, at: datetime, watermark: str | None) -> Reading:
    """The last read once more, of a source that was rewritten with the same bytes."""
    more = _one_more(last, position) if last.counts else 0
    return replace(
        last,
        position=position,
        counted=position if last.counts else last.counted,
        at=at,
        complete_reads=last.complete_reads + more,
        watermark=watermark or _kept_watermark(last, position),
    )


def with_changes(last: Reading, at: datetime, watermark: str | None) -> Reading:
    """The last whole read, and changes since: these prove nothing of what they do not have."""
    return replace(last, at=at, watermark=watermark or last.watermark)


def changed_by(reading: Reading, strays: Strays) -> Reading:
    """A read that has more in the table than its bytes say: they must never match again.

    Neither must what the source shows of itself, for it may go back to what it was.
    """
    known = {_as_told(one) for one in reading.strays}
    new = [one for one in strays.kept if _as_told(one) not in known]
    return replace(
        reading,
        position=replace(reading.position, identity=""),
        digest="",
        strays=(*reading.strays, *new)[:STRAYS_KEPT],
        stray_count=reading.stray_count + len(new),
    )


def _as_told(stray: HeldSku) -> tuple[str, str, str]:
    """A stray as it looks at every read, for its row number is another one each time."""
    return stray.held.attribute, stray.held.value, stray.held.rule


def _one_more(last: Reading | None, position: Position) -> int:
    """One where this is another complete read; an untouched source is not read twice."""
    counted = _counted(last)
    return 0 if counted is not None and not position.is_rewrite_of(counted) else 1


def _counted(last: Reading | None) -> Position | None:
    """Where the source stood at the last read that counted; older states do not say it."""
    if last is None:
        return None
    return last.counted or (last.position if last.counts else None)


def _kept_watermark(last: Reading | None, position: Position) -> str | None:
    return last.watermark if last and last.position.meaning == position.meaning else None


def _acceptance(last: Reading | None, looked: Reading) -> datetime | None:
    """Until when the loss of rows is accepted: of the very read that was approved, no other."""
    if last is None or not looked.name or last.name != looked.name:
        return None
    return last.accepted_until
