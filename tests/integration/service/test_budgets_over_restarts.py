"""Budgets are counted from the journal: another process begins where the one before it ended."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Final

import pytest

from syncd.domain.change import Action
from syncd.domain.cycle import Guard, GuardStop
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.sandbox import SandboxSettings, running_sandbox
from tests.integration.service.shop import guards
from tests.integration.service.test_sandbox import CONFIGURATION, Counter, row

ITEMS: Final = 40
RUNS: Final = 22
SHARE: Final = 0.3
GUARDS: Final = f"""\
max_delete = {SHARE}
max_update = {SHARE}
max_same_change = 1.0
max_shrink = 1.0
"""


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    """A shop that lets three in ten of its items be deleted, or be changed, a day."""
    with running_sandbox(SandboxSettings(rate_limit=0)) as sandbox:
        (tmp_path / "config.toml").write_text(CONFIGURATION.format(url=sandbox.url) + GUARDS)
        yield Counter(tmp_path, sandbox.store)


async def test_three_in_ten_deleted_a_run_do_not_empty_the_account(counter: Counter) -> None:
    rows = [row(number) for number in range(ITEMS)]
    counter.stock(rows)
    assert exit_code(await counter.run()) is ExitCode.OK

    stopped = 0
    for _ in range(RUNS):
        rows = rows[: -ceil(SHARE * len(rows))] or rows
        counter.stock(rows)
        result = await counter.run()
        stopped += Guard.MAX_DELETE in guards(result)

    assert len(rows) == 1
    assert counter.writes().count("DELETE") == SHARE * ITEMS
    assert len(counter.account.items()) == ITEMS - SHARE * ITEMS
    assert stopped == RUNS - 1


async def test_three_in_ten_changed_a_run_are_no_more_in_the_end(counter: Counter) -> None:
    rows = [row(number) for number in range(ITEMS)]
    counter.stock(rows)
    await counter.run()

    part, stops = int(SHARE * ITEMS), list[GuardStop]()
    for start in range(0, ITEMS, part):
        wrong = [row(number, mpn="wrong") for number in range(start, min(start + part, ITEMS))]
        rows[start : start + part] = wrong
        counter.stock(rows)
        stops += (await counter.run()).guards

    assert {(stop.guard, stop.stopped) for stop in stops} == {(Guard.MAX_UPDATE, (Action.UPDATE,))}
    assert len(stops) == ITEMS // part
    changed = [item for item in counter.account.items().values() if item["partNumber"] == "wrong"]
    assert len(changed) == part
