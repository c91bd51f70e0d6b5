"""Where nothing is ever written, pending rows are counted and say what a walk over them would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.domain.change import Action, Change
from syncd.domain.delivery import Failure
from syncd.domain.policy import Limits, Policy, PolicyMode
from syncd.domain.tracking import Delivery, Tracked
from syncd.service.left import left_over
from syncd.service.results import Results
from syncd.service.terms import Ports, Terms
from tests.contract.state.examples import put, skus
from tests.fakes.remote import FakeRemote
from tests.fakes.state import FakeState
from tests.unit.service.conftest import NOW, RULES, GivenCatalog, StandingClock

TERMS = Terms(Policy(mode=PolicyMode.REPORT_ONLY), Limits(), RULES, "account")
STOCKED = Failure(None, "stocked", "it has stock left")


@st.composite
def _rows(draw: st.DrawFn) -> Tracked:
    """Any row; some of them wait, and many have no wish."""
    row = draw(skus())
    return replace(
        row,
        desired=draw(st.sampled_from([row.desired, None])),
        missing=draw(st.sampled_from([row.missing, None])),
        foreign_reason=None,
        delivery=draw(st.sampled_from([row.delivery, Delivery.SETTLED])),
        last_error=draw(st.sampled_from([None, STOCKED])),
        next_attempt=draw(st.sampled_from([None, NOW, NOW + timedelta(hours=1)])),
    )


@settings(max_examples=40)
@given(st.lists(_rows(), max_size=4, unique_by=lambda row: row.id), st.data())
def test_they_are_not_walked_over_and_the_same_is_told(
    rows: Sequence[Tracked], data: st.DataObject
) -> None:
    ports = Ports(GivenCatalog(), FakeRemote(), FakeState(), StandingClock())
    put(ports.state, rows)
    results = Results()
    failed = [row for row in rows if data.draw(st.booleans())]
    results.unseen(Change(row.id, Action.DELETE, row.revision) for row in failed)
    wishless = {row.id for row in rows if row.desired is None}

    walked = left_over(ports, TERMS, results, None)
    counted = left_over(ports, TERMS, results, wishless)

    assert counted.kept_back == walked.kept_back
    assert counted.due == walked.due
    assert counted.waiting.sentences() == walked.waiting.sentences()
