"""`syncd quarantine`: what Digital River refused, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from syncd.domain.cycle import QuarantinedSku
from syncd.report import Cell, Column, Kind, Listing
from syncd.report.wording import counted

_REFUSED: Final = (
    Column("id", "id", Kind.CODE),
    Column("since", "since", Kind.TIME),
    Column("status", "status", Kind.CODE),
    Column("code", "code", Kind.CODE),
    Column("parameter", "parameter", Kind.CODE),
    Column("message", "message"),
    Column("request_id", "request id", Kind.CODE),
)


def quarantine_listing(refused: Sequence[QuarantinedSku], now: datetime) -> Listing:
    """One row a SKU, with what support asks for."""
    return Listing(
        title="Quarantine",
        sentence=f"{counted(len(refused), 'SKU')} in quarantine." if refused else "It is empty.",
        columns=_REFUSED,
        rows=tuple(map(_row, refused)),
        commands=(f"syncd quarantine retry {refused[0].id}",) if refused else (),
        key="quarantined",
        as_of=now,
    )


def _row(sku: QuarantinedSku) -> tuple[Cell, ...]:
    failure = sku.failure
    status = None if failure.status is None else str(failure.status)
    return (
        sku.id,
        sku.since,
        status,
        failure.code,
        failure.parameter,
        failure.message,
        failure.request_id,
    )
