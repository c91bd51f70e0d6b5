"""What happens next, said for every state a SKU can be in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action
from syncd.domain.cycle import CycleId, CycleResult, Guard, GuardStop, Mode
from syncd.domain.delivery import Failure
from syncd.domain.policy import Policy, PolicyMode
from syncd.domain.tracking import (
    Delivery,
    Held,
    Missing,
    Ownership,
    Reverted,
    SkuState,
    Tracked,
)
from syncd.service.outlook import Prospect, Remedy, outlook, state_words

NOW = datetime(2026, 11, 21, 17, 40, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
DAY = timedelta(days=1)
ID = ItemId("A-1")
DESIRED = {Attribute.PART_NUMBER: "P1"}
REFUSAL = Failure(409, "invalid_parameter", "No such part.", "manufacturerId", "r-1")

NEW = Tracked(ID, desired=DESIRED)
IN_SYNC = Tracked(ID, desired=DESIRED, known=DESIRED, ownership=Ownership.OWNED)
CHANGED = replace(IN_SYNC, known={Attribute.PART_NUMBER: "P0"})
LOST = Tracked(ID, desired=DESIRED, ownership=Ownership.OWNED)
DELAYED = replace(CHANGED, attempts=2, next_attempt=LATER)
IN_FLIGHT = replace(CHANGED, delivery=Delivery.IN_FLIGHT)
IN_DOUBT = replace(CHANGED, delivery=Delivery.IN_DOUBT, next_attempt=LATER)
DOUBTED = replace(CHANGED, delivery=Delivery.DOUBTED)
HELD = replace(IN_SYNC, held=Held("hsCode", "12", "an HS code has six digits"))
REFUSED = replace(NEW, quarantine=REFUSAL, quarantined_since=NOW, next_attempt=LATER)
UNHEARD = Failure(None, "different_values", "The answer has other values.")
NOT_HEARD = replace(NEW, quarantine=UNHEARD, quarantined_since=NOW)
MISSING = replace(IN_SYNC, missing=Missing(NOW, read=7))
FOREIGN = replace(
    NEW, ownership=Ownership.FOREIGN, foreign_reason="Digital River fulfils it", next_attempt=LATER
)


def told(row: Tracked, policy: Policy | None = None, reads: int = 7) -> tuple[str, object]:
    found = outlook(Prospect(row, policy or Policy(), reads, NOW))
    helps = found.remedy
    spelt = () if helps is None else (helps.lead, *helps.command, *helps.ids)
    return " ".join((found.words, *spelt)), found.at


@pytest.mark.parametrize(
    ("row", "words", "at"),
    [
        (IN_SYNC, "Nothing, until its catalog row changes", None),
        (NEW, "looks it up at Digital River, and creates it where it is not there", None),
        (LOST, "creates it again", None),
        (CHANGED, "The next cycle updates it", None),
        (DELAYED, "Attempt 3", LATER),
        (IN_FLIGHT, "asks Digital River whether the last write was carried out", None),
        (IN_DOUBT, "asks Digital River whether the last write was carried out", LATER),
        (DOUBTED, "looks it up at Digital River, for others may have changed it", None),
        (HELD, "stays as it is until the catalog row is mended", None),
        (REFUSED, "syncd quarantine retry A-1", LATER),
        (NOT_HEARD, "It is tried again when its catalog row changes", None),
        (MISSING, "deleted", NOW + timedelta(hours=24)),
        (FOREIGN, "It is never written", LATER),
    ],
)
def test_each_state_has_its_outlook(row: Tracked, words: str, at: datetime | None) -> None:
    said, when = told(row)

    assert words in said
    assert when == at


def test_every_state_is_covered_above() -> None:
    rows = (IN_SYNC, NEW, IN_FLIGHT, HELD, REFUSED, MISSING, FOREIGN)

    assert {row.state for row in rows} == set(SkuState)
    assert all(state_words(row) for row in rows)


HALF_FOREIGN = replace(IN_SYNC, foreign_reason="its SKU was there", next_attempt=LATER)
WITH_OUR_SKU = replace(FOREIGN, known_sku=DESIRED)


@pytest.mark.parametrize(
    ("row", "policy", "words", "after"),
    [
        (HALF_FOREIGN, Policy(), "Its item is ours and its SKU is not: its", "its item is deleted"),
        (HALF_FOREIGN, Policy(mode=PolicyMode.UPSERT), "Its item is ours", "never written"),
        (HALF_FOREIGN, Policy(mode=PolicyMode.REPORT_ONLY), "Its item is ours", "never written"),
        (WITH_OUR_SKU, Policy(), "Its SKU is ours and its item is not", "never written"),
        (WITH_OUR_SKU, Policy(delete_skus=True), "Its SKU is ours", "its SKU is deleted"),
        (FOREIGN, Policy(delete_skus=True), "and is not ours", "never written"),
    ],
)
def test_a_half_that_is_ours_is_told_and_when_it_goes(
    row: Tracked, policy: Policy, words: str, after: str
) -> None:
    assert row.state is SkuState.FOREIGN
    assert words in state_words(row)
    assert after in told(row, policy)[0]


@pytest.mark.parametrize(
    ("mode", "row", "words"),
    [
        (PolicyMode.REPORT_ONLY, CHANGED, "reported and not written"),
        (PolicyMode.CREATE_ONLY, CHANGED, "allows no update"),
        (PolicyMode.CREATE_ONLY, NEW, "creates it"),
        (PolicyMode.UPSERT, MISSING, "never deletes"),
        (PolicyMode.REPORT_ONLY, MISSING, "reported and not made"),
    ],
)
def test_the_mode_of_the_policy_has_its_say(mode: PolicyMode, row: Tracked, words: str) -> None:
    said, _ = told(row, Policy(mode=mode))

    assert words in said


@pytest.mark.parametrize(
    ("reads", "words"),
    [
        (7, "once 1 more complete read lack"),
        (8, "from then on, provided that it has no stock left"),
        (12, "from then on, provided that it has no stock left"),
    ],
)
def test_a_delete_says_how_many_reads_it_still_waits_for(reads: int, words: str) -> None:
    said, _ = told(MISSING, reads=reads)

    assert words in said


def test_a_delete_whose_time_has_come_names_no_moment() -> None:
    row = replace(MISSING, missing=Missing(NOW - timedelta(days=2), read=7))

    _, when = told(row, reads=9)

    assert when is None


def test_a_refusal_is_told_with_what_support_asks_for() -> None:
    assert state_words(REFUSED) == (
        "Digital River refused it: 409 invalid_parameter on manufacturerId: No such part "
        "(request r-1)."
    )


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (Held("hsCode", "12", "too short"), "Its catalog row is unusable: hsCode '12': too short."),
        (
            Held("eccn", "", "too short", row=1_007, file="b.csv"),
            "Its catalog row 1,007 of b.csv is unusable: eccn '': too short.",
        ),
        (Held("", "", "cut short", row=3), "Its catalog row 3 is unusable: cut short."),
    ],
)
def test_a_held_row_is_told_with_attribute_value_rule_and_place(held: Held, words: str) -> None:
    assert state_words(replace(HELD, held=held)) == words


def cycle_stopped_by(*guards: Guard) -> CycleResult:
    stops = tuple(GuardStop(guard, 1, 9, tuple(Action), f"{guard} says no") for guard in guards)
    return CycleResult(CycleId("cycle-7"), Mode.ONCE, NOW, NOW, None, guards=stops)


@pytest.mark.parametrize("row", [CHANGED, replace(MISSING, missing=Missing(NOW - DAY * 2, 2))])
def test_a_change_that_a_guard_keeps_back_is_not_promised(row: Tracked) -> None:
    last = cycle_stopped_by(Guard.MAX_UPDATE)

    found = outlook(Prospect(row, Policy(), 7, NOW, last))

    assert "stopped by max_update: max_update says no." in found.words
    assert found.remedy == Remedy("Let it through with:", ("syncd", "approve", "cycle-7"))


def test_what_cannot_be_approved_is_not_offered_for_approval() -> None:
    last = cycle_stopped_by(Guard.PARTIAL_READ)

    found = outlook(Prospect(CHANGED, Policy(), 7, NOW, last))

    assert found.remedy is None


def test_a_row_without_a_change_does_not_mind_the_guards() -> None:
    last = cycle_stopped_by(Guard.MAX_UPDATE)

    assert outlook(Prospect(IN_SYNC, Policy(), 7, NOW, last)) == outlook(
        Prospect(IN_SYNC, Policy(), 7, NOW)
    )


def test_a_delete_that_waits_says_for_what() -> None:
    stocked = replace(MISSING, next_attempt=LATER, last_error=Failure(None, "stocked", "in stock."))

    assert told(stocked) == ("Its delete waits: in stock. It is tried again then.", LATER)


REVERTED = replace(CHANGED, desired=CHANGED.known, reverted=Reverted(CycleId("c-7"), DESIRED))


@pytest.mark.parametrize(
    ("row", "state", "then"),
    [
        (REVERTED, "was reverted from c-7 and is held so", "syncd release A-1"),
        (replace(REVERTED, known=DESIRED), "is not yet as it was before", "updates it"),
        (replace(REVERTED, desired=None), "is not yet as it was before", "deletes it"),
        (
            replace(REVERTED, held=HELD.held),
            "is held so. Its catalog row is unusable: hsCode '12': an HS code has six digits",
            "syncd release A-1",
        ),
    ],
)
def test_what_a_revert_holds_is_told_with_the_way_out(row: Tracked, state: str, then: str) -> None:
    words, at = told(row)

    assert state in state_words(row)
    assert (then in words, at) == (True, None)


@pytest.mark.parametrize("row", [NEW, CHANGED, LOST, DELAYED, MISSING, REFUSED])
def test_under_the_orchestrated_model_no_write_is_promised(row: Tracked) -> None:
    found = outlook(Prospect(row, Policy(), 7, NOW, orchestrated=True))

    assert found.words.startswith('Nothing: digital_river.model is "orchestrated"')
    assert found.at is None


@pytest.mark.parametrize("row", [IN_SYNC, IN_FLIGHT, IN_DOUBT, HELD, FOREIGN])
def test_the_orchestrated_model_changes_nothing_else(row: Tracked) -> None:
    plain = outlook(Prospect(row, Policy(), 7, NOW))

    assert outlook(Prospect(row, Policy(), 7, NOW, orchestrated=True)) == plain
