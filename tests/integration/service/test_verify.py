"""The history tells when somebody has had a hand in it, and where first."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncd.domain.cycle import UNFINISHED, CycleId
from syncd.ports import State
from syncd.service.verify import Breach, Damage, Verdict, verify
from syncd.state import open_state
from tests.contract.state.histories import A, B, C, D, at, result, run
from tests.integration.service.shop import Shop


@dataclass
class History:
    """A state with three cycles, a day apart, each of which has written two items."""

    file: Path
    state: State

    def meddle(self, statement: str, cycle: str = "") -> None:
        with closing(sqlite3.connect(self.file)) as database, database:
            database.execute(statement, {"cycle": cycle})


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("history") / "state.db"
    with closing(open_state(f"sqlite:///{file}")) as state:
        for day, cycle in enumerate((A, B, C)):
            run(state, cycle, "a", "b", day=day)
    return file


@pytest.fixture
def history(template: Path, tmp_path: Path) -> Iterator[History]:
    file = tmp_path / "state.db"
    shutil.copyfile(template, file)
    with closing(open_state(f"sqlite:///{file}")) as state:
        yield History(file, state)


def test_a_history_nobody_has_touched_is_verified(history: History) -> None:
    assert verify(history.state) == Verdict(cycles=3, since=at(0))


async def test_every_cycle_that_runs_is_sealed(shop: Shop) -> None:
    assert verify(shop.state) == Verdict()
    shop.stock("a", "b")
    started = shop.clock.now()
    await shop.run()
    await shop.run()

    assert verify(shop.state) == Verdict(cycles=2, since=started)


_ONE_MORE = """
INSERT INTO journal SELECT 99, cycle, 'c', deed, resource, revision, before, after, begun, ended,
  kind, failure, request_id, approved, recreates FROM journal WHERE cycle = :cycle AND id = 'a'
"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET kind = 'refused' WHERE cycle = :cycle AND id = 'a'",
        "UPDATE journal SET before = '{}' WHERE cycle = :cycle AND id = 'a'",
        "UPDATE journal SET approved = 1 WHERE cycle = :cycle AND id = 'a'",
        "UPDATE journal SET begun = begun + 1 WHERE cycle = :cycle AND id = 'a'",
        "DELETE FROM journal WHERE cycle = :cycle AND id = 'a'",
        _ONE_MORE,
        "UPDATE journal SET cycle = 'another' WHERE cycle = :cycle",
        "UPDATE cycle SET document = replace(document, 'once', 'apply') WHERE id = :cycle",
        "DELETE FROM cycle WHERE id = :cycle",
        "UPDATE cycle SET seal = NULL WHERE id = :cycle",
        "UPDATE seal SET digest = 'x' WHERE cycle = :cycle",
    ],
)
@pytest.mark.parametrize("cycle", [A, B, C])
def test_the_first_cycle_that_was_changed_is_named(
    history: History, statement: str, cycle: CycleId
) -> None:
    history.meddle(statement, cycle)

    verdict = verify(history.state)

    assert verdict.breach == Breach(cycle, Damage.CHANGED)
    assert verdict.cycles == (A, B, C).index(cycle)


def test_who_seals_a_cycle_anew_breaks_the_chain_at_the_next(history: History) -> None:
    history.meddle("DELETE FROM journal WHERE cycle = :cycle AND id = 'a'", A)
    forged = next(iter(history.state.seals())).found
    assert forged is not None
    history.meddle("UPDATE seal SET digest = :cycle WHERE number = 1", forged)

    assert verify(history.state) == Verdict(1, since=at(0), breach=Breach(B, Damage.CHANGED))


@pytest.mark.parametrize(
    ("gone", "breach"),
    [
        ([A], Breach(B, Damage.FOLLOWS_A_GAP)),
        ([B], Breach(C, Damage.FOLLOWS_A_GAP)),
        ([C], Breach(B, Damage.CUT_OFF)),
        ([B, C], Breach(A, Damage.CUT_OFF)),
        ([A, B, C], Breach(None, Damage.CUT_OFF)),
    ],
)
def test_cycles_that_were_removed_with_their_seals_are_missed(
    history: History, gone: list[CycleId], breach: Breach
) -> None:
    for cycle in gone:
        history.meddle("DELETE FROM journal WHERE cycle = :cycle", cycle)
        history.meddle("DELETE FROM cycle WHERE id = :cycle", cycle)
        history.meddle("DELETE FROM seal WHERE cycle = :cycle", cycle)

    assert verify(history.state).breach == breach


def test_a_cycle_that_was_added_is_found(history: History) -> None:
    added = CycleId("20261120T130000Z-0000")
    history.meddle(
        "INSERT INTO cycle (id, document) SELECT :cycle, document FROM cycle LIMIT 1", added
    )

    assert verify(history.state).breach == Breach(added, Damage.NOT_SEALED)


def test_writes_that_were_added_under_a_cycle_that_never_was_are_found(history: History) -> None:
    history.meddle(_ONE_MORE, A)
    history.meddle("UPDATE journal SET cycle = 'never' WHERE write = 99")

    assert verify(history.state).breach == Breach(CycleId("never"), Damage.NOT_RECORDED)


def test_a_cycle_that_runs_or_was_broken_off_is_no_damage(history: History) -> None:
    with history.state.transaction() as transaction:
        transaction.record_cycle(result(D, error=UNFINISHED))

    assert verify(history.state) == Verdict(cycles=3, since=at(0))


def test_a_cycle_that_ends_while_the_history_is_verified_does_not_disturb(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    with history.state.transaction() as transaction:
        transaction.record_cycle(result(D, error=UNFINISHED))
    look = type(history.state).cycle

    def end_first(state: State, cycle: CycleId) -> object:
        run(state, D, "d", day=3)
        return look(state, cycle)

    monkeypatch.setattr(type(history.state), "cycle", end_first)

    assert verify(history.state).breach is None


def test_what_was_pruned_is_said_and_the_rest_verified(history: History) -> None:
    list(history.state.prune(at(2)))

    assert verify(history.state) == Verdict(1, since=at(2), pruned_upto=at(1))

    history.meddle("DELETE FROM journal WHERE cycle = :cycle", C)
    assert verify(history.state).breach == Breach(C, Damage.CHANGED)


def test_seals_that_are_removed_by_another_hand_are_missed(history: History) -> None:
    list(history.state.prune(at(2)))
    history.meddle("DELETE FROM seal WHERE pruned")

    assert verify(history.state).breach == Breach(C, Damage.FOLLOWS_A_GAP)


def test_a_state_that_an_older_version_made_is_sealed_by_its_next_cycle(history: History) -> None:
    for statement in ("DELETE FROM seal", "DELETE FROM fact", "UPDATE cycle SET seal = NULL"):
        history.meddle(statement)
    assert verify(history.state) == Verdict()

    run(history.state, D, "d", day=3)

    assert verify(history.state) == Verdict(cycles=4, since=at(3))
    history.meddle("DELETE FROM journal WHERE cycle = :cycle AND id = 'a'", A)
    assert verify(history.state).breach == Breach(D, Damage.CHANGED)
