"""The loop goes round whatever the state does: nothing that waits for it waits in the loop."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import pytest
from pydantic import SecretStr

from syncd.config import CatalogMapping, ColumnMapping, DigitalRiverSettings, FileCatalog, Settings
from syncd.config.sections import LogSettings
from syncd.daemon import garbage
from syncd.daemon.daemon import Daemon, Opened
from syncd.daemon.service_manager import ServiceManager
from syncd.domain.attributes import Attribute, ItemId
from syncd.ports import Inventory, Notifier, State
from syncd.service.pulse import Job, Pulse, Trouble
from syncd.service.terms import Ports, Terms
from syncd.state.adapter import SqlState
from tests.fakes.notifier import FakeNotifier
from tests.integration.daemon.at_work import at_work, until
from tests.integration.service.shop import Shop, numbered, opened

COLUMN = ColumnMapping(field="sku")
SETTINGS = Settings(
    catalog=FileCatalog(path="catalog.csv", mapping=CatalogMapping(id=COLUMN, part_number=COLUMN)),
    digital_river=DigitalRiverSettings(api_key=SecretStr("sk_test_4f1c")),
)
CHANGED = SETTINGS.model_copy(update={"log": LogSettings(level="debug")})
LONGEST_WAIT = 10.0
"""Seconds: the loop itself ends the lock, so that waiting for it there takes all of the 30 s that a
locked state is waited for."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path) as shop:
        shop.stock(*numbered(5))
        yield shop


class Watched:
    """A state, or what one gives, that notes what is asked of it in the loop's own thread."""

    def __init__(self, real: Any, asked: list[str], name: str = "state") -> None:  # noqa: ANN401 - a state, and all that it gives
        self._real, self._asked, self._name = real, asked, name

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the real one's
        found = getattr(self._real, name)
        return self._watched(found, name) if callable(found) else found

    def _watched(self, method: Any, name: str) -> Any:  # noqa: ANN401 - the real one's
        def call(*args: object, **named: object) -> object:
            if name not in _NO_WAITING:
                self._note(name)
            given = method(*args, **named)
            if isinstance(given, AbstractContextManager):
                return Watched(given, self._asked, name)
            return Watched(iter(given), self._asked, name) if isinstance(given, Iterator) else given

        return call

    def _note(self, name: str) -> None:
        if asyncio._get_running_loop() is not None:  # noqa: SLF001 - None in any other thread
            self._asked.append(f"{self._name}.{name}")

    def __enter__(self) -> Any:  # noqa: ANN401 - the real one's
        self._note("enter")
        given = self._real.__enter__()
        return given if self._name in _OWN_MATTER else Watched(given, self._asked, self._name)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> object:
        self._note("exit")
        return self._real.__exit__(kind, error, traceback)

    def __iter__(self) -> Watched:
        return self

    def __next__(self) -> object:
        self._note("next")
        return next(self._real)


_NO_WAITING = {"hurry", "lease", "duty", "transaction", "overlay", "sightings", "fingerprints"}
"""These only promise something, which is entered later."""
_OWN_MATTER = {"lease", "sightings", "fingerprints"}
"""What these give is asked in the loop, and knows or spools what it needs."""


def watched(shop: Shop) -> list[str]:
    """Have the shop's state watched from now on."""
    asked: list[str] = []
    shop.state = cast("SqlState", Watched(shop.state, asked))
    return asked


async def test_no_work_asks_the_state_in_the_loop(shop: Shop) -> None:
    asked = watched(shop)
    async with at_work(shop) as work:
        for number, job in enumerate((Job.POLL, Job.FULL, Job.PRUNE, Job.ROLLING, Job.AUDIT)):
            shop.later(days=1)
            drifted = shop.remote.contents.get(ItemId("sku-0001"))
            if drifted is not None:
                drifted[Attribute.COUNTRY_OF_ORIGIN] = "CA"
            shop.stock(f"new-{number}")
            work.wishes.add(job)
            await work.rests()
        work.wishes.point_at([ItemId("new-4")])
        await work.rests()
        assert work.pulse.troubles == {}

    assert len(shop.remote.contents) == 8
    assert shop.item("sku-0001")[Attribute.COUNTRY_OF_ORIGIN] == "DK"
    # A spool in a folder of its own is made there, and nobody else can have it locked.
    assert [one for one in asked if not one.startswith("sightings.")] == []


async def test_another_key_is_checked_beside_the_loop_as_well(shop: Shop) -> None:
    await shop.settled()
    shop.terms = shop.account("account-2")
    asked = watched(shop)
    async with at_work(shop) as work:
        work.wishes.add(Job.POLL)
        await work.rests()

    assert shop.asked_for("items")
    assert asked == []


@dataclass(frozen=True)
class _Opened:
    ports: Ports
    listing: Inventory
    terms: Terms
    notifier: Notifier | None


class _Slow:
    """What takes until its gate is opened, and asks for patience in vain where that is the loop."""

    def __init__(self) -> None:
        self.gates = {"read": threading.Event(), "adapt": threading.Event()}
        self.begun: list[str] = []

    def after(self, name: str, given: Settings) -> Settings:
        self.begun.append(name)
        assert self.gates[name].wait(60), f"the loop waits for this: {name}"
        return given


class _Service:
    """A whole daemon in the test's own loop."""

    def __init__(self, shop: Shop, state: State) -> None:
        self._shop = shop
        self._state = state
        self.pulse = Pulse(shop.clock.now)
        self.stop = asyncio.Event()
        self.opened: list[Settings] = []
        self.slow = _Slow()
        self.daemon = Daemon(
            settings=SETTINGS,
            open=self._open,
            read=lambda: self.slow.after("read", CHANGED),
            adapt=self._adapt,
            manager=ServiceManager(),
            pulse=self.pulse,
            holder="the test",
        )

    def _adapt(self, settings: Settings) -> None:
        self.slow.after("adapt", settings)

    @contextmanager
    def _open(self, settings: Settings) -> Iterator[Opened]:
        self.opened.append(settings)
        assert asyncio._get_running_loop() is None, "it is opened in the loop"  # noqa: SLF001 - None in any other thread
        shop = self._shop
        ports = replace(shop.ports, state=self._state)
        yield _Opened(ports, shop.remote, shop.terms, FakeNotifier("people"))


async def _serving(service: _Service) -> AsyncIterator[None]:
    task = asyncio.create_task(service.daemon.serve(service.stop))
    try:
        yield
    finally:
        service.stop.set()
        await task


async def test_neither_being_on_duty_nor_telling_people_does(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.daemon.daemon.SHOW", 0.01)
    asked = watched(shop)
    service = _Service(shop, shop.state)
    async for _ in _serving(service):
        await until(lambda: len(shop.remote.contents) == 5)
        await until(lambda: service.pulse.doing.is_idle and service.pulse.last is not None)
        service.pulse.listener.wrong(Trouble.CATALOG, "It is gone.")  # type: ignore[union-attr] # there are targets
        await asyncio.sleep(0.1)

    assert asked == []


async def test_once_all_is_loaded_little_is_searched_for_garbage_and_often(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    kept = iter([0, 7, 7, 0])  # a delivery lets go of everything after the third look
    monkeypatch.setattr(garbage, "SETTLED", 0.0)
    monkeypatch.setattr(garbage, "AGAIN", 0.0)
    monkeypatch.setattr("gc.get_freeze_count", lambda: next(kept, 7))
    monkeypatch.setattr("gc.collect", lambda: done.append("searched"))  # long, in a test's process
    monkeypatch.setattr("gc.freeze", lambda: done.append("kept"))
    monkeypatch.setattr("gc.set_threshold", lambda most: done.append(f"after {most}"))
    async for _ in _serving(_Service(shop, shop.state)):
        await until(lambda: len(done) == 5)

    assert done == [f"after {garbage.NEW_OBJECTS}", *(["searched", "kept"] * 2)]


async def test_a_slow_reload_keeps_no_work_waiting(shop: Shop) -> None:
    service = _Service(shop, shop.state)

    async def goes_on() -> None:
        before = service.pulse.last
        service.daemon.poll()
        await until(lambda: service.pulse.last is not before)

    async for _ in _serving(service):
        await until(lambda: service.pulse.last is not None)
        os.kill(os.getpid(), signal.SIGHUP)
        for step in ("read", "adapt"):
            await until(lambda step=step: step in service.slow.begun)  # type: ignore[misc]  # bound now
            await goes_on()
            service.slow.gates[step].set()
        await until(lambda: len(service.opened) > 1)
        await goes_on()

    assert service.opened == [SETTINGS, CHANGED]
    assert service.pulse.troubles == {}


async def test_a_locked_state_keeps_no_loop_waiting(shop: Shop) -> None:
    await shop.settled()
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        loop = asyncio.get_running_loop()
        while True:
            last = loop.time()
            await asyncio.sleep(0.01)
            longest = max(longest, loop.time() - last)

    async with at_work(shop) as work:
        beating = asyncio.create_task(beat())
        with closing(sqlite3.connect(shop.file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            shop.stock("another")
            work.wishes.add(Job.POLL)
            work.wishes.add(Job.AUDIT)
            await asyncio.sleep(1.5)
            assert shop.wrote() == []
            other.execute("ROLLBACK")
        await work.rests()
        beating.cancel()

    assert shop.wrote() == ["another"]
    assert longest < LONGEST_WAIT
