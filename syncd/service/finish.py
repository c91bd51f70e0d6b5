"""The end of a cycle: what a report says of it, read from the state as it now is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from syncd.domain.attributes import ItemId
from syncd.domain.change import ChangeOutcome
from syncd.domain.cycle import ChangeResult, Counts, CycleResult, Fault, GuardStop
from syncd.domain.policy import PolicyMode
from syncd.service.canary import Canary
from syncd.service.left import Left, left_alone, left_over
from syncd.service.look_up import LookUp, skus_are_hidden
from syncd.service.read import CatalogRead
from syncd.service.results import Results
from syncd.service.table import held, quarantined
from syncd.service.terms import CycleRequest, Ports, Terms


@dataclass(frozen=True, slots=True)
class Ending:
    """What a cycle leaves behind when it ends, early or not.

    `wishless` are the pending rows without a wish, None where it has not gone by all of them.
    """

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
    wishless: frozenset[ItemId] | None


def finish(ports: Ports, terms: Terms, request: CycleRequest, ending: Ending) -> CycleResult:
    """Put everything a report says into one value."""
    rows = ports.state.tracked(ending.results.to_correct())
    reading = ending.read.reading
    changes = _told(ending.results.final(rows, ending.found.managed), request)
    left = left_over(ports, terms, ending.results, ending.wishless)
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
        writes_due=_writes_due(left, terms, request, ending.results),
        requests=ending.requests,
        notes=(
            *ending.canary.notes(),
            *_unknown(ports, request, ending.results),
            *_notes(ports, terms, ending.found, left),
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


def _writes_due(left: Left, terms: Terms, request: CycleRequest, results: Results) -> int:
    """How many writes are still to be made that neither guard nor policy keeps back."""
    if terms.policy.mode is PolicyMode.REPORT_ONLY:
        return 0
    due, scope = left.due - results.ids(ChangeOutcome.STOPPED), request.scope()
    return len(due if scope is None else due & scope)


def _notes(ports: Ports, terms: Terms, found: LookUp, left: Left) -> Iterator[str]:
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
    if left.kept_back:
        skus = (
            "1 SKU differs and stays"
            if left.kept_back == 1
            else f"{left.kept_back:,} SKUs differ and stay"
        )
        yield f"policy.mode is {terms.policy.mode.value}: {skus} so."
    yield from left.waiting.sentences()
    yield from left_alone(ports.state, terms)


def _unknown(ports: Ports, request: CycleRequest, results: Results) -> Iterator[str]:
    """The ids asked for that neither the catalog nor the state has, and of which nothing is told.

    What this cycle has deleted is in neither any more.
    """
    if request.reverts is not None or not request.only:
        return
    asked = request.only - results.told()
    unknown = sorted(asked - ports.state.tracked(list(asked)).keys())
    if unknown:
        yield f"Not in the catalog, so nothing was done for them: {', '.join(unknown)}."
