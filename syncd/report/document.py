"""The report as a JSON document: the way there and the way back."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from syncd.domain.attributes import Attribute, AttributeChange
from syncd.domain.change import Change
from syncd.domain.cycle import ChangeResult, GuardStop, QuarantinedSku
from syncd.domain.delivery import Failure
from syncd.domain.snapshot import HeldSku, PageRun
from syncd.domain.tracking import Held
from syncd.errors import ReportError
from syncd.report.models import (
    SCHEMA,
    AttributeDocument,
    CatalogDocument,
    ChangeDocument,
    FailureDocument,
    GuardDocument,
    HeldDocument,
    QuarantinedDocument,
    ReportDocument,
    SummaryDocument,
)
from syncd.report.report import Catalog, Report, Summary


def to_json(report: Report) -> str:
    """Write the document; times end in `Z`, keys stand in the order of product.md."""
    document = ReportDocument(
        cycle=report.cycle,
        mode=report.mode,
        started=report.started,
        finished=report.finished,
        catalog=CatalogDocument.model_validate(report.catalog),
        summary=SummaryDocument.model_validate(report.summary),
        guards=tuple(GuardDocument.model_validate(stop) for stop in report.guards),
        changes=tuple(map(_change_document, report.changes)),
        held=tuple(map(_held_document, report.held)),
        quarantined=tuple(map(_quarantined_document, report.quarantined)),
        adopted=report.adopted,
        writes_due=report.writes_due,
        states=dict(report.states),
        notes=report.notes,
        error=report.error,
        exit_code=report.exit_code,
    )
    return document.model_dump_json(by_alias=True, indent=2) + "\n"


def from_json(document: bytes, name: str = "The report") -> Report:
    """Read a report or a saved plan back; `name` is what messages call it, such as its file.

    Raises `ReportError` where it is not JSON, not a report, of another schema or cut short.
    """
    try:
        return _report(ReportDocument.model_validate_json(document))
    except ValidationError as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: ValidationError) -> ReportError:
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    if place == "schema":
        reason = f"it has schema {first['input']!r}, and this version reads {SCHEMA}"
        return ReportError(name, reason, "Make it anew with this version of syncd")
    reason = f"{place}: {first['msg']}" if place else first["msg"]
    return ReportError(
        name,
        f"it is no report that syncd can read ({reason})",
        "Make it anew with `syncd plan --out FILE` or `--format json`",
    )


def _change_document(result: ChangeResult) -> ChangeDocument:
    change, failure = result.change, result.failure
    return ChangeDocument(
        id=change.id,
        action=change.action,
        resource=change.resource,
        outcome=result.outcome,
        attributes={
            attribute: AttributeDocument(known=one.known, desired=one.desired)
            for attribute, one in change.attributes.items()
        },
        revision=change.revision,
        failure=None if failure is None else FailureDocument.model_validate(failure),
    )


def _held_document(sku: HeldSku) -> HeldDocument:
    held = sku.held
    return HeldDocument(
        id=sku.id,
        row=held.row,
        attribute=held.attribute,
        value=held.value,
        rule=held.rule,
        file=held.file,
    )


def _quarantined_document(sku: QuarantinedSku) -> QuarantinedDocument:
    failure = sku.failure
    return QuarantinedDocument(
        id=sku.id,
        status=failure.status,
        code=failure.code,
        parameter=failure.parameter,
        message=failure.message,
        request_id=failure.request_id,
        since=sku.since,
    )


def _catalog_of(document: CatalogDocument) -> Catalog:
    pages = tuple(PageRun(**run.model_dump()) for run in document.pages)
    return Catalog(**document.model_dump(exclude={"pages"}), pages=pages)


def _report(document: ReportDocument) -> Report:
    return Report(
        cycle=document.cycle,
        mode=document.mode,
        started=document.started,
        finished=document.finished,
        catalog=_catalog_of(document.catalog),
        summary=Summary(**document.summary.model_dump()),
        guards=tuple(GuardStop(**stop.model_dump()) for stop in document.guards),
        changes=tuple(map(_change_result, document.changes)),
        held=tuple(map(_held_sku, document.held)),
        quarantined=tuple(map(_quarantined_sku, document.quarantined)),
        adopted=document.adopted,
        writes_due=document.writes_due,
        states=document.states,
        notes=document.notes,
        error=document.error,
        exit_code=document.exit_code,
    )


def _change_result(document: ChangeDocument) -> ChangeResult:
    change = Change(
        id=document.id,
        action=document.action,
        revision=document.revision,
        attributes=_attribute_changes(document.attributes),
        resource=document.resource,
    )
    failure = document.failure
    return ChangeResult(
        change, document.outcome, None if failure is None else Failure(**failure.model_dump())
    )


def _attribute_changes(
    documents: Mapping[Attribute, AttributeDocument],
) -> dict[Attribute, AttributeChange]:
    return {
        attribute: AttributeChange(one.known, one.desired) for attribute, one in documents.items()
    }


def _held_sku(document: HeldDocument) -> HeldSku:
    return HeldSku(document.id, Held(**document.model_dump(exclude={"id"})))


def _quarantined_sku(document: QuarantinedDocument) -> QuarantinedSku:
    failure = Failure(**document.model_dump(exclude={"id", "since"}))
    return QuarantinedSku(document.id, failure, document.since)
