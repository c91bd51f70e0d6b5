"""`syncd approve`: what is let through, and what is left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from syncd.domain.approval import Approval, LeftOut
from syncd.domain.attributes import ItemId
from syncd.domain.change import Action
from syncd.report import Cell, Column, Kind, Listing
from syncd.report.wording import counted, moment
from syncd.service.approve import Approved

_EXAMPLES: Final = 5
_LET_THROUGH: Final = (
    Column("action", "action"),
    Column("count", "changes", Kind.NUMBER),
    Column("guards", "past", Kind.CODE),
    Column("examples", "such as", Kind.CODE),
)
_LEFT: Final = (
    Column("why", "why"),
    Column("count", "changes", Kind.NUMBER),
    Column("examples", "such as", Kind.CODE),
)
_REASONS: Final = {
    LeftOut.DONE: "done already",
    LeftOut.GONE: "gone from the catalog",
    LeftOut.MOVED_ON: "moved on: it would be planned otherwise now, or not at all",
    LeftOut.UNPROVEN: "stopped for want of proof as well, which nobody can approve",
}
_READ_REASONS: Final = {
    LeftOut.DONE: "The catalog's loss of rows was accepted already.",
    LeftOut.MOVED_ON: "The catalog has been read anew since, so its loss of rows is not accepted.",
}


def approve_listing(approved: Approved) -> Listing:
    """Count what is approved by kind and guards, and what is left out by its reason."""
    left = _left_out(approved)
    return Listing(
        title="Approved",
        sentence=" ".join(_sentences(approved)),
        columns=_LET_THROUGH,
        rows=tuple(_rows(approved.approvals)),
        details=() if left is None else (left,),
        commands=("syncd --once",) if _lets_through(approved) else (),
        key="approved",
        as_of=approved.at,
    )


def _sentences(approved: Approved) -> Iterator[str]:
    count, until = len(approved.approvals), moment(approved.expires)
    if count:
        yield f"{counted(count, 'change')} approved until {until}; the next cycle carries them out."
    if approved.read is not None:
        read = approved.read
        yield (
            f"{read.source} may have {counted(read.rows, 'row')} from now on; the next cycle reads "
            f"it again, and goes by that read unless it has changed."
        )
    if approved.gone:
        yield (
            f"{counted(approved.gone, 'delete')} that will come due later may pass the canary, and "
            "the limits judge them then."
        )
    if approved.read_left_out is not None:
        yield _READ_REASONS[approved.read_left_out]
    left = sum(map(len, approved.left_out.values()))
    if left:
        yield f"{counted(left, 'change')} {'is' if left == 1 else 'are'} left out."
    if not _lets_through(approved):
        yield "Nothing was approved."


def _lets_through(approved: Approved) -> bool:
    return bool(approved.approvals or approved.read or approved.gone)


def _rows(approvals: Sequence[Approval]) -> Iterator[tuple[Cell, ...]]:
    """One line for each kind of change and the guards that it is let past."""
    groups: dict[tuple[Action, str], list[ItemId]] = {}
    for one in approvals:
        guards = ", ".join(sorted(one.guards))
        groups.setdefault((one.change.action, guards), []).append(one.change.id)
    for (action, guards), ids in sorted(groups.items()):
        yield action.value, len(ids), guards, _few(ids)


def _left_out(approved: Approved) -> Listing | None:
    rows = tuple(
        (_REASONS[why], len(ids), _few(ids)) for why, ids in sorted(approved.left_out.items())
    )
    return Listing("Left out", "", _LEFT, rows, key="left_out") if rows else None


def _few(ids: Sequence[ItemId]) -> str:
    return ", ".join(ids[:_EXAMPLES])
