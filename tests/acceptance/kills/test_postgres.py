"""Killed at any commit and any write of a cycle whose state is in PostgreSQL, the next goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.acceptance.kills.kinds import KILLED_AT, SEEN, kinds
from tests.acceptance.kills.server import ServerSweep
from tests.acceptance.kills.stage import Stage
from tests.acceptance.kills.sweep import HOUR, MINUTE
from tests.postgres_states import new_account
from tests.servers import Server, postgres_server

__all__ = ["postgres_server"]

TERM: Final = 0.5
"""Seconds that a lease lasts."""
COMMITS: Final = (("the server", "has committed"),)
EVERY: Final = 3
"""Of the commits so many-th: all of them are died at where the state is a file."""
MOST_COMMITS_OF_A_START: Final = 3
SENT: Final = [name for name in SEEN["keeping"] if name.endswith("is sent")]


@pytest.fixture
def sweep(
    postgres_server: Server, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ServerSweep]:
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    with (
        new_account(postgres_server, made=False) as account,
        closing(ServerSweep(stage, account, TERM)) as sweep,
    ):
        yield sweep


@pytest.mark.timeout(300)
def test_wherever_it_is_killed_the_next_one_goes_on(stage: Stage, sweep: ServerSweep) -> None:
    assert all(sweep.killed(1, ((write, ""),)).was_killed for write in SENT)
    *killed, undisturbed = sweep.kills(COMMITS, EVERY)

    assert len(killed) * EVERY > MOST_COMMITS_OF_A_START
    assert set(SEEN["keeping"]) <= set(undisturbed.boundaries)
    assert kinds(undisturbed.boundaries) <= KILLED_AT
    stage.remote.forget_requests()
    assert stage.run("--once", later=HOUR + MINUTE).code == 0
    assert stage.remote.requests() == []
