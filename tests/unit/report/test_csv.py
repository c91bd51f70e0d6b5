"""The CSV of changes, read back as a spreadsheet would."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change, ChangeOutcome
from syncd.domain.cycle import ChangeResult
from syncd.domain.delivery import Failure
from syncd.domain.snapshot import HeldSku
from syncd.domain.tracking import Held
from syncd.report import Format, render
from tests.unit.report.samples import certificate, quiet, report, stopped

HELD_ROW = HeldSku("SKU-7", Held("eccn", "9Z999", "not approved", row=7, file="b.csv"))


def rows_of(*results: ChangeResult) -> list[dict[str, str]]:
    sheet = render(report(replace(quiet(), changes=results)), Format.CSV)
    rows = csv.DictReader(io.StringIO(sheet, newline=""))
    return [row for row in rows if row["outcome"] != "evidence"]


def result(id: str, known: str | bool | None, desired: str | bool | None) -> ChangeResult:
    change = Change(
        ItemId(id), Action.UPDATE, 1, {Attribute.PART_NUMBER: AttributeChange(known, desired)}
    )
    return ChangeResult(change, ChangeOutcome.DONE)


def test_a_row_for_each_changed_attribute() -> None:
    change = Change(
        ItemId("SKU-1"),
        Action.UPDATE,
        1,
        {
            Attribute.ECCN: AttributeChange("EAR99", None),
            Attribute.ALLOW_OVERSELL: AttributeChange(None, True),
        },
    )
    failure = Failure(503, "busy", "Later, please.", None, "r-1")
    rows = rows_of(ChangeResult(change, ChangeOutcome.FAILED, failure))
    assert [(row["attribute"], row["from"], row["to"]) for row in rows] == [
        ("eccn", "EAR99", ""),
        ("allowOversell", "", "true"),
    ]
    assert {(row["outcome"], row["code"], row["request_id"]) for row in rows} == {
        ("failed", "busy", "r-1")
    }


def test_a_change_without_attributes_has_a_row() -> None:
    (row,) = rows_of(ChangeResult(Change(ItemId("A"), Action.DELETE, 1), ChangeOutcome.PLANNED))
    assert (row["id"], row["action"], row["attribute"]) == ("A", "delete", "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])  # noqa: RUF001
def test_no_cell_is_a_formula(start: str) -> None:
    text = f"{start}cmd|'/c calc'!A1"
    (row,) = rows_of(result(text, text, text))
    assert [row["id"], row["from"], row["to"]] == [f"'{text}"] * 3


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_value_comes_back_or_is_defused(value: str) -> None:
    (row,) = rows_of(result("A", None, value))
    assert row["to"].removeprefix("'") == value.removeprefix("'")
    assert not row["to"].startswith(("=", "+", "-", "@"))


def test_a_whole_report_has_a_row_for_every_attribute() -> None:
    made = report(stopped())
    rows = list(csv.reader(io.StringIO(render(made, Format.CSV))))
    changes = [row for row in rows[1:] if row[1]]
    assert len(changes) == sum(len(one.change.attributes) for one in made.changes)


def test_what_is_no_change_stands_behind_the_changes_without_an_action() -> None:
    few = replace(stopped(), changes=stopped().changes[:1], held=(HELD_ROW,))
    doubted = replace(few.certificate or certificate(1), doubts=("It was cut.",))
    result = replace(few, notes=("A note.",), error="It broke.", certificate=doubted)
    rows = list(csv.DictReader(io.StringIO(render(report(result), Format.CSV))))
    told = [row for row in rows if not row["action"]]

    assert rows[-len(told) :] == told
    held, *refused, guard, note, doubt, proof, other_proof, error = told
    assert [row["outcome"] for row in (doubt, proof, other_proof)] == ["doubt", *["evidence"] * 2]
    proofs = (proof["message"], other_proof["message"])
    assert (doubt["message"], proofs) == ("It was cut.", doubted.evidence)
    assert (held["id"], held["outcome"], held["attribute"]) == (HELD_ROW.id, "held", "eccn")
    assert (held["to"], held["message"]) == ("9Z999", "not approved (row 7 of b.csv)")
    assert {row["id"] for row in refused} == {one.id for one in result.quarantined}
    assert {row["outcome"] for row in refused} <= {"quarantined"}
    assert (guard["code"], guard["from"], guard["to"]) == ("max_delete", "0.1", "0.4")
    assert [row["outcome"] for row in (guard, note, error)] == ["guard", "note", "error"]
    assert (note["message"], error["message"]) == ("A note.", "It broke.")
