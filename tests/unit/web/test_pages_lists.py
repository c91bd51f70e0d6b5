"""The lists of SKUs: a page at a time, and by how an id begins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.snapshot import Certificate, HeldSku, Position, Reading
from syncd.domain.tracking import Held, SkuState, Tracked
from syncd.web.pages.lists import A_PAGE, FOUND, KINDS, found, list_page
from tests.contract.state.examples import FAILURE, put, sku
from tests.fakes.state import FakeState
from tests.unit.web.boards import NOW


@pytest.fixture
def state() -> FakeState:
    return FakeState()


def test_every_state_that_is_not_good_has_a_list() -> None:
    listed = [state for kind in KINDS.values() for state in kind.states]

    assert sorted([*listed, SkuState.IN_SYNC]) == sorted(SkuState)


def test_a_list_is_walked_a_page_at_a_time(state: FakeState) -> None:
    put(state, [sku(f"H{number:04}", SkuState.HELD) for number in range(A_PAGE + 3)])
    put(state, [sku("H0000x", SkuState.QUARANTINED)])

    first = list_page(state, KINDS["held"], None, NOW)
    second = list_page(state, KINDS["held"], ItemId(first.after), NOW)

    assert (first.count, len(first.rows), first.rows[0].id) == ("103", A_PAGE, "H0000")
    assert [row.id for row in second.rows] == ["H0100", "H0101", "H0102"]
    assert (first.is_first, second.is_first, second.after) == (True, False, "")


def test_a_page_that_is_just_full_has_none_behind_it(state: FakeState) -> None:
    put(state, [sku(f"H{number:04}", SkuState.HELD) for number in range(A_PAGE)])

    assert list_page(state, KINDS["held"], None, NOW).after == ""


def test_rows_without_an_id_stand_on_the_first_page_of_the_held(state: FakeState) -> None:
    stray = HeldSku("", Held("id", "x y", "every row needs an id", 1_009, "a.csv"))
    reading = Reading(
        Position("", ""), "", Certificate("c", 1, 1), NOW, strays=(stray,), stray_count=7
    )
    put(state, [sku("a", SkuState.HELD)])
    with state.transaction() as transaction:
        transaction.record_reading(reading)

    first = list_page(state, KINDS["held"], None, NOW)

    (row,) = first.strays
    assert (row.id, row.reason, row.value) == ("", "every row needs an id", "x y")
    assert row.place == "row 1,009 of a.csv"
    assert (first.count, first.stray_count) == ("8", "7 rows")
    assert list_page(state, KINDS["held"], ItemId("a"), NOW).strays == ()
    assert list_page(state, KINDS["missing"], None, NOW).strays == ()


@pytest.mark.parametrize(
    ("kind", "row", "reason", "when"),
    [
        ("held", sku("a", SkuState.HELD), "hsCode: digits only", None),
        ("quarantined", sku("a", SkuState.QUARANTINED), "409 invalid_parameter", "30 min ago"),
        ("missing", sku("a", SkuState.MISSING), "gone from the catalog", "30 min ago"),
        ("foreign", sku("a", SkuState.FOREIGN), "not ours: fulfilled", None),
        ("pending", sku("a", SkuState.IN_FLIGHT), "its outcome is not recorded", None),
        (
            "pending",
            replace(sku("a"), last_error=FAILURE, next_attempt=NOW),
            "Its last try failed: 409 invalid_parameter",
            "just now",
        ),
    ],
)
def test_each_row_says_why(
    state: FakeState, kind: str, row: Tracked, reason: str, when: str | None
) -> None:
    put(state, [row])

    (shown,) = list_page(state, KINDS[kind], None, NOW).rows

    assert reason in shown.reason
    assert (shown.time.words if shown.time else None) == when


def test_a_refusal_stands_with_its_request_and_the_command_that_helps(state: FakeState) -> None:
    put(state, [sku("a", SkuState.QUARANTINED)])

    (row,) = list_page(state, KINDS["quarantined"], None, NOW).rows

    assert (row.request_id, row.commands) == ("req-1", ("syncd quarantine retry a",))
    assert "req-1" not in row.reason


# -------------------------------------------------------------------------------------- search


@pytest.mark.parametrize(
    ("searched", "sentence", "count"),
    [
        ("A-", "2 ids begin with A-.", 2),
        ("A-1", "1 id begins with A-1.", 1),
        ("a", "No id begins with a. Upper and lower case are different.", 0),
        ("", "Type an id, or how it begins.", 0),
        ("\u202eA", r"No id begins with \u202eA. Upper and lower case are different.", 0),
    ],
)
def test_a_search_says_what_it_found(
    state: FakeState, searched: str, sentence: str, count: int
) -> None:
    put(state, [sku("A-1"), sku("A-2"), sku("B-1")])

    page = found(state, searched, NOW)

    assert (page.sentence, len(page.rows), page.more) == (sentence, count, False)


@pytest.mark.parametrize(("searched", "candidate"), [("C-1", "C-1"), ("C 1", ""), ("A-", "")])
def test_what_is_no_id_is_looked_for_nowhere_else(
    state: FakeState, searched: str, candidate: str
) -> None:
    put(state, [sku("A-1")])

    assert found(state, searched, NOW).candidate == candidate


def test_a_search_shows_the_first_of_many(state: FakeState) -> None:
    put(state, [sku(f"A{number:04}") for number in range(FOUND + 1)])

    page = found(state, "A", NOW)

    assert (len(page.rows), page.more) == (FOUND, True)
    assert page.sentence == f"More than {FOUND} ids begin with A."
