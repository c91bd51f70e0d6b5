"""The page of one SKU, as values: sides, marks and what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from syncd.domain.attributes import Attribute, Attributes, ItemId
from syncd.domain.change import ChangeOutcome, Resource
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Failure, Kind
from syncd.domain.item import RemoteItem
from syncd.domain.journal import Deed, JournalEntry, WriteId
from syncd.domain.snapshot import CatalogRow
from syncd.domain.tracking import Ownership, Reverted, Tracked
from syncd.report.tokens import Role
from syncd.service.explanation import Explanation
from syncd.service.looks import CatalogLook, Looks, RemoteLook
from syncd.service.outlook import Outlook, Remedy
from syncd.web.pages.sku import TOLD, Side, sku_page
from tests.unit.web.boards import MINUTE, NOW

ID = ItemId("SKU-1")
WISH: Attributes = {Attribute.HS_CODE: "8517.62.0090", Attribute.ECCN: None}
KNOWN: Attributes = {Attribute.HS_CODE: "8517.62.0050", Attribute.ECCN: None}
ROW = Tracked(ID, desired=WISH, known=KNOWN, ownership=Ownership.OWNED, revision=3)
FAILURE = Failure(409, "invalid_parameter", "No such pair.", "manufacturerId", "req-1")


def told(tracked: Tracked | None = ROW, **more: Any) -> Explanation:  # noqa: ANN401 - Explanation's own
    usual: dict[str, Any] = {
        "at": NOW,
        "id": ID,
        "tracked": tracked,
        "history": (),
        "catalog": None,
        "wish": None,
        "catalog_absence": None,
        "observed": None,
        "observed_absence": None,
        "next": Outlook("The next cycle updates it.", NOW + MINUTE),
    }
    return Explanation(**(usual | more))


def entry(deed: Deed = Deed.UPDATE, **more: Any) -> JournalEntry:  # noqa: ANN401 - JournalEntry's own
    usual: dict[str, Any] = {
        "write": WriteId(1),
        "cycle": CycleId("cycle-1"),
        "id": ID,
        "deed": deed,
        "resource": Resource.INVENTORY_ITEM,
        "revision": 3,
        "before": KNOWN,
        "after": {Attribute.HS_CODE: "8517.62.0090"},
        "begun": NOW - MINUTE,
        "ended": NOW - MINUTE + timedelta(milliseconds=86),
        "kind": Kind.ACCEPTED,
    }
    return JournalEntry(**(usual | more))


def test_a_difference_is_marked_inside_both_values() -> None:
    hs_code = next(row for row in sku_page(told(), Looks()).values if row.attribute == "hsCode")

    assert hs_code.desired == Side("8517.62.0090", "8517.62.00", "9", "0")
    assert hs_code.known == Side("8517.62.0050", "8517.62.00", "5", "0")
    assert hs_code.differs


def test_no_value_an_absent_one_and_an_unknown_one_are_three_things() -> None:
    rows = {row.attribute: row for row in sku_page(told(), Looks()).values}

    assert rows["eccn"].desired == Side(None, "", "", "")
    assert rows["partNumber"].desired is None
    assert rows["eccn"].observed is None
    assert not rows["eccn"].differs
    assert not rows["partNumber"].differs


def test_what_was_observed_is_held_against_what_is_known() -> None:
    item = RemoteItem(ID, {Attribute.HS_CODE: "8517.62.0050", Attribute.ECCN: "5A992"})
    seen = Looks(remote=RemoteLook(item, None, NOW - MINUTE))
    page = sku_page(told(observed=item), seen)
    rows = {row.attribute: row for row in page.values}

    assert rows["hsCode"].observed == Side("8517.62.0050", "8517.62.0050", "", "")
    assert rows["eccn"].observed == Side("5A992", "", "5A992", "")
    assert rows["eccn"].differs
    assert page.remote.at is not None
    assert (page.remote.words, page.remote.at.words) == ("there", "1 min ago")


def test_the_catalog_row_stands_as_it_is_written() -> None:
    row = CatalogRow(ID, 1, {Attribute.HS_CODE: " 85176 ", Attribute.ECCN: None}, 1_007, "a.csv")
    page = sku_page(told(catalog=row), Looks(CatalogLook(row, None, NOW)))
    rows = {one.attribute: one for one in page.values}

    assert rows["hsCode"].catalog == Side(" 85176 ", " 85176 ", "", "")
    assert rows["eccn"].catalog == Side(None, "", "", "")
    assert rows["partNumber"].catalog is None
    assert page.catalog.words == "row 1,007 of a.csv"


def test_why_nothing_was_seen_is_told() -> None:
    looks = Looks(CatalogLook(None, "", NOW), RemoteLook(None, "", NOW))
    page = sku_page(told(catalog_absence="It is gone.", observed_absence="No answer."), looks)

    assert (page.catalog.words, page.remote.words) == ("It is gone.", "No answer.")


def test_nobody_has_looked_yet() -> None:
    page = sku_page(told(), Looks())

    assert (page.catalog.at, page.remote.at) == (None, None)


def test_what_no_cycle_has_seen_is_unknown() -> None:
    page = sku_page(told(None), Looks())

    assert (page.state, page.words, page.commands) == ("Unknown", "The state has no such SKU.", ())


@pytest.mark.parametrize(
    ("row", "commands"),
    [
        (ROW, ()),
        (replace(ROW, quarantine=FAILURE), ("syncd quarantine retry SKU-1",)),
        (
            replace(ROW, reverted=Reverted(CycleId("c"), None)),
            ("syncd release SKU-1",),
        ),
    ],
)
def test_the_command_that_helps_is_ready(row: Tracked, commands: tuple[str, ...]) -> None:
    assert sku_page(told(row), Looks()).commands == commands


@pytest.mark.parametrize(
    ("id_", "spelt"),
    [
        ("SKU-1", "syncd quarantine retry SKU-1"),
        ("--all", "syncd quarantine retry -- --all"),
        ("a; rm b", "syncd quarantine retry 'a; rm b'"),
    ],
)
def test_what_helps_next_is_ready_as_well_and_named_once(id_: str, spelt: str) -> None:
    row = replace(ROW, id=ItemId(id_), quarantine=FAILURE)
    by_hand = Remedy("At once with:", ("syncd", "quarantine", "retry"), (row.id,))
    page = sku_page(told(row, next=Outlook("It waits.", remedy=by_hand)), Looks())

    assert (page.next_words, page.commands) == ("It waits. At once with:", (spelt,))


def test_a_command_that_nobody_can_paste_is_not_led_to() -> None:
    by_hand = Remedy("At once with:", ("syncd", "quarantine", "retry"), (ItemId("a\nb"),))
    page = sku_page(told(next=Outlook("It waits.", remedy=by_hand)), Looks())

    assert (page.next_words, page.commands) == ("It waits.", ())


def test_the_facts_are_those_that_there_are() -> None:
    row = replace(ROW, attempts=2, next_attempt=NOW + MINUTE, last_error=FAILURE)
    facts = dict(sku_page(told(row), Looks()).facts)

    assert list(facts) == ["Item", "Revision", "Next attempt", "Attempts", "Last error"]
    assert "req-1" in str(facts["Last error"])


# -------------------------------------------------------------------------------- what happened


@pytest.mark.parametrize(
    ("one", "role", "said"),
    [
        (entry(), Role.IN_SYNC, "updated"),
        (entry(approved=True), Role.IN_SYNC, "updated, approved by a person"),
        (entry(Deed.CREATE, kind=Kind.EXISTS), Role.FAILED, "create failed (it was there already)"),
        (entry(Deed.DELETE), Role.MISSING, "deleted"),
        (entry(kind=Kind.REFUSED), Role.QUARANTINED, "update quarantined"),
        (entry(kind=Kind.UNKNOWN), Role.FAILED, "update failed"),
        (entry(kind=None, ended=None), Role.PENDING, "update begun, its outcome is not recorded"),
        (
            entry(Deed.ADOPT),
            Role.IN_SYNC,
            "adopted: it existed already, and is ours from then on",
        ),
    ],
)
def test_each_event_says_what_became_of_it(one: JournalEntry, role: Role, said: str) -> None:
    (event,) = sku_page(told(history=(one,)), Looks()).events

    assert (event.role, event.said) == (role, said)


def test_an_update_shows_both_values_and_the_others_one() -> None:
    history = (entry(), entry(Deed.CREATE), entry(Deed.DELETE, after={}))
    deleted, created, updated = sku_page(told(history=history), Looks()).events

    (line,) = updated.lines
    assert (line.old, line.new, line.parts.old) == ("8517.62.0050", "8517.62.0090", "5")
    assert updated.pairs == ()
    assert created.lines == deleted.lines == ()
    assert created.pairs == (("hsCode", "8517.62.0090"),)
    assert deleted.pairs == (("hsCode", "8517.62.0050"),)


def test_a_failure_stands_with_its_reason_and_its_request_apart() -> None:
    one = entry(kind=Kind.REFUSED, failure=FAILURE, request_id="req-1")
    (event,) = sku_page(told(history=(one,)), Looks()).events

    assert event.reason == "409 invalid_parameter on manufacturerId: No such pair"
    assert (event.request_id, event.took) == ("req-1", "86 ms")


def test_the_newest_comes_first_and_very_old_ones_are_counted() -> None:
    history = tuple(entry(request_id=f"r{number}") for number in range(TOLD + 7))
    page = sku_page(told(history=history), Looks())

    assert [page.events[0].request_id, page.events[-1].request_id] == [f"r{TOLD + 6}", "r7"]
    assert (len(page.events), page.beyond) == (TOLD, 7)


def test_every_outcome_has_a_role() -> None:
    said = {
        sku_page(told(history=(entry(deed, kind=kind),)), Looks()).events[0].said
        for deed in Deed
        for kind in Kind
    }
    assert len(said) > len(ChangeOutcome)
