"""Killed wherever it may be, the daemon tells people once; twice where it was just telling them."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import orjson
import pytest

from syncd.service.remembered import OUTBOX
from tests.acceptance.kills.arranged import ONE_BY_ONE
from tests.acceptance.kills.duty import telling
from tests.acceptance.kills.kinds import KILLED_AT, kinds
from tests.acceptance.kills.leftover import copied
from tests.acceptance.kills.stage import Stage
from tests.acceptance.kills.sweep import Sweep
from tests.receiver import Receiver, receiving

REFUSED: Final = "1 SKU newly refused by Digital River"
COMMITS: Final = (("state.db has committed", ""),)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.mark.timeout(600)
def test_nobody_is_told_twice_but_by_who_died_in_telling_and_nothing_is_lost(
    stage: Stage, receiver: Receiver
) -> None:
    sweep = Sweep.of(stage, telling(receiver.url), ONE_BY_ONE)
    sweep.spares = False
    died_telling = 0
    for at in itertools.count(1):
        receiver.messages.clear()
        ended = sweep.killed(at, COMMITS)
        was_telling = ended.was_killed and _is_on_its_way(stage)
        died_telling += was_telling
        sweep.check(ended)
        told = receiver.titles.count(REFUSED)
        assert 1 <= told <= 1 + was_telling, f"told {told} times, killed at commit {at}"
        assert set(receiver.titles) == {REFUSED}
        if not ended.was_killed:
            assert kinds(ended.boundaries) <= KILLED_AT
            break
    assert died_telling, "nobody died with a message in hand"


def _is_on_its_way(stage: Stage) -> bool:
    """Whether a message was given to who carries it, and nobody has noted what came of it."""
    with copied(stage.shop.folder) as state, closing(sqlite3.connect(state)) as database:
        row = database.execute("SELECT value FROM fact WHERE key = ?", (OUTBOX,)).fetchone()
    return row is not None and any(one["tries"] for one in orjson.loads(row[0])["posted"])
