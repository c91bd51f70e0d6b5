"""Killed where the state is, or comes to be, in PostgreSQL, the next run goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

import pytest

from tests.acceptance.kills.kinds import KILLED_AT, SEEN, kinds
from tests.acceptance.kills.places import StoryThere, keeping, moving, taking_over
from tests.acceptance.kills.server import ServerSweep
from tests.acceptance.kills.stage import Among, Stage
from tests.acceptance.kills.sweep import HOUR, MINUTE, those
from tests.postgres_states import new_account
from tests.servers import Server, postgres_server

__all__ = ["postgres_server"]

TERM: Final = 0.5
"""Seconds that a lease lasts."""
COMMITS: Final[Among] = (("the server", ""),)
"""Before each of them, and after it."""
COMMITTED: Final[Among] = (("the server has committed", ""),)
"""After each: who dies before the next one, with nothing sent, leaves the same behind."""
SENT: Final = [name for name in SEEN["keeping"] if name.endswith("is sent")]
TAKING: Final = 6
"""The first so many are of taking the lease over; what follows is any cycle."""
MOVED: Final[Among] = (*COMMITS, ("state.db has committed", ""))

Telling = Callable[[StoryThere], ServerSweep]


@pytest.fixture
def telling(
    postgres_server: Server, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Telling]:
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    with ExitStack() as stack:
        account = stack.enter_context(new_account(postgres_server, made=False))
        yield lambda story: stack.enter_context(closing(ServerSweep(stage, account, TERM, story)))


@pytest.mark.timeout(300)
def test_wherever_it_is_killed_the_next_one_goes_on(stage: Stage, telling: Telling) -> None:
    sweep = telling(keeping)
    assert all(sweep.killed(1, ((write, ""),)).was_killed for write in SENT)
    *killed, undisturbed = sweep.kills(COMMITTED)

    assert len(killed) >= len(those(COMMITTED, undisturbed)) > len(SENT)
    assert set(SEEN["keeping"]) <= set(undisturbed.boundaries)
    assert kinds(undisturbed.boundaries) <= KILLED_AT
    stage.remote.forget_requests()
    assert stage.run("--once", later=HOUR + MINUTE).code == 0
    assert stage.remote.requests() == []


def test_whoever_is_killed_in_taking_the_lease_of_a_dead_one_has_it_taken_again(
    telling: Telling,
) -> None:
    sweep = telling(taking_over)
    killed = [sweep.killed(at, COMMITS) for at in range(1, TAKING + 1)]

    assert all(one.was_killed for one in killed)
    assert any("lease.taken_over" in one.stderr for one in killed)
    assert not any("POST" in name for one in killed for name in one.boundaries)
    assert {name for one in killed for name in one.boundaries} >= set(SEEN["taking_over"])


def test_a_move_that_was_killed_leaves_one_state_and_is_done_again(telling: Telling) -> None:
    *killed, undisturbed = telling(moving).kills(MOVED)

    assert {one.boundaries[-1] for one in killed} >= set(SEEN["moving"])
    assert kinds(undisturbed.boundaries) <= KILLED_AT
