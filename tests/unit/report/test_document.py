"""The JSON document, there and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change, ChangeOutcome
from syncd.domain.cycle import ChangeResult, CycleResult, Guard, GuardStop
from syncd.domain.snapshot import HeldSku
from syncd.domain.tracking import Held
from syncd.errors import ExitCode, ReportError
from syncd.report import Format, from_json, render
from tests.unit.report.samples import STARTED, planned, quiet, report, stopped


def document(result: CycleResult) -> dict[str, object]:
    loaded = json.loads(render(report(result), Format.JSON))
    assert isinstance(loaded, dict)
    return loaded


def test_has_the_fields_of_the_contract_in_their_order() -> None:
    assert list(document(planned()))[:11] == [
        "schema",
        "cycle",
        "mode",
        "started",
        "finished",
        "catalog",
        "summary",
        "guards",
        "changes",
        "held",
        "quarantined",
    ]


def test_a_change_reads_as_the_contract_has_it() -> None:
    change = Change(
        ItemId("SKU-1"),
        Action.UPDATE,
        4,
        {Attribute.COUNTRY_OF_ORIGIN: AttributeChange("DK", "CA")},
    )
    result = replace(quiet(), changes=(ChangeResult(change, ChangeOutcome.PLANNED),))
    assert document(result)["changes"] == [
        {
            "id": "SKU-1",
            "action": "update",
            "resource": "inventory_item",
            "outcome": "planned",
            "attributes": {"countryOfOrigin": {"from": "DK", "to": "CA"}},
            "revision": 4,
        }
    ]


def test_an_explicit_clear_keeps_its_null() -> None:
    change = Change(ItemId("A"), Action.UPDATE, 1, {Attribute.ECCN: AttributeChange("EAR99", None)})
    shown = document(replace(quiet(), changes=(ChangeResult(change, ChangeOutcome.DONE),)))
    assert '"eccn": {"from": "EAR99", "to": null}' in json.dumps(shown)


def test_held_quarantined_and_guards_read_as_the_contract_has_them() -> None:
    shown = document(stopped())
    held, quarantined, guards = shown["held"], shown["quarantined"], shown["guards"]
    assert isinstance(held, list)
    assert isinstance(quarantined, list)
    assert isinstance(guards, list)
    assert list(held[0]) == ["id", "row", "attribute", "value", "rule"]
    assert quarantined[0]["since"] == "2026-11-18T13:40:00Z"
    assert list(quarantined[0]) == [
        "id",
        "status",
        "code",
        "parameter",
        "message",
        "request_id",
        "since",
    ]
    assert (guards[0]["guard"], guards[0]["limit"], guards[0]["stopped"]) == (
        "max_delete",
        0.1,
        ["delete"],
    )


def test_times_end_in_z() -> None:
    assert document(planned())["started"] == "2026-11-21T17:40:00Z"


@pytest.mark.parametrize("result", [planned(), stopped(), quiet()])
def test_comes_back_as_it_was(result: CycleResult) -> None:
    made = report(result, ExitCode.NEEDS_ATTENTION)
    assert from_json(render(made, Format.JSON).encode()) == made


@pytest.mark.parametrize(("limit", "actual"), [(1.0, 1.0), (10, 40), (1, 2), (0.1, 0.25)])
def test_a_share_comes_back_as_a_share_and_a_count_as_a_count(limit: float, actual: float) -> None:
    stop = GuardStop(Guard.MAX_UPDATE, limit, actual, (Action.UPDATE,), "Too many.")
    made = report(replace(quiet(), guards=(stop,)))
    (back,) = from_json(render(made, Format.JSON).encode()).guards
    assert (type(back.limit), type(back.actual)) == (type(limit), type(actual))


@given(id=st.text(), value=st.text() | st.none() | st.booleans(), micros=st.integers(0, 10**12))
def test_any_value_and_any_time_comes_back(
    id: str,
    value: str | bool | None,
    micros: int,
) -> None:
    change = Change(
        ItemId(id), Action.UPDATE, 1, {Attribute.PART_NUMBER: AttributeChange(value, "1")}
    )
    result = replace(
        quiet(),
        finished=STARTED + timedelta(microseconds=micros),
        changes=(ChangeResult(change, ChangeOutcome.DONE),),
        held=(HeldSku(id, Held("", id, "rule", None, "a.csv")),),
    )
    made = report(result)
    assert from_json(render(made, Format.JSON).encode()) == made


def test_fields_of_a_later_version_are_passed_over() -> None:
    made = report(planned())
    later = {**json.loads(render(made, Format.JSON)), "carbon": {"grams": 3}}
    assert from_json(json.dumps(later).encode()) == made


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "EOF"),
        (b"\xff\xfe\x00", "Invalid JSON"),
        (b"id,action\n1,2\n", "Invalid JSON"),
        (b"[]", "no report that syncd can read"),
        (b"{}", "cycle: Field required"),
        (b'{"schema": 2}', "it has schema 2, and this version reads 1"),
        (render(report(planned()), Format.JSON).encode()[:-100], "EOF"),
        (
            render(report(planned()), Format.JSON).replace("countryOfOrigin", "colour").encode(),
            "colour",
        ),
    ],
)
def test_a_file_that_is_no_report_is_refused_in_words(text: bytes, reason: str) -> None:
    with pytest.raises(ReportError, match=r"^plan\.json: .*\. Make it anew") as raised:
        from_json(text, "plan.json")
    assert reason in str(raised.value)
