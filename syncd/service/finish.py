"""The end of a cycle: what a report says of it, read from the state as it now is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from syncd.domain.attributes import ItemId
from syncd.domain.change import ChangeOutcome
from syncd.domain.cycle import ChangeResult, Counts, CycleResult, Fault, GuardStop
from syncd.domain.policy import Policy, PolicyMode
from syncd.domain.tracking import Delivery, SkuState, Tracked
from syncd.engine.plan import next_try
from syncd.service.canary import Canary
from syncd.service.look_up import LookUp, skus_are_hidden
from syncd.service.read import CatalogRead
from syncd.service.remarks import Remarks
from syncd.service.results import Results
from syncd.service.table import held, quarantined, rows_in
from syncd.service.terms import CycleRequest, Ports, Terms


@dataclass(frozen=True, slots=True)
class Ending:
    """What a cycle leaves behind when it ends, early or not."""

    started: datetime
    read: CatalogRead
    stops: tuple[GuardStop, ...]
    found: LookUp
    results: Results
    requests: int
    error: str | None
    fault: Fault | None
    due_again: datetime | None
    canary: Canary


def finish(ports: Ports, terms: Terms, request: CycleRequest, ending: Ending) -> CycleResult:
    """Put everything a report says into one value."""
    rows = ports.state.tracked(ending.results.to_correct())
    reading = ending.read.reading
    changes = _told(ending.results.final(rows), request)
    return CycleResult(
        id=request.id,
        mode=request.mode,
        started=ending.started,
        finished=ports.clock.now(),
        certificate=ending.read.certificate,
        duplicates=reading.duplicates if reading else 0,
        changes=changes,
        adopted=ending.found.adopted,
        guards=ending.stops,
        held=tuple(held(ports.state)),
        quarantined=tuple(quarantined(ports.state)),
        states=ports.state.census().states,
        writes_due=_writes_due(ports, terms, request, ending.results),
        requests=ending.requests,
        notes=(
            *ending.canary.notes(),
            *_unknown(ports, request),
            *_notes(ports, terms, ending.found),
            *ending.read.remarks,
        ),
        error=ending.error,
        fault=ending.fault,
        due_again=ending.due_again,
        reading=reading.name if reading else "",
        counts=Counts.of(changes),
        partial=bool(request.only) or request.reverts is not None,
    )


def _told(changes: tuple[ChangeResult, ...], request: CycleRequest) -> tuple[ChangeResult, ...]:
    """A rehearsal only plans, what the guards would stop as well; they say so themselves."""
    if not request.rehearses:
        return changes
    return tuple(
        change
        if change.outcome is ChangeOutcome.FAILED
        else replace(change, outcome=ChangeOutcome.PLANNED)
        for change in changes
    )


def _writes_due(ports: Ports, terms: Terms, request: CycleRequest, results: Results) -> int:
    """How many writes are still to be made that neither guard nor policy keeps back."""
    if terms.policy.mode is PolicyMode.REPORT_ONLY:
        return 0
    due = set(_due(ports, terms, results)) - results.ids(ChangeOutcome.STOPPED)
    scope = request.scope()
    return len(due if scope is None else due & scope)


def _due(ports: Ports, terms: Terms, results: Results) -> Iterator[ItemId]:
    now = ports.clock.now()
    for row in rows_in(ports.state, SkuState.PENDING, SkuState.IN_FLIGHT):
        if next_try(row, terms.policy, now) is not None and not _is_spared(row, now):
            yield row.id
    failed = results.retryable()
    for row in rows_in(ports.state, SkuState.MISSING, SkuState.PENDING):
        if row.id in failed and row.is_to_go:
            yield row.id


def _is_spared(row: Tracked, now: datetime) -> bool:
    """Whether a delete waits for something else than us, such as the end of its stock."""
    waits = row.next_attempt is not None and row.next_attempt > now
    return row.is_to_go and row.delivery is Delivery.SETTLED and waits


def _notes(ports: Ports, terms: Terms, found: LookUp) -> Iterator[str]:
    if skus_are_hidden(ports.state, found):
        yield (
            "The key may not read SKUs, so whether Digital River fulfils an item itself is not "
            "checked, and nothing is deleted."
        )
    if terms.orchestrated:
        yield 'digital_river.model is "orchestrated": Digital River keeps the items itself.'
    opens = terms.windows.open_next(ports.clock.now())
    if opens is not None:
        yield f"Writes wait for schedule.windows, which open at {opens:%Y-%m-%d %H:%M} UTC."
    kept_back = _kept_back(ports, terms.policy)
    if kept_back:
        skus = (
            "1 SKU differs and stays" if kept_back == 1 else f"{kept_back:,} SKUs differ and stay"
        )
        yield f"policy.mode is {terms.policy.mode.value}: {skus} so."
    yield from _waiting_deletes(ports).sentences()


def _unknown(ports: Ports, request: CycleRequest) -> Iterator[str]:
    """The ids asked for that neither the catalog nor the state has ever had."""
    if request.reverts is not None:
        return
    unknown = sorted(request.only - ports.state.tracked(list(request.only)).keys())
    if unknown:
        yield f"Not in the catalog, so nothing was done for them: {', '.join(unknown)}."


def _waiting_deletes(ports: Ports) -> Remarks:
    """Why deletes wait that are due: stock left, or Digital River refused."""
    remarks, now = Remarks(), ports.clock.now()
    for row in rows_in(ports.state, SkuState.MISSING, SkuState.PENDING):
        if row.last_error is not None and _is_spared(row, now):
            remarks.add(f"A delete waits: {row.last_error.message.rstrip('.')}", row.id)
    return remarks


def _kept_back(ports: Ports, policy: Policy) -> int:
    """How many SKUs stay unlike the catalog because the policy allows no such write."""
    if policy.mode is PolicyMode.MIRROR:
        return 0
    now, reports_only = ports.clock.now(), policy.mode is PolicyMode.REPORT_ONLY
    return sum(
        1
        for row in rows_in(ports.state, SkuState.PENDING, SkuState.MISSING)
        if reports_only or next_try(row, policy, now) is None
    )
