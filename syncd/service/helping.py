"""Helping with the delivery of another process: its offers are claimed, sent and settled here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Final

import structlog

from syncd.domain.change import Action, Plan
from syncd.domain.delivery import Outcome
from syncd.errors import LeaseLostError, RemoteError, StateError
from syncd.ports import UNSENT, Help, Shelf
from syncd.service.batcher import Batcher
from syncd.service.lanes import Delivered, Lane, Lanes
from syncd.service.set_aside import all_set_aside
from syncd.service.shared import SHARED, meaning_of
from syncd.service.side_by_side import given_up_after, side_by_side
from syncd.service.terms import SETTLE_WAIT, Ports, Terms
from syncd.service.writes import Answered, Claimed, Writes

CLAIMED_AT_ONCE: Final = 32
SHOW: Final = 1.0
"""Seconds between two signs of life, by which it is seen as well whether help is still wanted."""
AGAIN: Final = 10.0
"""Seconds before help is offered anew that has failed."""
IDLE: Final = 0.1
"""Seconds after which it is looked for offers again."""

_log = structlog.get_logger()


async def help_until(stop: asyncio.Event, ports: Ports, terms: Terms) -> None:
    """Help whenever there is something to help with; what fails is tried again after a while."""
    shelf = await asyncio.to_thread(ports.state.shelf)
    while shelf is not None and not stop.is_set():
        pause = SHOW
        try:
            await help_once(shelf, ports, terms, stop)
        except (StateError, RemoteError) as error:
            _log.warning("delivery.help_failed", reason=str(error))
            pause = AGAIN
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def help_once(shelf: Shelf, ports: Ports, terms: Terms, stop: asyncio.Event) -> int:
    """Help with the delivery that goes on, if one does; returns how many requests were sent."""
    stack = ExitStack()
    joining = shelf.joined(meaning_of(terms))
    try:
        help_ = await asyncio.to_thread(stack.enter_context, joining)
        if help_ is None:
            return 0
        with suppress(LeaseLostError):  # then it is another's to find out what became of the rest
            return await Helper(help_, ports, terms, stop).help_on()
        return 0
    finally:
        await asyncio.to_thread(stack.close)


class Helper:
    """Sends what is offered until that is over, or a stop comes; as careful as who offers it."""

    def __init__(self, help_: Help, ports: Ports, terms: Terms, stop: asyncio.Event) -> None:
        self._help = help_
        self._ports = ports
        self._terms = terms
        self._over = asyncio.Event()
        self._stop = stop
        self._lanes = Lanes(ports, terms, self._over, help_.cycle)
        self._writes = Writes(ports, terms, help_.cycle, self._lanes.is_barred)
        self._requests = 0

    async def help_on(self) -> int:
        """Help to the end; raises `LeaseLostError` where another cycle has begun meanwhile."""
        if not await asyncio.to_thread(self._help.show):
            return 0
        _log.info("delivery.helps", cycle=self._help.cycle)
        self._ports.remote.depart_by(self._permit)
        try:
            with all_set_aside():
                async with given_up_after(self._over, SETTLE_WAIT):
                    await self._work()
        finally:
            self._ports.remote.depart_by(None)
            _log.info("delivery.helped", cycle=self._help.cycle, requests=self._requests)
        return self._requests

    def _permit(self) -> None:
        """Let nothing depart once this is over: whoever offered it has another send it."""
        if self._over.is_set():
            raise _OverError
        self._help.check()

    async def _work(self) -> None:
        async with side_by_side() as tasks:
            beside = [tasks.create_task(self._show()), tasks.create_task(self._heed_stop())]
            async with Batcher[Answered](self._settle) as recorder, side_by_side() as kinds:
                for action in SHARED:
                    kinds.create_task(self._send_kind(action, recorder))
            for task in beside:
                task.cancel()

    async def _show(self) -> None:
        """Show signs of life until the end of it: what is in flight by then is still its own."""
        while await asyncio.to_thread(self._help.show):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), SHOW)
        self._over.set()

    async def _heed_stop(self) -> None:
        await self._stop.wait()
        self._over.set()

    async def _send_kind(self, action: Action, recorder: Batcher[Answered]) -> None:
        lane, queue = self._lanes.begun(action), asyncio.Queue[Claimed | None](CLAIMED_AT_ONCE)
        workers = max(1, self._terms.in_flight // len(SHARED))
        async with side_by_side() as tasks:
            for _ in range(workers):
                tasks.create_task(self._send_all(lane, queue, recorder))
            while not self._lanes.should_stop(lane):
                claimed = await asyncio.to_thread(self._claim, action)
                for one in claimed:
                    await queue.put(one)
                if not claimed:
                    await asyncio.sleep(IDLE)
            for _ in range(workers):
                await queue.put(None)

    async def _send_all(
        self, lane: Lane, queue: asyncio.Queue[Claimed | None], recorder: Batcher[Answered]
    ) -> None:
        while (claimed := await queue.get()) is not None:
            outcome = await self._sent(lane, claimed)
            recorder.add(Answered(claimed.write, Delivered(claimed.change, outcome)))

    async def _sent(self, lane: Lane, claimed: Claimed) -> Outcome:
        try:
            outcome = await self._lanes.sent(lane, claimed.change)
        except _OverError:
            return UNSENT
        self._requests += outcome is not UNSENT
        return outcome

    def _claim(self, action: Action) -> list[Claimed]:
        with self._help.claiming(action, CLAIMED_AT_ONCE) as claim:
            changes = tuple(one.change for one in claim.offered)
            approved = frozenset(one.change.id for one in claim.offered if one.approved)
            claimed = self._writes.begin(claim.transaction, Plan(changes, approved))
            current = {one.change.id for one in claimed}
            claim.leave_out([one.id for one in changes if one.id not in current])
        return claimed

    def _settle(self, answers: Sequence[Answered]) -> None:
        by_id = {one.delivered.change.id: one for one in answers}
        outcomes = {id_: one.delivered.outcome for id_, one in by_id.items()}
        with self._help.settling(outcomes) as (transaction, own):
            self._writes.end(transaction, [by_id[id_] for id_ in by_id if id_ in own])
        _log.debug("delivery.settled", outcomes=len(own))


class _OverError(Exception):
    """What keeps a request from departing that is another's to send."""
