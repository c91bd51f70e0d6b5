"""Errands in Procrastinate's tables: each once, one at a time for an account, none ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

from syncd.errors import ConfigurationError
from syncd.fleet import queue as queues
from syncd.fleet.errand import Errand, NotDoneError, back_off
from syncd.fleet.queue import Base, Queue, tables
from syncd.service.pulse import Job
from syncd.state import fleet_place
from tests.acceptance.fleet.harbour import Harbour, harbour
from tests.servers import Server, postgres_server

__all__ = ["postgres_server"]

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
POLL, FULL = Errand("acme", Job.POLL), Errand("acme", Job.FULL)
OTHER = Errand("beta", Job.POLL)


@pytest.fixture(scope="module")
def quay(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    with harbour(postgres_server, tmp_path_factory.mktemp("quay"), None) as opened:  # type: ignore[arg-type]  # no account here
        with closing(fleet_place(opened.url, 1)) as place:
            place.make(tables())
            place.make(tables())  # which a second process does as well
        yield opened


@pytest.fixture
async def queue(quay: Harbour, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Queue]:
    quay.ask("TRUNCATE syncd.procrastinate_jobs, syncd.procrastinate_periodic_defers CASCADE")
    monkeypatch.setattr(queues, "BEAT", 0.1)
    monkeypatch.setattr(queues, "_LOOK", 0.05)
    monkeypatch.setattr(queues, "STALLED", 600.0)
    with closing(fleet_place(quay.url, 1)) as place:
        queue = Queue(Base(place.name, place.arguments, place.prepare, place.now), 4)
        async with queue.opened():
            yield queue


@asynccontextmanager
async def working(queue: Queue, do: queues.Do) -> AsyncIterator[None]:
    task = asyncio.create_task(queue.work(do))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - what is waited for stands in the database
            await asyncio.sleep(0.02)


def jobs(quay: Harbour) -> list[tuple[object, ...]]:
    query = "SELECT args->>'account', args->>'job', status::text FROM syncd.procrastinate_jobs"
    return sorted(quay.ask(query), key=repr)


async def test_what_came_due_at_one_moment_is_put_in_once_whoever_does_it(queue: Queue) -> None:
    assert await queue.put(POLL, NOON)
    assert not await queue.put(POLL, NOON)


async def test_of_the_same_errand_one_waits_at_most(queue: Queue, quay: Harbour) -> None:
    assert await queue.put(POLL, NOON)
    assert not await queue.put(POLL, NOON + timedelta(minutes=5))
    assert await queue.put(FULL, NOON)
    assert await queue.put(OTHER, NOON)
    for _ in range(2):
        await queue.put_for(POLL, datetime.now(UTC) + timedelta(hours=1))

    assert jobs(quay) == [
        ("acme", "full", "todo"),
        ("acme", "poll", "todo"),
        ("acme", "poll", "todo"),
        ("beta", "poll", "todo"),
    ]


async def test_an_account_has_one_errand_at_work_and_others_are_not_kept_waiting(
    queue: Queue, quay: Harbour
) -> None:
    at_work: dict[str, int] = {"acme": 0, "beta": 0}
    most, done, both = dict(at_work), list[Errand](), asyncio.Event()

    async def do(errand: Errand, _: int) -> None:
        at_work[errand.account] += 1
        most.update({one: max(most[one], n) for one, n in at_work.items()})
        most["both"] = max(most.get("both", 0), sum(at_work.values()))
        if sum(at_work.values()) == 2:
            both.set()
        async with asyncio.timeout(60):
            await both.wait()
        at_work[errand.account] -= 1
        done.append(errand)

    for errand in (POLL, FULL, OTHER):
        await queue.put(errand, NOON)
    async with working(queue, do):
        await until(lambda: len(done) == 3)

    assert (most["acme"], most["beta"], most["both"]) == (1, 1, 2)
    assert jobs(quay) == []


async def test_what_was_not_done_comes_again_and_knows_how_often(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "back_off", lambda _: timedelta(seconds=0.1))
    tries: list[int] = []

    async def do(_: Errand, attempts: int) -> None:
        tries.append(attempts)
        if attempts < 2:
            raise NotDoneError("the catalog is away")

    await queue.put(POLL, NOON)
    async with working(queue, do):
        await until(lambda: len(tries) == 3)
    assert tries == [0, 1, 2]


@pytest.mark.parametrize("wrong", [-1, 1], ids=["an hour behind", "an hour ahead"])
async def test_when_it_comes_again_goes_by_the_clock_that_judges_it(
    queue: Queue, quay: Harbour, wrong: int
) -> None:
    """Else a process that is behind tries at once, and one that is ahead an hour too late."""

    async def do(_: Errand, attempts: int) -> None:
        raise NotDoneError("the catalog is away")

    waits = "SELECT extract(epoch FROM scheduled_at - now()) FROM syncd.procrastinate_jobs"
    is_put_back = f"{waits} WHERE queueing_lock LIKE '%:again'"
    await queue.put(POLL, NOON)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=wrong), tick=True):
        async with working(queue, do):
            await until(lambda: bool(quay.ask(is_put_back)))
    ((seconds,),) = quay.ask(is_put_back)
    assert -60 < float(str(seconds)) <= back_off(0).total_seconds()


async def test_what_waits_for_its_moment_keeps_nothing_else_of_the_account_waiting(
    queue: Queue, quay: Harbour
) -> None:
    done: list[Errand] = []

    async def do(errand: Errand, _: int) -> None:
        done.append(errand)

    await queue.put_for(POLL, datetime.now(UTC) + timedelta(hours=1))
    await queue.put(FULL, NOON)
    async with working(queue, do):
        await until(lambda: done == [FULL])
    assert jobs(quay) == [("acme", "poll", "todo")]


@pytest.mark.parametrize("a_like_one_waits", [True, False])
async def test_what_a_dead_process_was_at_is_done_by_another(
    queue: Queue, quay: Harbour, a_like_one_waits: bool
) -> None:
    await queue.put(POLL, NOON)
    quay.ask(
        "WITH dead AS (INSERT INTO syncd.procrastinate_workers (last_heartbeat)"
        " VALUES (now() - interval '1 hour') RETURNING id)"
        " UPDATE syncd.procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM dead)"
    )
    if a_like_one_waits:
        assert await queue.put(POLL, NOON + timedelta(minutes=5))

    assert await queue.rescue() == 1
    assert jobs(quay) == [("acme", "poll", "todo")]
    assert await queue.rescue() == 0


async def test_what_could_not_be_struck_out_is_put_back_by_the_process_itself(
    queue: Queue, quay: Harbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, has_failed, finish = list[int](), asyncio.Event(), JobManager.finish_job

    async def finish_and_tell(*asked: Any, **more: Any) -> None:  # noqa: ANN401 - Procrastinate's own
        try:
            await finish(*asked, **more)
        except ConnectorException:
            has_failed.set()
            raise

    monkeypatch.setattr(JobManager, "finish_job", finish_and_tell)

    async def do(_: Errand, attempts: int) -> None:
        done.append(attempts)
        if len(done) == 1:  # the like of a connection that is lost at the wrong moment
            quay.ask("ALTER FUNCTION syncd.procrastinate_finish_job_v1 RENAME TO hidden")

    await queue.put(POLL, NOON)
    async with working(queue, do):
        await has_failed.wait()
        quay.ask("ALTER FUNCTION syncd.hidden RENAME TO procrastinate_finish_job_v1")
        assert await queue.rescue() == 0  # it may just be about to be struck out
        async with asyncio.timeout(60):
            while not await queue.rescue():  # noqa: ASYNC110 - the worker has still to leave it
                await asyncio.sleep(0.02)
        await until(lambda: done == [0, 0])
        await until(lambda: jobs(quay) == [])


async def test_one_that_is_at_work_is_not_put_back(queue: Queue) -> None:
    begun, over = asyncio.Event(), asyncio.Event()

    async def do(_: Errand, __: int) -> None:
        begun.set()
        await over.wait()

    await queue.put(POLL, NOON)
    async with working(queue, do):
        await begun.wait()
        assert [await queue.rescue() for _ in range(3)] == [0, 0, 0]
        over.set()


def test_a_fleet_is_kept_in_postgresql_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^--database: it .* database of PostgreSQL"):
        fleet_place(f"sqlite:///{tmp_path / 'x.db'}", 1)


def test_the_board_keeps_the_last_success_over_failures(quay: Harbour) -> None:
    with closing(fleet_place(quay.url, 1)) as place:
        place.post("acme", "well", NOON)
        place.post("acme", "failed", None)
        place.post("beta", "new", None)
        assert (place.posted("acme"), place.posted("nobody")) == ("failed", None)

        assert {name: row[1:] for name, row in place.read().items()} == {
            "acme": (NOON, "failed"),
            "beta": (None, "new"),
        }
