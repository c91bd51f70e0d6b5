"""The queue of errands: Procrastinate's tables, locks and workers, and what syncd asks of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import DeleteJobCondition

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
    """The database: how it is reached, and what every connection does first."""

    name: str
    arguments: Mapping[str, Any]
    prepare: str


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
        self._app = App(connector=self._connector())
        self._app.task(name=_TASK, pass_context=True, retry=_PutBack())(self._called)

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

    async def put_for(self, errand: Errand, moment: datetime) -> None:
        """Put one in for a moment to come, beside those by schedule; one waits at most."""
        lock = f"{errand.name}:again"
        with self._translated(), suppress(AlreadyEnqueued):
            await self._task.configure(
                queue=_QUEUE,
                lock=errand.account,
                queueing_lock=lock,
                priority=_BEHIND,
                schedule_at=moment,
            ).defer_async(account=errand.account, job=errand.job.value)

    async def rescue(self) -> int:
        """Put back what dead processes were at; returns how many errands that were."""
        manager = self._app.job_manager
        with self._translated():
            stalled = [*await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED)]
            await manager.prune_stalled_workers(STALLED)
        for job in stalled:
            with suppress(ConnectorException):  # another process was first
                await manager.retry_job(job, retry_at=datetime.now(UTC))
                _log.warning("errand.rescued", **job.task_kwargs)
        return len(stalled)

    async def work(self, do: Do) -> None:
        """Do errands until cancelled, and then see those under way to their end.

        Raises `StateAwayError` where the database goes away.
        """
        self._do = do
        with self._translated():
            await self._app.run_worker_async(
                queues=[_QUEUE],
                concurrency=self._at_once,
                install_signal_handlers=False,
                delete_jobs=DeleteJobCondition.ALWAYS.value,
                fetch_job_polling_interval=_LOOK,
                update_heartbeat_interval=BEAT,
                stalled_worker_timeout=STALLED,
            )
        raise StateAwayError(self._base.name, "the queue was lost", "It is tried again")

    @property
    def _task(self) -> Any:  # noqa: ANN401 - Procrastinate's own, generic over the call
        return self._app.tasks[_TASK]

    async def _called(self, context: JobContext, /, account: str, job: str, **_: object) -> None:
        assert self._do is not None  # noqa: S101 - a worker runs inside `work` alone
        await self._do(Errand(account, Job(job)), context.job.attempts)

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


class _PutBack(BaseRetryStrategy):
    """Errands come back until they are done; a mistake of ours waits as long as anything else."""

    def get_retry_decision(self, *, exception: BaseException, job: Queued) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError) or (
            isinstance(exception, NotDoneError) and exception.at_once
        ):
            return RetryDecision(retry_at=datetime.now(UTC))
        again = datetime.now(UTC) + back_off(job.attempts)
        return RetryDecision(retry_at=again, priority=_BEHIND)
