"""Outside the hours in which writes are allowed everything goes on but the writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.change import Change, ChangeOutcome
from syncd.domain.delivery import Outcome
from syncd.domain.window import windows_of
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from tests.fakes.remote import FakeRemote
from tests.integration.service.shop import Shop, numbered


@pytest.fixture
def at_noon(shop: Shop) -> Shop:
    """It is noon, and writes are allowed from eight in the evening."""
    shop.terms = replace(shop.terms, windows=windows_of(["20:00-06:00"]))
    return shop


async def test_writes_wait_and_are_told_with_the_hour(at_noon: Shop) -> None:
    at_noon.stock("a", "b")

    result = await at_noon.run()

    assert at_noon.wrote() == []
    assert [one.outcome for one in result.changes] == [ChangeOutcome.PLANNED] * 2
    assert exit_code(result) is ExitCode.FAILED  # writes are still due
    assert any("open at 2026-11-01 20:00 UTC" in note for note in result.notes)


async def test_they_are_made_once_it_is_time(at_noon: Shop) -> None:
    at_noon.stock("a", "b")
    await at_noon.run()
    at_noon.later(hours=8)

    result = await at_noon.run()

    assert sorted(at_noon.wrote()) == ["a", "b"]
    assert exit_code(result) is ExitCode.OK


async def test_a_delivery_ends_when_the_hours_do(
    at_noon: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_noon.stock(*numbered(300))
    at_noon.later(hours=18, seconds=-1)
    carry_out = FakeRemote.carry_out

    async def slowly(remote: FakeRemote, change: Change) -> Outcome:
        at_noon.later(milliseconds=10)
        return await carry_out(remote, change)

    monkeypatch.setattr(FakeRemote, "carry_out", slowly)
    result = await at_noon.run()

    assert 50 < len(at_noon.wrote()) < 200
    assert exit_code(result) is ExitCode.FAILED
    at_noon.later(hours=14)
    assert exit_code(await at_noon.run()) is ExitCode.OK
    assert len(at_noon.wrote()) == 300
