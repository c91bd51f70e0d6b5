"""Whatever happens to a read, of whatever source: what it lacks is not deleted for it.

`python -m tests.property.broken_reads --reads N` breaks more of them, `--seed` one of them again.
"""

from __future__ import annotations

import secrets
from typing import Final

import pytest

from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.catalog.from_http.tally import Tally
from tests.property.broken_reads.run import STANDS, run
from tests.property.broken_reads.trial import TakenForBrokenError, WronglyMissingError

READS: Final = 150
UNTIL_IT_SHOWS: Final = 100


def test_no_broken_read_leads_to_a_delete() -> None:
    first = secrets.token_hex(4)
    found = run(f"{first}-{number}" for number in range(READS))
    assert found.total() == READS


@pytest.mark.parametrize("stand", STANDS)
def test_each_kind_of_source_is_broken_and_proven_whole(
    stand: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = run((f"amber-{number}" for number in range(6)), stand)
    monkeypatch.setattr("tests.property.broken_reads.trial.SOUND", 1.0)
    sound = run((f"amber-{number}" for number in range(4)), stand)

    assert broken[stand, "refused"] + broken[stand, "doubted"] > 0
    assert sound[stand, "sound"] > 0


def test_a_doubt_that_is_lost_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tally, "doubts", lambda _: iter(()))

    with pytest.raises(WronglyMissingError, match=r"(?s)taken for whole.* --seed cedar-\d+"):
        run((f"cedar-{number}" for number in range(UNTIL_IT_SHOWS)), "lists")


def test_a_second_look_that_is_lost_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HttpFetcher, "_second_look", lambda *_: None)

    with pytest.raises(WronglyMissingError, match=r"(?s)taken for whole.* --seed cedar-\d+"):
        run((f"cedar-{number}" for number in range(UNTIL_IT_SHOWS)), "lists", "memory")


def test_a_sound_read_that_is_doubted_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tally, "doubts", lambda _: iter(("the test doubts it",)))
    monkeypatch.setattr("tests.property.broken_reads.trial.SOUND", 1.0)

    with pytest.raises(TakenForBrokenError, match="--seed cedar-0"):
        run(["cedar-0"], "lists")
