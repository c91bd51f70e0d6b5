"""The queue of errands: Procrastinate's tables, locks and workers, and what syncd asks of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import DeleteJobCondition, Status
from procrastinate.worker import Worker

from syncd.errors import StateAwayError
from syncd.fleet.errand import Errand, NotDoneError, back_off
from syncd.service.pulse import Job

if TYPE_CHECKING:
    from procrastinate.jobs import Job as Queued
    from psycopg import AsyncConnection

Do: TypeAlias = Callable[[Errand, int], Awaitable[None]]
"""Does an errand that was tried so many times before; raises `NotDoneError` to put it back."""

BEAT: Final = 3.0
STALLED: Final = 15.0
"""Seconds after which whoever shows no sign of life has died: longer than a cycle's lease lasts."""
_LOOK: Final = 1.0
_QUEUE: Final = "syncd"
_TASK: Final = "syncd"
_BEHIND: Final = -1
"""What waits for its moment must not keep the account's other errands from theirs."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Base:
    """The database: how it is reached, what every connection does first, and what time it is there.

    By that time errands are put in that are to wait: the server judges when they have.
    """

    name: str
    arguments: Mapping[str, Any]
    prepare: str
    now: Callable[[], datetime]


def tables() -> str:
    """The statements that make all that the queue needs."""
    from procrastinate.schema import SchemaManager

    return SchemaManager.get_schema()


class Queue:
    """One process's end of the queue; any number of them share it."""

    def __init__(self, base: Base, at_once: int) -> None:
        """Take how many errands this process does at the same time."""
        self._base = base
        self._at_once = at_once
        self._do: Do | None = None
        self._worker: Worker | None = None
        self._at_work: set[int] = set()
        self._suspects: frozenset[int] = frozenset()
        self._app = App(connector=self._connector())
        self._app.task(name=_TASK, pass_context=True)(self._called)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Be connected until the end of the block; raises `StateAwayError`."""
        with self._translated():
            await self._app.open_async()
        try:
            yield
        finally:
            await self._app.close_async()

    async def put(self, errand: Errand, due: datetime) -> bool:
        """Put an errand in that came due at a moment; False where any process has, or it waits."""
        moment = int(due.timestamp())
        job = self._job(errand, timestamp=moment)
        with self._translated(), suppress(AlreadyEnqueued):
            name = errand.name
            return await self._app.job_manager.defer_periodic_job(job, name, moment) is not None
        return False

    async def put_for(self, errand: Errand, moment: datetime, attempts: int = 0) -> None:
        """Put one in for a moment to come, beside those by schedule; one waits at most."""
        configured = self._task.configure(
            queue=_QUEUE,
            lock=errand.account,
            queueing_lock=f"{errand.name}:again",
            priority=_BEHIND,
            schedule_at=moment,
        )
        with self._translated(), suppress(AlreadyEnqueued):
            await configured.defer_async(
                account=errand.account, job=errand.job.value, attempts=attempts
            )

    async def rescue(self) -> int:
        """Put back what dead processes were at; returns how many errands that were."""
        manager = self._app.job_manager
        with self._translated():
            stalled = [*await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED)]
            stalled += await self._dropped_here()
            await manager.prune_stalled_workers(STALLED)
            for job in stalled:
                await self._put_back(job)
        return len(stalled)

    async def _dropped_here(self) -> list[Queued]:
        """What this very process has done and could not say so, for the database was away."""
        if self._worker is None or self._worker.worker_id is None:
            return []
        mine = await self._app.job_manager.list_jobs_async(
            status=Status.DOING.value, worker_id=self._worker.worker_id
        )
        idle = {job.id: job for job in mine if job.id is not None and job.id not in self._at_work}
        suspects, self._suspects = self._suspects, frozenset(idle)
        return [job for number, job in idle.items() if number in suspects]

    async def _put_back(self, job: Queued) -> None:
        """Let it be fetched again, or end it where the same errand waits behind it anyway."""
        manager = self._app.job_manager
        try:
            await manager.retry_job(job, retry_at=self._base.now())
        except UniqueViolation:
            await manager.finish_job(job, status=Status.FAILED, delete_job=True)
        except ConnectorException as error:
            _log.debug("errand.not_rescued", reason=str(error))  # another process was first
            return
        _log.warning(
            "errand.rescued", account=job.task_kwargs["account"], job=job.task_kwargs["job"]
        )

    async def work(self, do: Do) -> None:
        """Do errands until cancelled, and then see those under way to their end.

        Raises `StateAwayError` where the database goes away.
        """
        self._do, self._suspects = do, frozenset()
        self._worker = Worker(
            self._app,
            queues=[_QUEUE],
            concurrency=self._at_once,
            install_signal_handlers=False,
            delete_jobs=DeleteJobCondition.ALWAYS,
            fetch_job_polling_interval=_LOOK,
            update_heartbeat_interval=BEAT,
            stalled_worker_timeout=STALLED,
        )
        with self._translated(), _quiet_about_its_absence():
            await self._worker.run()
        raise StateAwayError(self._base.name, "the queue was lost", "It is tried again")

    @property
    def _task(self) -> Any:  # noqa: ANN401 - Procrastinate's own, generic over the call
        return self._app.tasks[_TASK]

    async def _called(
        self, context: JobContext, /, account: str, job: str, attempts: int = 0, **_: object
    ) -> None:
        """Do it, and put it in anew where it was not done: to retry it might meet its like."""
        assert self._do is not None  # noqa: S101 - a worker runs inside `work` alone
        number, errand = context.job.id or 0, Errand(account, Job(job))
        self._at_work.add(number)
        try:
            await self._do(errand, attempts)
        except NotDoneError as undone:
            wait = timedelta() if undone.at_once else back_off(attempts)
            with suppress(StateAwayError):  # then this one cannot be struck out, and is rescued
                await self.put_for(errand, self._base.now() + wait, attempts + 1)
        finally:
            self._at_work.discard(number)

    def _job(self, errand: Errand, **more: int) -> Queued:
        configured = self._task.configure(
            queue=_QUEUE,
            lock=errand.account,
            queueing_lock=errand.name,
            task_kwargs={"account": errand.account, "job": errand.job.value, **more},
        )
        job: Queued = configured.job
        return job

    def _connector(self) -> PsycopgConnector:
        async def prepare(connection: AsyncConnection[Any]) -> None:
            before = connection.autocommit
            await connection.set_autocommit(True)
            await connection.execute(self._base.prepare.encode())
            await connection.set_autocommit(before)

        return PsycopgConnector(
            kwargs=dict(self._base.arguments),
            configure=prepare,
            min_size=1,
            max_size=4,
            timeout=10.0,
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (ConnectorException, OSError) as error:
            raise StateAwayError(
                self._base.name,
                "the fleet's queue cannot be reached",
                "See that the server runs; nothing is lost, and it is tried again",
            ) from error


@contextmanager
def _quiet_about_its_absence() -> Iterator[None]:
    """Have no traceback for each errand that cannot be struck out while the database is away."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(context.get("exception"), ConnectorException):
            _log.warning("errand.not_struck_out", reason=str(context["exception"]))
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(tell)
    try:
        yield
    finally:
        loop.set_exception_handler(before)
