"""Kills a process that helps with the delivery of another one, which goes on without it."""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from unittest.mock import patch

import psutil

from syncd.config import load
from syncd.domain.change import Change
from syncd.domain.cycle import CycleResult, Mode
from syncd.domain.delivery import Outcome
from syncd.ports import Duty
from syncd.service import deliver, shared
from syncd.service.cycle import new_cycle_id, run_cycle
from syncd.service.terms import CycleRequest
from syncd.state.postgres import lease as postgres_lease
from syncd.state.postgres import opening
from syncd.wiring import RemoteOnDemand, Wired, wired
from tests.acceptance.haste import BEATS_A_TERM
from tests.acceptance.kills.launcher import Ended
from tests.acceptance.kills.places import helping
from tests.acceptance.kills.server import ServerSweep, journal_of
from tests.acceptance.kills.stage import Among, Stage
from tests.postgres_states import Account
from tests.shop import wait_until

_QUIET: Final = 1.0
"""Seconds in which helpers have nothing in hand, after which they are taken to be done."""
_IS_SHARED: Final = "SELECT to_regclass('syncd.offer') IS NOT NULL"
_DELIVERIES: Final = "SELECT count(*) FROM syncd.delivery WHERE is_open"
_HELPERS: Final = "SELECT count(*) FROM syncd.helper"
_OFFERS: Final = "SELECT count(*) FROM syncd.offer WHERE outcome IS NULL"
_CLAIMED: Final = f"{_OFFERS} AND claimant IS NOT NULL"
_KEPT: Final = 2
"""So many changes at once the leader keeps for itself."""


@dataclass
class Leader:
    """Leads one cycle after the other, on duty; it sends nothing itself as long as a helper may.

    That is until it `is_alone`, or whoever has helped has nothing more to do.
    """

    account: Account
    configuration: Path
    is_alone: bool = False
    _busy: float | None = None

    def leads(self) -> CycleResult:
        """Lead a whole cycle."""
        with (
            wired(load(self.configuration)) as opened,
            opened.state.duty("the leader") as duty,
        ):
            remote = _Held(opened, self._may_send)
            request = CycleRequest(
                new_cycle_id(opened.clock.now()), Mode.SCHEDULED, "the leader", sees_to_orphans=True
            )
            return asyncio.run(_run(opened, duty, remote, request))

    def wants_help(self) -> bool:
        """Whether it is time for a helper to come."""
        return self._count(_DELIVERIES) > 0

    def has_helper(self) -> bool:
        """Whether some of it is in a helper's hands."""
        return self._count(_CLAIMED) > 0

    def _may_send(self) -> bool:
        if self._count(_OFFERS) or (self._busy is None and self._count(_HELPERS)):
            self._busy = time.monotonic()
        is_quiet = self._busy is not None and time.monotonic() - self._busy > _QUIET
        return self.is_alone or is_quiet

    def _count(self, query: str) -> int:
        ((is_shared,),) = self.account.ask(_IS_SHARED)
        return int(str(self.account.ask(query)[0][0])) if is_shared else 0


class _Held(RemoteOnDemand):
    """A remote whose writes wait for leave."""

    def __init__(self, opened: Wired, may_send: Callable[[], bool]) -> None:
        super().__init__(lambda: opened.remote)
        self._may_send = may_send

    async def carry_out(self, change: Change) -> Outcome:
        while not await asyncio.to_thread(self._may_send):  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.02)
        return await super().carry_out(change)


async def _run(opened: Wired, duty: Duty, remote: _Held, request: CycleRequest) -> CycleResult:
    showing = asyncio.create_task(_show(duty))
    try:
        return await run_cycle(replace(opened.ports, remote=remote), opened.terms, request)
    finally:
        showing.cancel()
        await remote.aclose()


async def _show(duty: Duty) -> None:
    """Show that the leader lives, as a daemon on duty does, or a helper would take its place."""
    while True:
        await asyncio.to_thread(duty.show)
        await asyncio.sleep(postgres_lease.BEAT / BEATS_A_TERM)


@contextmanager
def _killed_on_failure(helper: psutil.Process) -> Iterator[psutil.Process]:
    """Let no one that is stopped keep what waits for its end from telling what has failed."""
    try:
        yield helper
    except BaseException:
        with suppress(psutil.NoSuchProcess):
            helper.kill()
        raise


class HelpedSweep(ServerSweep):
    """The story of a helper: whatever becomes of it, the leader brings everything to its end."""

    def __init__(self, stage: Stage, account: Account, term: float) -> None:
        super().__init__(stage, account, term, helping)
        self._term = term

    def killed(self, at: int, among: Among) -> Ended:
        """Kill the helper at this boundary, if it is there, and look at what the leader does."""
        with self.led() as (leader, result):
            ended = self._stage.run(kill_at=at, among=among)
            leader.is_alone = True
            assert result.result(60).fault is None
        assert ended.was_killed or ended.code == self._arranged.code, ended
        self._check()
        return ended

    def stands_still(self, first: int, among: Among) -> None:
        """Stop the helper where it has changes in hand, and let it go on once the lease has moved.

        It is at the first of these boundaries at which that is so.
        """
        is_done = False
        for at in itertools.count(first):
            is_done = is_done or self._stood_still(at, among)
            if is_done:
                return

    def _stood_still(self, at: int, among: Among) -> bool:
        """Whether it had any in hand, and all is well."""
        with self.led() as (leader, result), ThreadPoolExecutor(1) as thread:
            run = thread.submit(self._stage.run, kill_at=at, among=among, by=signal.SIGSTOP)
            with _killed_on_failure(self._stopped()) as helper:
                has_some = leader.has_helper()
                leader.is_alone = True
                assert result.result(60).fault is None
                assert leader.leads().fault is None
                before = self._seen()
                helper.send_signal(signal.SIGCONT if has_some else signal.SIGKILL)
                if has_some:
                    wait_until(lambda: "delivery.helped" in self._log.read_text())
                    helper.send_signal(signal.SIGTERM)
                run.result(60)
                assert self._seen() == before
        self._check()
        return has_some

    def _stopped(self) -> psutil.Process:
        """The helper, once it is stopped."""
        forker = psutil.Process(self._stage.launcher.process.pid)
        wait_until(lambda: any(one.status() == psutil.STATUS_STOPPED for one in forker.children()))
        return forker.children()[0]

    def _seen(self) -> object:
        """All that was sent, and all that was written of it."""
        rows = self._account.ask("SELECT * FROM sku ORDER BY id")
        return self._stage.remote.requests(), journal_of(self._account), rows

    @property
    def _log(self) -> Path:
        return self._stage.launcher.told / "stderr"

    @contextmanager
    def led(self) -> Iterator[tuple[Leader, Future[CycleResult]]]:
        """Have a leader at work that offers something, until the end of the block."""
        self._begin_anew()
        leader = Leader(self._account, self._stage.shop.configuration)
        with self._quickly(), ThreadPoolExecutor(1) as thread:
            result = thread.submit(leader.leads)
            try:
                wait_until(lambda: leader.wants_help() or result.done())
                yield leader, result
            finally:
                leader.is_alone = True

    @contextmanager
    def _quickly(self) -> Iterator[None]:
        with ExitStack() as stack:
            for module, values in (
                (opening, {"BEAT": self._term / BEATS_A_TERM, "TERM": self._term}),
                (deliver, {"CLAIMED_AT_ONCE": _KEPT}),
                (shared, {"WORTH_IT": 1, "SELDOM": 0.05}),
            ):
                stack.enter_context(patch.multiple(module, **values))
            yield
