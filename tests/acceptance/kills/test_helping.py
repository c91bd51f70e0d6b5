"""Killed or stopped in the middle of its help, a helper leaves nothing undone and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.acceptance.kills.helped import HelpedSweep
from tests.acceptance.kills.stage import Among, Stage
from tests.postgres_states import new_account
from tests.servers import Server, postgres_server

__all__ = ["postgres_server"]

TERM: Final = 1.6
"""Seconds that a lease lasts, and twice as many as a helper may send after a sign of life."""
COMMITS: Final[Among] = (("the server", "has committed"),)
SENT: Final[Among] = (("POST", "is sent"),)
ANSWERED: Final[Among] = (("POST", "is answered"),)
WITH_SOME_IN_HAND: Final = 3
"""The commit at which a helper has changes in hand: behind its joining and its sign of life."""


@pytest.fixture
def sweep(
    postgres_server: Server, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HelpedSweep]:
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    with (
        new_account(postgres_server, made=False) as account,
        closing(HelpedSweep(stage, account, TERM)) as sweep,
    ):
        yield sweep


def test_wherever_a_helper_is_killed_the_leader_ends_what_it_had_begun(sweep: HelpedSweep) -> None:
    for at, among in ((WITH_SOME_IN_HAND, COMMITS), (1, SENT)):
        assert sweep.killed(at, among).was_killed, among


@pytest.mark.parametrize(
    ("first", "among"),
    [(WITH_SOME_IN_HAND, COMMITS), (1, ANSWERED)],
    ids=["before it sends", "before it records"],
)
def test_a_helper_that_stood_still_sends_and_writes_nothing_once_the_lease_has_moved(
    sweep: HelpedSweep, first: int, among: Among
) -> None:
    sweep.stands_still(first, among)
