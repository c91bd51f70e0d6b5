"""One wish alone, as a process of a fleet carries it out: without a loop, and with what is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.daemon.bearing import Ends
from syncd.daemon.sidework import Account
from syncd.daemon.wishes import Wish, Wishes
from syncd.daemon.worker import Worker
from syncd.service.past_audits import last_audit
from syncd.service.prune import PRUNED
from syncd.service.pulse import Job, Pulse, Trouble
from syncd.service.stock import last_shot
from syncd.state.adapter import SqlState
from tests.integration.service.shop import Shop, numbered, opened

DONE: dict[Job, Callable[[Shop, Pulse], bool]] = {
    Job.POLL: lambda _, pulse: pulse.last is not None,
    Job.FULL: lambda _, pulse: pulse.last is not None,
    Job.AUDIT: lambda shop, _: last_audit(shop.state) is not None,
    Job.ROLLING: lambda shop, _: bool(shop.asked_for("items")),
    Job.LEVELS: lambda shop, _: last_shot(shop.state) is not None,
    Job.PRUNE: lambda shop, _: shop.state.remembered(PRUNED) == shop.clock.now().isoformat(),
}


async def settled(shop: Shop) -> None:
    shop.stock(*numbered(3))
    await shop.settled()
    shop.later(days=1)


def carried_out(shop: Shop, pulse: Pulse, job: Job, stop: asyncio.Event) -> Awaitable[None]:
    account = Account(shop.ports, shop.remote, shop.terms, "the test")
    ends = Ends(stop, asyncio.Event())
    worker = Worker(account, pulse, Wishes(), ends, lambda *_: None, owes_whole_read=False)
    return worker.carry_out(Wish(job))


@pytest.mark.parametrize("job", Job)
async def test_each_job_is_done_by_itself(tmp_path: Path, job: Job) -> None:
    with opened(tmp_path) as shop:
        await settled(shop)
        pulse = Pulse(shop.clock.now)
        assert not DONE[job](shop, pulse)

        await carried_out(shop, pulse, job, asyncio.Event())

        assert DONE[job](shop, pulse)
        assert pulse.troubles == {}


@pytest.mark.parametrize("job", [Job.POLL, Job.AUDIT, Job.PRUNE])
async def test_what_fails_is_told_and_not_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job: Job
) -> None:
    def fail(*_: object) -> None:
        raise ValueError(job)

    with opened(tmp_path) as shop:
        await settled(shop)
        pulse = Pulse(shop.clock.now)
        monkeypatch.setattr(SqlState, "lease", fail)

        await carried_out(shop, pulse, job, asyncio.Event())

    assert pulse.troubles == {Trouble.UNKNOWN: f"ValueError: {job}"}


async def test_a_stop_breaks_an_audit_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncd.service.stoppable.PATIENCE", timedelta(milliseconds=10))
    stop = asyncio.Event()

    async def stopped_meanwhile() -> None:
        stop.set()
        await asyncio.Event().wait()

    with opened(tmp_path) as shop:
        await settled(shop)
        shop.remote.meanwhile = stopped_meanwhile
        pulse = Pulse(shop.clock.now)
        async with asyncio.timeout(60):
            await carried_out(shop, pulse, Job.AUDIT, stop)

        assert last_audit(shop.state) is None
    assert pulse.troubles == {}
