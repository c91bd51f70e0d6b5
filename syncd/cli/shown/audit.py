"""`syncd audit`: what differs, by attribute, with both values and when; and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.audit import Audit, Extent, Finding, FindingKind
from syncd.domain.cycle import ChangeResult, CycleResult
from syncd.report import Cell, Column, Kind, Listing
from syncd.report.wording import command, counted, deed, duration, failure_words, joined

SHOWN: Final = 30
_MEND: Final = (
    Column("id", "id", Kind.CODE),
    Column("finding", "finding", Kind.STATE),
    Column("attribute", "attribute", Kind.CODE),
    Column("wanted", "wanted", Kind.VALUE),
    Column("known", "known", Kind.VALUE),
    Column("observed", "observed", Kind.VALUE),
    Column("changed", "changed there", Kind.TIME),
    Column("written", "written by us", Kind.TIME),
    Column("seen", "seen", Kind.TIME),
    Column("outcome", "outcome"),
)
_LEFT: Final = (
    Column("id", "id", Kind.CODE),
    Column("finding", "finding", Kind.STATE),
    Column("partNumber", "part number", Kind.VALUE),
    Column("changed", "changed there", Kind.TIME),
    Column("written", "written by us", Kind.TIME),
    Column("reason", "why it is left"),
)
_PAIRS: Final = (
    Column("id", "id", Kind.CODE),
    Column("attribute", "attribute", Kind.CODE),
    Column("catalog", "catalog", Kind.VALUE),
    Column("sku", "SKU", Kind.VALUE),
    Column("item", "item", Kind.VALUE),
    Column("reason", "what is wrong"),
)
_COUNTS: Final = (Column("finding", "finding", Kind.STATE), Column("count", "SKUs", Kind.NUMBER))
_GUARDS: Final = (Column("guard", "guard", Kind.CODE), Column("reason", "reason"))
_FIGURES: Final = (
    Column("audit", "audit", Kind.CODE),
    Column("extent", "extent"),
    Column("began", "began", Kind.TIME),
    Column("finished", "finished", Kind.TIME),
    Column("listed", "items listed", Kind.NUMBER),
    Column("windows", "windows", Kind.NUMBER),
    Column("looked_up", "looked up", Kind.NUMBER),
    Column("requests", "requests", Kind.NUMBER),
    Column("unsettled", "left to the next", Kind.NUMBER),
)
_OF_PAIRS: Final = frozenset({FindingKind.UNEQUAL, FindingKind.INCOMPLETE})
"""What is told of pairs, in a table of its own."""
_WORDS: Final = {
    FindingKind.DRIFTED: "{} changed by another hand",
    FindingKind.VANISHED: "{} vanished",
    FindingKind.UNADOPTED: "{} not taken over yet",
    FindingKind.MANAGED: "{} that Digital River keeps itself by now",
}


@dataclass(frozen=True, slots=True)
class _Shown:
    """An audit, and the cycle that mended what it found, where one did."""

    audit: Audit
    repair: CycleResult | None

    def outcomes(self) -> Mapping[ItemId, ChangeResult]:
        changes = () if self.repair is None else self.repair.changes
        return {one.change.id: one for one in reversed(changes)}


def audit_listing(audit: Audit, repair: CycleResult | None) -> Listing:
    """The answer first, then what is to be mended, then what is left as it is, and the figures."""
    shown = _Shown(audit, repair)
    details = (_counts(audit), _pairs(audit), _left(audit), _guards(shown), _figures(audit))
    return Listing(
        title="Audit",
        sentence=" ".join(_sentences(shown)),
        columns=_MEND,
        rows=tuple(_rows_to_mend(shown)),
        details=tuple(detail for detail in details if detail is not None),
        commands=tuple(_commands(shown)),
        key="findings",
        as_of=audit.finished,
        most=SHOWN,
    )


def _sentences(shown: _Shown) -> Iterator[str]:
    audit = shown.audit
    if audit.guards:
        yield f"Nothing was looked at: {audit.guards[0].message}."
        return
    yield _looked(audit)
    yield from _found(audit)
    if audit.unsettled:
        yield f"{counted(audit.unsettled, 'SKU')} could not be judged; the next audit does."
    if audit.skus_hidden:
        yield "The key may not read SKUs, so which items Digital River keeps itself is not known."
    if shown.repair is not None:
        yield from _repaired(shown.repair)


def _looked(audit: Audit) -> str:
    took = duration(audit.finished - audit.began)
    if audit.extent is Extent.SAMPLE:
        return f"{counted(audit.looked_up, 'known item')} looked up in {took}."
    also = f", {counted(audit.looked_up, 'known item')} looked up" if audit.looked_up else ""
    return f"{counted(audit.listed, 'item')} listed{also} in {took}."


def _found(audit: Audit) -> Iterator[str]:
    counts = Counter(one.kind for one in audit.findings if one.is_to_mend)
    mend = [words.format(f"{counts[kind]:,}") for kind, words in _WORDS.items() if counts[kind]]
    others = Counter(one.kind for one in audit.findings if not one.is_to_mend)
    others += Counter(audit.beyond)
    left = [f"{others[kind]:,} {kind.value}" for kind in FindingKind if others[kind]]
    yield f"To mend: {joined(mend)}." if mend else "Nothing is to be mended."
    if left:
        yield f"Left as they are: {joined(left)}."


def _repaired(repair: CycleResult) -> Iterator[str]:
    if repair.error is not None:
        yield f"The repair ended early: {repair.error.rstrip('.')}."
    done = sum(one.failure is None and one.outcome.value == "done" for one in repair.changes)
    yield f"Repair {repair.id}: {counted(done, 'write')} done."
    yield from (f"{stop.message.rstrip('.')}." for stop in repair.guards)


def _rows_to_mend(shown: _Shown) -> Iterator[tuple[Cell, ...]]:
    outcomes = shown.outcomes()
    for finding in shown.audit.findings:
        if finding.is_to_mend:
            outcome = _outcome(finding, outcomes.get(finding.id), shown.repair)
            yield from _rows(finding, outcome)


def _rows(finding: Finding, outcome: str | None) -> Iterator[tuple[Cell, ...]]:
    """One row an attribute that is not as it should be, or one for the SKU where none is named."""
    times = (finding.updated, finding.written, finding.seen)
    attributes: Mapping[Attribute, AttributeChange] = finding.attributes
    wanted = finding.desired or {}
    of_item = ((attribute.value, attribute, one) for attribute, one in attributes.items())
    of_sku = (
        (f"SKU {attribute}", attribute, one) for attribute, one in finding.sku_attributes.items()
    )
    drifts = [*of_item, *of_sku]
    if not drifts:
        yield (finding.id, finding.kind.value, None, None, None, None, *times, outcome)
    for name, attribute, change in drifts:
        values = (wanted.get(attribute), change.known, change.desired)
        yield (finding.id, finding.kind.value, name, *values, *times, outcome)


def _outcome(
    finding: Finding, result: ChangeResult | None, repair: CycleResult | None
) -> str | None:
    if result is not None:
        why = "" if result.failure is None else f": {failure_words(result.failure)}"
        return f"{deed(result.change.action, result.outcome)}{why}"
    if repair is None or finding.reason:
        return finding.reason or None
    return "looked up again, and nothing was left to write"


def _counts(audit: Audit) -> Listing:
    counts = audit.counts()
    rows = tuple((kind.value, counts[kind]) for kind in FindingKind)
    return Listing("Found", "", _COUNTS, rows, key="summary")


def _pairs(audit: Audit) -> Listing | None:
    """Each attribute that SKU and item do not have alike, as all three have it, and lone halves."""
    rows = tuple(row for one in audit.findings for row in _pair_rows(one))
    if not rows:
        return None
    count = len({row[0] for row in rows})
    words = f"{counted(count, 'pair')} of SKU and item that do not go together"
    return Listing("Pairs", words, _PAIRS, rows, key="pairs", most=SHOWN)


def _pair_rows(finding: Finding) -> Iterator[tuple[Cell, ...]]:
    for attribute, sides in finding.unequal.items():
        values = (sides.catalog, sides.sku, sides.item)
        yield (finding.id, attribute.value, *values, "SKU and item differ")
    if finding.alone:
        yield (finding.id, None, None, None, None, finding.alone)


def _left(audit: Audit) -> Listing | None:
    left = (one for one in audit.findings if not one.is_to_mend and one.kind not in _OF_PAIRS)
    rows = tuple(map(_left_row, left))
    if not rows:
        return None
    beyond = sum(count for kind, count in audit.beyond.items() if kind not in _OF_PAIRS)
    words = f"{counted(len(rows) + beyond, 'item')} that no repair touches"
    if beyond:
        words += f"; the first {len(rows):,} are named"
    return Listing("Left as they are", words, _LEFT, rows, key="left", most=SHOWN)


def _left_row(finding: Finding) -> tuple[Cell, ...]:
    part_number = (finding.observed or {}).get(Attribute.PART_NUMBER)
    return (
        finding.id,
        finding.kind.value,
        part_number,
        finding.updated,
        finding.written,
        finding.reason or "it is none of ours, and never written",
    )


def _guards(shown: _Shown) -> Listing | None:
    stops = shown.audit.guards or (() if shown.repair is None else shown.repair.guards)
    if not stops:
        return None
    rows = tuple((stop.guard.value, stop.message) for stop in stops)
    return Listing("Guards", "what they stopped", _GUARDS, rows, key="guards")


def _figures(audit: Audit) -> Listing:
    row: Sequence[Cell] = (
        audit.id,
        audit.extent.value,
        audit.began,
        audit.finished,
        audit.listed,
        audit.windows,
        audit.looked_up,
        audit.requests,
        audit.unsettled,
    )
    return Listing("Looked at", "", _FIGURES, (tuple(row),), key="audit")


def _commands(shown: _Shown) -> Iterator[str]:
    if shown.repair is not None:
        if shown.repair.guards:
            yield f"syncd approve {shown.repair.id}"
        return
    mend = [one.id for one in shown.audit.findings if one.is_to_mend]
    if mend:
        yield "syncd audit --repair"
        yield from filter(None, (command("syncd", "why", ids=mend[:1]),))
