"""How rows and documents lie in the file: what a later version, or a person, will find there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.dialects import sqlite

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.cycle import CycleResult, Mode
from syncd.domain.snapshot import Certificate, Position, Reading
from syncd.domain.tracking import SkuState
from syncd.ports import State
from syncd.state import codec, documents, journal, queries
from tests.contract.state.examples import CYCLE, FAILURE, NOON, intent, put, sku

if TYPE_CHECKING:
    from sqlalchemy import Select

_NOON = 1_795_262_400_000_000
_CYCLE = CycleResult(CYCLE, Mode.ONCE, NOON, NOON, Certificate("catalog.csv", 1, 2))
_CHANGE = intent("a").change
_READING = Reading(Position("identity", "meaning"), "digest", Certificate("c", 1, 2), NOON)


def _row(file: Path, id_: str) -> Mapping[str, Any]:
    with closing(sqlite3.connect(file)) as database:
        database.row_factory = sqlite3.Row
        return dict(database.execute("SELECT * FROM sku WHERE id = ?", (id_,)).fetchone())


@pytest.mark.parametrize("word", SkuState)
def test_the_word_for_the_state_stands_in_the_row(state: State, file: Path, word: SkuState) -> None:
    put(state, [sku("a", word)])

    assert _row(file, "a")["state"] == word.value


def test_each_column_holds_what_its_name_says(state: State, file: Path) -> None:
    row = replace(
        sku("a", SkuState.QUARANTINED, owned=True),
        known={Attribute.ALLOW_OVERSELL: None},
        sent=frozenset({Attribute.PART_NUMBER, Attribute.ECCN}),
        revision=3,
        held=sku("x", SkuState.HELD).held,
        missing=sku("x", SkuState.MISSING).missing,
        foreign_reason="fulfilled",
        attempts=2,
        next_attempt=NOON,
        last_error=FAILURE,
    )
    put(state, [row])

    failure = (
        '{"status":409,"code":"invalid_parameter","message":"Bad country.",'
        '"parameter":"countryOfOrigin","request_id":"req-1"}'
    )
    assert _row(file, "a") == {
        "id": "a",
        "state": "missing",
        "fingerprint": row.fingerprint,
        "desired": '{"p":"PN-1","c":"DK"}',
        "known": '{"o":null}',
        "sent": "ep",
        "ownership": "owned",
        "delivery": "settled",
        "revision": 3,
        "held": '{"attribute":"hsCode","value":"1234.56.YW","rule":"digits only",'
        '"row":7,"file":null}',
        "missing_since": _NOON,
        "missing_read": 4,
        "quarantine": failure,
        "quarantined_since": _NOON,
        "foreign_reason": "fulfilled",
        "attempts": 2,
        "next_attempt": _NOON,
        "last_error": failure,
        "known_sku": None,
        "lost_sku": 0,
        "open_half": None,
    }


def test_known_values_that_equal_the_wish_are_not_written_twice(state: State, file: Path) -> None:
    put(state, [sku("a", SkuState.IN_SYNC)])

    assert _row(file, "a")["known"] == "="


def test_every_attribute_has_a_letter_of_its_own() -> None:
    assert set(codec.LETTERS) == set(Attribute)
    assert len(set(codec.LETTERS.values())) == len(Attribute)


@pytest.mark.parametrize(
    "query",
    [
        queries.CENSUS,
        queries.in_states(frozenset(SkuState), None, 1000),
        queries.in_states(frozenset({SkuState.PENDING}), sku("a").id, 1000),
        queries.owned(100),
    ],
    ids=["census", "first batch", "next batch", "owned"],
)
def test_no_question_reads_the_whole_table(state: State, file: Path, query: Select[Any]) -> None:
    text = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    with closing(sqlite3.connect(file)) as database:
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {text}")]

    assert any("USING COVERING INDEX sku_by_state" in step for step in plan)
    assert [step for step in plan if step == "SCAN sku"] == []


@pytest.mark.parametrize(
    ("query", "step"),
    [
        (
            journal.IN_AN_HOUR.params({"deed": "update", "from": 1, "to": 2}),
            "SEARCH journal USING COVERING INDEX journal_by_deed (deed=? AND begun>? AND begun<?)",
        ),
        (
            queries.beginning_with("A", 50),
            "SEARCH sku USING INDEX sqlite_autoindex_sku_1 (id>? AND id<?)",
        ),
    ],
    ids=["writes of an hour", "how an id begins"],
)
def test_a_page_asks_along_an_index(
    state: State, file: Path, query: Select[Any], step: str
) -> None:
    text = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    with closing(sqlite3.connect(file)) as database:
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {text}")]

    assert plan[0] == step


@pytest.mark.parametrize("change", ["more", "less", "other", "none"])
def test_a_stop_that_stands_over_a_moving_catalog_costs_what_has_moved(
    state: State, file: Path, change: str
) -> None:
    plan = [replace(_CHANGE, id=ItemId(f"sku-{number:05}")) for number in range(20_000)]
    moved = {
        "more": [*plan[:9000], replace(_CHANGE, id=ItemId("sku-09000-new")), *plan[9000:]],
        "less": [*plan[:9000], *plan[9001:]],
        "other": [*plan[:9000], replace(_CHANGE, id=plan[9000].id, revision=7), *plan[9001:]],
        "none": plan,
    }[change]
    with state.transaction() as transaction:
        first = transaction.record_stopped(plan)
    whole = _stopped_size(file)

    with state.transaction() as transaction:
        second = transaction.record_stopped(moved)

    assert (first == second) is (change == "none")
    assert (_stopped_size(file) == whole) is (change == "none")
    assert _stopped_size(file) < 1.2 * whole
    assert (list(state.stopped(first)), list(state.stopped(second))) == (plan, moved)


def _stopped_size(file: Path) -> int:
    with closing(sqlite3.connect(file)) as database:
        size = database.execute("SELECT sum(length(document)) FROM stopped_plan").fetchone()
    return int(size[0])


def test_a_cycle_of_an_older_version_takes_todays_defaults() -> None:
    document = json.loads(documents.cycle_text(_CYCLE))
    kept = ("id", "mode", "started", "finished", "certificate")
    older = {name: document[name] for name in kept} | {"once_upon_a_time": 1}

    assert documents.cycle_from(json.dumps(older)) == _CYCLE


def test_a_reading_of_an_older_version_takes_todays_defaults() -> None:
    document = json.loads(documents.reading_text(_READING))
    kept = ("position", "digest", "certificate", "at")
    older = {name: document[name] for name in kept} | {"once_upon_a_time": 1}

    assert documents.reading_from(json.dumps(older)) == _READING
