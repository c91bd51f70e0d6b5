"""Believable cycles to make reports of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from syncd.domain.attributes import Attribute, AttributeChange, ItemId, Value
from syncd.domain.change import Action, Change, ChangeOutcome
from syncd.domain.cycle import (
    ChangeResult,
    CycleId,
    CycleResult,
    Guard,
    GuardStop,
    Mode,
    QuarantinedSku,
)
from syncd.domain.delivery import Failure
from syncd.domain.snapshot import Certificate, HeldSku
from syncd.domain.tracking import Held, SkuState
from syncd.errors import ExitCode
from syncd.report import Report

STARTED: Final = datetime(2026, 11, 21, 17, 40, 0, tzinfo=UTC)
COUNTRIES: Final = ("US", "CN", "VN", "MX", "DE", "TW", "TH", "DK", "CA", "IT")
ECCNS: Final = ("EAR99", "5A992.c", "5A991.b.1", "4A994.a", "3A991.b.2")
HS_CODES: Final = ("8471.30", "8517.62.0090", "8518.22", "6404.19", "8523.51", "8504.40.9550")
MANUFACTURERS: Final = ("20001", "20044", "20117", "31250")


def sku(number: int) -> ItemId:
    """A version-4 UUID, the same for the same number."""
    return ItemId(str(UUID(int=Random(number).getrandbits(128), version=4)))


def row_values(number: int) -> dict[Attribute, Value]:
    pick = Random(number * 7 + 1)
    return {
        Attribute.MANUFACTURER_ID: pick.choice(MANUFACTURERS),
        Attribute.PART_NUMBER: f"{pick.choice('ABDGKMX')}{pick.randint(100, 999)}-{number:04d}",
        Attribute.COUNTRY_OF_ORIGIN: pick.choice(COUNTRIES),
        Attribute.ECCN: pick.choice(ECCNS),
        Attribute.HS_CODE: pick.choice(HS_CODES),
        Attribute.ALLOW_OVERSELL: pick.random() < 0.2,
    }


def change(number: int, action: Action, attributes: Mapping[Attribute, AttributeChange]) -> Change:
    return Change(sku(number), action, revision=number % 9 + 1, attributes=attributes)


def created(number: int) -> Change:
    values = row_values(number)
    return change(
        number, Action.CREATE, {name: AttributeChange(None, to) for name, to in values.items()}
    )


def deleted(number: int) -> Change:
    values = row_values(number)
    return change(
        number, Action.DELETE, {name: AttributeChange(was, None) for name, was in values.items()}
    )


def updated(number: int) -> Change:
    pick = Random(number)
    old, new = row_values(number), row_values(number + 50_000)
    weights = {
        Attribute.COUNTRY_OF_ORIGIN: 9,
        Attribute.HS_CODE: 6,
        Attribute.ECCN: 3,
        Attribute.ALLOW_OVERSELL: 2,
        Attribute.MANUFACTURER_ID: 1,
    }
    several = 2 if pick.random() < 0.25 else 1
    chosen = pick.choices(list(weights), list(weights.values()), k=several)
    differing = {
        name: AttributeChange(old[name], _other(name, old[name], new[name])) for name in chosen
    }
    return change(number, Action.UPDATE, differing)


def _other(name: Attribute, old: Value, new: Value) -> Value:
    if isinstance(old, bool):
        return not old
    if name is Attribute.HS_CODE:
        return "8517.62.0050" if old == "8517.62.0090" else f"{str(old)[:5]}99"
    if new != old:
        return new
    return None if name is Attribute.ECCN else {Attribute.MANUFACTURER_ID: "20390"}.get(name, "JP")


def results(changes: list[Change], outcome: ChangeOutcome) -> tuple[ChangeResult, ...]:
    return tuple(ChangeResult(one, outcome) for one in changes)


def certificate(rows: int) -> Certificate:
    return Certificate(
        source="catalog.csv",
        rows=rows,
        records=rows + 214,
        evidence=(
            "The last record ends with a line end.",
            "Size and time were the same before and after reading.",
        ),
    )


HELD: Final = (
    HeldSku(
        sku(901),
        Held("countryOfOrigin", "UK", "not an assigned ISO 3166-1 code; did you mean GB?", 87),
    ),
    HeldSku(
        sku(902),
        Held("countryOfOrigin", "UK", "not an assigned ISO 3166-1 code; did you mean GB?", 3_318),
    ),
    HeldSku(sku(903), Held("hsCode", "1234.56.YW", "must be six to ten digits", 10_044)),
)
QUARANTINED: Final = (
    QuarantinedSku(
        sku(904),
        Failure(
            status=409,
            code="invalid_parameter",
            message="The combination of manufacturerId and partNumber does not exist.",
            parameter="manufacturerId",
            request_id="f0a4c9e1-7f1b-4f6e-9a55-0d2c6d8f1be2",
        ),
        STARTED - timedelta(days=3, hours=4),
    ),
)


def planned() -> CycleResult:
    """A dry run with a few of everything: look.md's own example."""
    changes = (
        [created(number) for number in range(1, 13)]
        + [updated(number) for number in range(20, 51)]
        + [deleted(number) for number in (61, 62)]
    )
    return CycleResult(
        id=CycleId("20261121T174000Z-3f9a"),
        mode=Mode.DRY_RUN,
        started=STARTED,
        finished=STARTED + timedelta(seconds=1.4),
        certificate=certificate(12_412),
        changes=results(sorted(changes, key=lambda one: one.id), ChangeOutcome.PLANNED),
        held=HELD,
        quarantined=QUARANTINED,
        states={
            SkuState.IN_SYNC: 12_364,
            SkuState.PENDING: 43,
            SkuState.HELD: 3,
            SkuState.QUARANTINED: 1,
            SkuState.MISSING: 2,
        },
        writes_due=45,
        requests=2,
        notes=("The key may not read SKUs: the fulfilment model is not checked.",),
    )


def quiet() -> CycleResult:
    """A run over an unchanged catalog."""
    return replace(
        planned(),
        id=CycleId("20261121T174500Z-81c2"),
        mode=Mode.ONCE,
        finished=STARTED + timedelta(seconds=0.213),
        changes=(),
        held=(),
        quarantined=(),
        states={SkuState.IN_SYNC: 12_408},
        writes_due=0,
        requests=0,
        notes=(),
    )


def stopped() -> CycleResult:
    """A run whose deletes a guard stopped, with a failed write besides."""
    carried_out = results([created(n) for n in range(1, 9)], ChangeOutcome.DONE) + results(
        [updated(n) for n in range(20, 40)], ChangeOutcome.DONE
    )
    failed = ChangeResult(
        updated(41),
        ChangeOutcome.FAILED,
        Failure(503, "service_unavailable", "The service is unavailable.", None, "6b0c7d1e"),
    )
    refused = ChangeResult(created(904), ChangeOutcome.QUARANTINED, QUARANTINED[0].failure)
    held_back = results([deleted(n) for n in range(100, 512)], ChangeOutcome.STOPPED)
    guard = GuardStop(
        Guard.MAX_DELETE,
        0.1,
        0.4,
        (Action.DELETE,),
        "412 of 1,030 owned items would be deleted, and at most 10 % may be within 24 h.",
        tuple(sku(number) for number in range(100, 103)),
    )
    return replace(
        planned(),
        id=CycleId("20261121T180000Z-c07d"),
        mode=Mode.ONCE,
        finished=STARTED + timedelta(minutes=3, seconds=20),
        certificate=certificate(620),
        changes=(*carried_out, failed, refused, *held_back),
        guards=(guard,),
        states={
            SkuState.IN_SYNC: 614,
            SkuState.PENDING: 1,
            SkuState.HELD: 3,
            SkuState.QUARANTINED: 1,
            SkuState.MISSING: 412,
        },
        writes_due=413,
        requests=47,
        notes=(),
    )


def large(count: int = 10_000) -> CycleResult:
    """A dry run over a catalog that changed nearly everywhere."""
    changes = [updated(number) if number % 20 else created(number) for number in range(count)]
    creates = sum(1 for one in changes if one.action is Action.CREATE)
    return replace(
        planned(),
        changes=results(changes, ChangeOutcome.PLANNED),
        certificate=certificate(64_000),
        states={SkuState.IN_SYNC: 64_000 - count, SkuState.PENDING: count, SkuState.HELD: 3},
        writes_due=count,
        requests=creates // 100 + 1,
    )


def report(result: CycleResult, exit_code: ExitCode = ExitCode.OK) -> Report:
    return Report.of(result, "catalog.csv", exit_code)
