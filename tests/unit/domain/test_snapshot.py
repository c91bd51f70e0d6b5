"""The certificate of a read."""

from __future__ import annotations

from syncd.domain.snapshot import Certificate


def test_a_read_is_complete_only_without_a_doubt() -> None:
    certain = Certificate("shoes.csv", rows=2, records=3, evidence=("the file was left alone",))
    doubted = Certificate("shoes.csv", rows=2, records=3, doubts=("no line end after record 3",))

    assert certain.complete
    assert not doubted.complete
