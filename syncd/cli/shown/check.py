"""`syncd check`: one line a part, with what to do where it is not well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from syncd.cli.shown.held import held_listing
from syncd.domain.snapshot import HeldSku
from syncd.report import Cell, Column, Kind, Listing
from syncd.report.wording import counted
from syncd.service.check import CatalogFinding, Finding, Health
from syncd.service.sample import Outcome

_PART: Final = (
    Column("part", "part"),
    Column("health", "is", Kind.STATE),
    Column("words", "because"),
    Column("next_step", "what to do"),
)
_ATTRIBUTE: Final = (
    Column("attribute", "attribute", Kind.CODE),
    Column("column", "column", Kind.CODE),
    Column("filled", "filled", Kind.NUMBER),
    Column("usable", "usable", Kind.NUMBER),
    Column("advice", ""),
)
_READ: Final = (
    Column("attribute", "attribute", Kind.CODE),
    Column("raw", "in the catalog", Kind.VALUE),
    Column("value", "at Digital River", Kind.VALUE),
)
_BAD: Final = (
    Column("attribute", "attribute", Kind.CODE),
    Column("row", "row", Kind.CODE),
    Column("raw", "in the catalog", Kind.VALUE),
    Column("value", "as mapped", Kind.VALUE),
    Column("rule", "rule"),
)


def check_listing(findings: Sequence[Finding], catalog: CatalogFinding | None) -> Listing:
    """Every part has its line, whatever became of the others; the catalog's rows come below."""
    details = () if catalog is None else (*_closely(catalog.attributes), *_held_rows(catalog.held))
    return Listing(
        title="Check",
        sentence=_sentence(findings),
        columns=_PART,
        rows=tuple((one.part, one.health.value, one.words, one.next_step) for one in findings),
        details=details,
        key="parts",
    )


def _sentence(findings: Sequence[Finding]) -> str:
    failed = [one.part for one in findings if one.health is Health.FAILED]
    if failed:
        return f"Not ready: {', '.join(failed)}."
    looks = [one.part for one in findings if one.health is Health.LOOK]
    return f"Ready. Look at: {', '.join(looks)}." if looks else "Ready."


def _closely(outcomes: Sequence[Outcome]) -> Iterator[Listing]:
    """Show what each attribute comes from, how values are read, and which ones would be held."""
    if not outcomes:
        return
    rows = max(one.rows for one in outcomes)
    yield Listing(
        "Attributes",
        f"in the first {counted(rows, 'row')} that take part",
        _ATTRIBUTE,
        tuple(map(_attribute, outcomes)),
        key="attributes",
    )
    read = [(one.name, each.raw, each.value) for one in outcomes for each in one.examples]
    if read:
        yield Listing("As they are read", "", _READ, tuple(read), key="examples")
    bad = [
        (one.name, each.row, each.raw, each.value, each.rule)
        for one in outcomes
        for each in one.bad
    ]
    if bad:
        yield Listing("As they would be held", "", _BAD, tuple(bad), key="bad_examples")


def _attribute(outcome: Outcome) -> tuple[Cell, ...]:
    columns = " + ".join(outcome.columns) or "the default"
    return (outcome.name, columns, outcome.filled, outcome.usable, _advice(outcome))


def _advice(outcome: Outcome) -> str:
    for absent, near in outcome.absent.items():
        nearest = f": is it “{near}”?" if near else ""
        return f"there is no column “{absent}”{nearest}"
    if outcome.rows and not outcome.filled:
        return "no row has a value; is it the right column?"
    if outcome.usable < outcome.rows:
        return "see below which values are refused, and why"
    return ""


def _held_rows(held: Sequence[HeldSku]) -> tuple[Listing, ...]:
    return (held_listing("Held rows", "the first of them", held),) if held else ()
