"""The models of the report's JSON document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from syncd.domain.attributes import Attribute, ItemId, Value
from syncd.domain.change import Action, ChangeOutcome, Resource
from syncd.domain.cycle import CycleId, Guard, Mode
from syncd.domain.tracking import SkuState
from syncd.errors import ExitCode

SCHEMA: Final = 1


def _is_none(value: object) -> bool:
    return value is None


class _Document(BaseModel):
    """One object of the document; fields that a later version adds are passed over."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        from_attributes=True,
        defer_build=True,  # most commands write no report
    )


class PageRunDocument(_Document):
    """Pages, or windows of time, that came one after the other with as many records each."""

    list: str
    first: int
    last: int
    records: int


class CatalogDocument(_Document):
    """`catalog`."""

    source: str | None
    rows: int
    complete: bool
    duplicates: int
    records: int = 0
    doubts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    since: str | None = None
    joined: Mapping[str, int] = Field(default_factory=dict)
    pages: tuple[PageRunDocument, ...] = ()


class SummaryDocument(_Document):
    """`summary`."""

    create: int
    update: int
    delete: int
    unchanged: int
    held: int
    quarantined: int
    missing: int
    failed: int
    requests: int
    stopped: int = 0


class GuardDocument(_Document):
    """One of `guards`; a limit with a decimal point is a share, one without a count."""

    guard: Guard
    limit: int | float
    actual: int | float
    stopped: tuple[Action, ...]
    message: str = ""
    examples: tuple[ItemId, ...] = ()


class AttributeDocument(_Document):
    """From and to of one attribute; null is *no value*."""

    known: Value = Field(alias="from")
    desired: Value = Field(alias="to")


class FailureDocument(_Document):
    """What Digital River said against a change."""

    status: int | None
    code: str
    parameter: str | None = None
    message: str
    request_id: str | None = None


class ChangeDocument(_Document):
    """One of `changes`; the revision is that of the wish, which `apply` compares."""

    id: ItemId
    action: Action
    resource: Resource
    outcome: ChangeOutcome
    attributes: dict[Attribute, AttributeDocument]
    revision: int = 0
    failure: FailureDocument | None = Field(default=None, exclude_if=_is_none)


class HeldDocument(_Document):
    """One of `held`; its id is empty where the row has none."""

    id: str
    row: int | None
    attribute: str
    value: str
    rule: str
    file: str | None = Field(default=None, exclude_if=_is_none)


class QuarantinedDocument(_Document):
    """One of `quarantined`."""

    id: ItemId
    status: int | None
    code: str
    parameter: str | None
    message: str
    request_id: str | None
    since: AwareDatetime


class ReportDocument(_Document):
    """The whole document, its keys in the order in which they are written."""

    schema_: Literal[1] = Field(default=SCHEMA, alias="schema")
    cycle: CycleId
    mode: Mode
    started: AwareDatetime
    finished: AwareDatetime
    catalog: CatalogDocument
    summary: SummaryDocument
    guards: tuple[GuardDocument, ...]
    changes: tuple[ChangeDocument, ...]
    held: tuple[HeldDocument, ...]
    quarantined: tuple[QuarantinedDocument, ...]
    adopted: int = 0
    writes_due: int = 0
    states: dict[SkuState, int] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    error: str | None = None
    exit_code: ExitCode = ExitCode.OK
