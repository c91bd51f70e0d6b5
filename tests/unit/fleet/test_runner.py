"""What a runner owes to errands that it does at the same time."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from syncd.daemon.daemon import Opened
from syncd.errors import StateError
from syncd.fleet.errand import Errand, NotDoneError
from syncd.fleet.runner import Means, Runner
from syncd.service.pulse import Job
from tests.unit.fleet.examples import settings_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PATIENCE = 60.0


class Board:
    """Keeps what was posted last."""

    def __init__(self) -> None:
        self.text: str | None = None

    def post(self, account: str, text: str, success: datetime | None) -> None:
        del account, success
        self.text = text

    def posted(self, account: str) -> str | None:
        del account
        return self.text


class Away(AbstractContextManager[Opened]):
    """A database that is away, as soon as both are asking for it."""

    def __init__(self, both: threading.Barrier) -> None:
        self._both = both

    def __enter__(self) -> Opened:
        self._both.wait(PATIENCE)
        raise StateError("the state", "the connection was lost", "Run again")

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""


async def test_what_goes_wrong_errand_after_errand_is_logged_once() -> None:
    both = threading.Barrier(1)
    means = Means(settings_of, lambda _: Away(both), Board(), lambda: NOW, "the test")
    runner = Runner(means, asyncio.Event())

    with capture_logs() as logged:
        for account in ("acme", "acme", "other"):
            with pytest.raises(NotDoneError, match="the connection was lost"):
                await runner.run(Errand(account, Job.POLL), 1)

    assert [line["event"] for line in logged] == ["errand.failed", "errand.failed"]


async def test_two_errands_of_one_account_end_each_for_itself() -> None:
    """Where the database was away, a second one may begin while the first goes on."""
    both = threading.Barrier(2)

    means = Means(settings_of, lambda _: Away(both), Board(), lambda: NOW, "the test")
    runner = Runner(means, asyncio.Event())
    errands = [Errand("acme", job) for job in (Job.POLL, Job.AUDIT)]

    ends = await asyncio.gather(*(runner.run(one, 1) for one in errands), return_exceptions=True)

    assert [type(end) for end in ends] == [NotDoneError, NotDoneError]
    assert not runner.at_work
