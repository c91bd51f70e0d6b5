"""What an accepted write is answered with: the values that were sent, or others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.domain.attributes import Attribute, Attributes, Value
from syncd.domain.delivery import Accepted
from syncd.domain.tracking import SkuState, Tracked
from syncd.engine.absorb import absorb
from syncd.engine.plan import change_for, needs_look_up
from syncd.engine.retry import back_off
from syncd.engine.settle import claim, settle
from tests.unit.engine.samples import (
    CREATE_DUE,
    DAY,
    ECCN,
    ITEM,
    MAKER,
    NOW,
    ORIGIN,
    OTHER,
    OVERSELL,
    PART,
    POLICY,
    REFUSED,
    THIRD,
    UPDATE_DUE,
    WISH,
    due,
    settled,
    the,
)


@pytest.mark.parametrize(
    ("row", "answer", "both"),
    [
        (UPDATE_DUE, {**WISH, ORIGIN: "IT"}, "countryOfOrigin wanted DK, answered IT"),
        (UPDATE_DUE, OTHER, "countryOfOrigin wanted DK, answered CA"),
        (CREATE_DUE, {ORIGIN: "DK"}, "partNumber wanted A, answered no value"),
        (
            replace(UPDATE_DUE, desired={**WISH, ECCN: None}, known={**WISH, ECCN: "EAR99"}),
            {**WISH, ECCN: "EAR99"},
            "eccn wanted no value, answered EAR99",
        ),
    ],
)
def test_a_wish_that_is_answered_with_other_values_is_quarantined_with_both_for_good(
    row: Tracked, answer: Attributes, both: str
) -> None:
    found = settled(row, Accepted(answer, "req-9"))

    assert found.state is SkuState.QUARANTINED
    assert (found.known, found.quarantined_since) == (answer, NOW)
    assert found.quarantine is not None
    assert both in found.quarantine.message
    assert (found.quarantine.status, found.quarantine.code) == (None, "different_values")
    assert found.quarantine.request_id == "req-9"
    assert found.quarantine.parameter == both.split(maxsplit=1)[0]
    for later in (DAY, 999 * DAY):
        assert change_for(found, POLICY, NOW + later, 99) is None
        assert not needs_look_up(found, NOW + later)


def test_such_a_quarantine_ends_with_the_wish() -> None:
    found = settled(UPDATE_DUE, Accepted({**WISH, ORIGIN: "IT"}))

    assert absorb(found, 12, WISH).state is SkuState.QUARANTINED
    assert change_for(absorb(found, 12, OTHER), POLICY, NOW, 1) is not None
    assert absorb(found, 12, THIRD).state is SkuState.IN_SYNC


def test_a_value_that_the_write_did_not_carry_is_written_next_but_not_at_once() -> None:
    answer = {**WISH, PART: "B"}

    found = settled(replace(UPDATE_DUE, attempts=4), Accepted(answer))

    assert (found.state, found.attempts) == (SkuState.PENDING, 5)
    assert change_for(found, POLICY, NOW, 1) is None
    change = due(found, NOW + back_off(ITEM, 5))
    assert change.payload() == {PART: "A"}


def test_a_refused_wish_that_is_accepted_leaves_quarantine_although_another_value_differs() -> None:
    found = settled(replace(REFUSED, next_attempt=NOW), Accepted({**WISH, PART: "B"}))

    assert (found.state, found.quarantine, found.quarantined_since) == (
        SkuState.PENDING,
        None,
        None,
    )


def test_two_values_that_drive_each_other_out_are_written_ever_more_rarely() -> None:
    row, now = UPDATE_DUE, NOW
    for _ in range(14):
        change = due(row, now)
        answer = {**WISH, next(each for each in WISH if each not in change.attributes): "X"}
        row = the(settle(claim(row, change), change, Accepted(answer), POLICY, now))
        assert row.next_attempt is not None
        now = row.next_attempt

    assert now - NOW > timedelta(hours=1)


@pytest.mark.parametrize("answered", ["M", None])
def test_an_empty_wish_for_a_server_filled_attribute_accepts_any_answer(
    answered: Value,
) -> None:
    created = replace(CREATE_DUE, desired={**WISH, MAKER: None, OVERSELL: None})

    found = settled(created, Accepted({**WISH, MAKER: answered, OVERSELL: True}))

    assert found.state is SkuState.IN_SYNC
    assert found.sent == set(WISH)


@pytest.mark.parametrize("answered", [None, "M", "N"])
def test_a_value_that_syncd_has_sent_is_cleared_once_whatever_the_server_fills_in(
    answered: Value,
) -> None:
    sent = settled(
        replace(CREATE_DUE, desired={**WISH, MAKER: "M"}), Accepted({**WISH, MAKER: "M"})
    )
    emptied = absorb(sent, 12, {**WISH, MAKER: None})
    clear = due(emptied)

    found = settled(emptied, Accepted({**WISH, MAKER: answered}))

    assert clear.payload() == {MAKER: None}
    assert found.state is SkuState.IN_SYNC
    assert MAKER not in found.sent


def sent_after(payload: Attributes, answer: Attributes, row: Tracked) -> frozenset[Attribute]:
    wished = replace(row, desired={**WISH, **payload})
    return settled(wished, Accepted({**WISH, **answer})).sent


@pytest.mark.parametrize(
    ("before", "payload", "answer", "sent"),
    [
        pytest.param((), {MAKER: "M"}, {MAKER: "M"}, True, id="sent and answered"),
        pytest.param((), {MAKER: "M"}, {MAKER: "N"}, False, id="answered with another value"),
        pytest.param((MAKER,), {ECCN: "EAR99"}, {MAKER: "K"}, True, id="sent before, unchanged"),
        pytest.param((MAKER,), {ECCN: "EAR99"}, {MAKER: "N"}, False, id="somebody changed it"),
        pytest.param((), {ECCN: "EAR99"}, {MAKER: "K"}, False, id="never sent"),
        pytest.param((MAKER,), {MAKER: None}, {MAKER: "K"}, False, id="cleared"),
    ],
)
def test_only_a_value_that_syncd_has_sent_counts_as_sent(
    before: tuple[Attribute, ...], payload: Attributes, answer: Attributes, sent: bool
) -> None:
    row = replace(UPDATE_DUE, known={**WISH, MAKER: "K"}, sent=frozenset(before))

    assert (MAKER in sent_after(payload, answer, row)) is sent
