"""`syncd check`: one line a part, with what to do where it is not well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from syncd.domain.snapshot import HeldSku
from syncd.report import Column, Kind, Listing
from syncd.service.check import Finding, Health

_PART: Final = (
    Column("part", "part"),
    Column("health", "is", Kind.STATE),
    Column("words", "because"),
    Column("next_step", "what to do"),
)
_HELD: Final = (
    Column("row", "row", Kind.NUMBER),
    Column("id", "id", Kind.CODE),
    Column("attribute", "attribute", Kind.CODE),
    Column("value", "value", Kind.VALUE),
    Column("rule", "rule"),
)


def check_listing(findings: Sequence[Finding], held: Sequence[HeldSku]) -> Listing:
    """Every part has its line, whatever became of the others."""
    return Listing(
        title="Check",
        sentence=_sentence(findings),
        columns=_PART,
        rows=tuple((one.part, one.health.value, one.words, one.next_step) for one in findings),
        details=_held_rows(held),
        key="parts",
    )


def _sentence(findings: Sequence[Finding]) -> str:
    failed = [one.part for one in findings if one.health is Health.FAILED]
    if failed:
        return f"Not ready: {', '.join(failed)}."
    looks = [one.part for one in findings if one.health is Health.LOOK]
    return f"Ready. Look at: {', '.join(looks)}." if looks else "Ready."


def _held_rows(held: Sequence[HeldSku]) -> tuple[Listing, ...]:
    if not held:
        return ()
    rows = tuple(
        (sku.held.row, sku.id or None, sku.held.attribute, sku.held.value, sku.held.rule)
        for sku in held
    )
    return (Listing("Held rows", "the first of them", _HELD, rows, key="held"),)
