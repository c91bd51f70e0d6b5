"""What stands beside the work, and fails, is told and begins anew."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
import structlog

from syncd.daemon.bearing import kept_going
from syncd.service.pulse import Pulse, Trouble


async def test_a_mistake_beside_the_work_is_told_and_it_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("syncd.daemon.bearing.BREATH", 0.001)
    pulse, tries = Pulse(lambda: datetime.now(UTC)), iter([ValueError("no such key"), None])

    async def go_on() -> None:
        failure = next(tries)
        if failure is not None:
            raise failure

    with structlog.testing.capture_logs() as logged:
        await kept_going("probe", go_on, pulse)

    assert pulse.troubles == {Trouble.UNKNOWN: "ValueError: no such key"}
    told = [(one["event"], one.get("task")) for one in logged]
    assert told == [("daemon.trouble", None), ("daemon.bug", "probe")]
    assert next(tries, "all were made") == "all were made"


async def test_it_can_be_ended() -> None:
    task = asyncio.create_task(
        kept_going("beats", asyncio.Event().wait, Pulse(lambda: datetime.now(UTC)))
    )
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
