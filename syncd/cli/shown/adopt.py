"""`syncd adopt`: what a first run would take over, what differs, and what it would leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from syncd.domain.cycle import CycleResult
from syncd.domain.tracking import SkuState
from syncd.report import Cell, Column, Kind, Listing
from syncd.report.wording import counted
from syncd.service.adopt import Prospects, TakeOver

SHOWN: Final = 30
_DIFFERING: Final = (
    Column("id", "id", Kind.CODE),
    Column("attribute", "attribute", Kind.CODE),
    Column("observed", "there", Kind.VALUE),
    Column("wanted", "wanted", Kind.VALUE),
)
_ALIKE: Final = (Column("id", "id", Kind.CODE),)
_LEFT: Final = (Column("id", "id", Kind.CODE), Column("reason", "why it is left"))
_COUNTS: Final = (Column("what", "what"), Column("count", "items", Kind.NUMBER))
_GUARDS: Final = (Column("guard", "guard", Kind.CODE), Column("reason", "reason"))


def prospects_listing(found: Prospects) -> Listing:
    """The answer first, then the values that a run would change, then what it would leave."""
    details = (_counts(found), _alike(found), _left(found), _guards(found))
    return Listing(
        title="Adoption",
        sentence=" ".join(_sentences(found)),
        columns=_DIFFERING,
        rows=tuple(row for one in found.differing for row in _rows(one)),
        details=tuple(detail for detail in details if detail is not None),
        commands=("syncd --dry-run", "syncd --once"),
        key="differing",
        most=SHOWN,
    )


def rebuilt_listing(result: CycleResult) -> Listing:
    """How many items the state owns again, and what is left to do."""
    rows = tuple((state.value, result.states.get(state, 0)) for state in SkuState)
    columns = (Column("state", "state", Kind.STATE), Column("count", "SKUs", Kind.NUMBER))
    return Listing(
        title="Rebuilt",
        sentence=" ".join(_rebuilt(result)),
        columns=columns,
        rows=rows,
        commands=("syncd --dry-run",),
        key="states",
    )


def _sentences(found: Prospects) -> Iterator[str]:
    if found.is_nothing:
        yield f"Nothing was looked at: {found.stops[0].message}."
        return
    alone = sum(not one.has_item for one in found.taken)
    yield f"{counted(len(found.taken) - alone, 'item')} of {found.listed:,} would be taken over"
    if alone:
        yield f"and {counted(alone, 'SKU')} without an item"
    yield f"({len(found.differing):,} differ), {counted(len(found.left), 'item')} left alone,"
    yield f"{found.to_create:,} created."
    if found.owned:
        yield f"{counted(found.owned, 'item')} are ours already."
    if found.skus_hidden:
        yield "The key may not read SKUs, so which items Digital River keeps itself is not known."
    if found.certificate is not None and not found.certificate.complete:
        yield "The catalog was not read to its end, so there may be more."
    yield "Nothing was written."


def _rebuilt(result: CycleResult) -> Iterator[str]:
    if result.error is not None:
        yield f"It ended early: {result.error.rstrip('.')}. Run it again; it goes on."
    yield f"{counted(result.adopted, 'item')} taken over. Nothing was written at Digital River."
    differ = result.states.get(SkuState.PENDING, 0)
    if differ:
        yield f"{counted(differ, 'SKU')} differ or have no item; the next run sees to them."


def _rows(one: TakeOver) -> Iterator[tuple[Cell, ...]]:
    for attribute, change in one.of_sku.items():
        yield (one.id, f"SKU {attribute}", change.known, change.desired)
    for attribute, change in one.attributes.items():
        yield (one.id, attribute.value, change.known, change.desired)


def _counts(found: Prospects) -> Listing:
    rows: tuple[tuple[Cell, ...], ...] = (
        ("taken over as they are", len(found.taken) - len(found.differing)),
        ("taken over and updated", len(found.differing)),
        ("created", found.to_create),
        ("left as they are", len(found.left)),
        ("ours already", found.owned),
    )
    return Listing("What a run would make of them", "", _COUNTS, rows, key="summary")


def _alike(found: Prospects) -> Listing | None:
    rows = tuple((one.id,) for one in found.taken if not (one.attributes or one.of_sku))
    words = f"{counted(len(rows), 'item')} that equal their catalog rows"
    return Listing("Taken over", words, _ALIKE, rows, key="alike", most=SHOWN) if rows else None


def _left(found: Prospects) -> Listing | None:
    rows = tuple((one.id, one.reason) for one in found.left)
    words = f"{counted(len(rows), 'item')} that no run touches"
    return Listing("Left", words, _LEFT, rows, key="left", most=SHOWN) if rows else None


def _guards(found: Prospects) -> Listing | None:
    rows = tuple((stop.guard.value, stop.message) for stop in found.stops)
    return Listing("Guards", "what would stop a run", _GUARDS, rows, key="guards") if rows else None
