"""What the service relies on, whatever the catalog lives in."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import Attribute
from syncd.domain.snapshot import Scope
from tests.contract.catalog.conftest import Reader
from tests.contract.catalog.reads import digest_of, origin_of
from tests.contract.catalog.shelf import Shelf


def test_a_first_read_gives_every_row_with_its_values(shelf: Shelf, reader: Reader) -> None:
    first = reader(shelf)

    assert first.ids == ["A", "B", "C"]
    assert first.row("A").values == {
        Attribute.PART_NUMBER: "P-A",
        Attribute.COUNTRY_OF_ORIGIN: "DK",
    }
    assert origin_of(first.row("C")) is None
    assert first.certificate.complete
    assert (first.certificate.rows, first.certificate.records) == (3, 3)


def test_an_unchanged_catalog_gives_nothing(shelf: Shelf, reader: Reader) -> None:
    known = reader(shelf).known
    shelf.rewrite()

    again = reader(shelf, known)

    assert (again.rows, again.missing, again.duplicates) == ((), (), 0)


def test_only_rows_that_are_new_or_changed_come_out(shelf: Shelf, reader: Reader) -> None:
    known = reader(shelf).known
    shelf.rows |= {"B": "CA", "D": "DE"}
    shelf.rewrite()

    assert reader(shelf, known).ids == ["B", "D"]


def test_only_whole_rows_of_ids_that_were_not_known_come_in_blocks(
    shelf: Shelf, reader: Reader
) -> None:
    known = [one for one in reader(shelf).known if one[0] != "C"]
    shelf.rows |= {"B": "CA", "E": None, "D": "DE"}
    shelf.repeated = {"E"}
    shelf.rewrite()

    found = reader(shelf, known)

    assert found.ids == ["B", "C", "D", "E"]
    assert sorted(found.new) == ["C", "D"]


def test_a_row_whose_fingerprint_is_not_known_counts_as_changed(
    shelf: Shelf, reader: Reader
) -> None:
    known = [
        (item, None if item == "B" else print_, gone) for item, print_, gone in _all(shelf, reader)
    ]

    assert reader(shelf, known).ids == ["B"]


def test_a_known_id_that_no_row_bears_is_missing(shelf: Shelf, reader: Reader) -> None:
    known = reader(shelf).known
    del shelf.rows["B"]
    shelf.rewrite()

    later = reader(shelf, known)

    assert (later.ids, later.missing) == ([], ("B",))


def test_what_is_missing_already_is_not_told_again(shelf: Shelf, reader: Reader) -> None:
    known = [*reader(shelf).known, ("gone", None, True)]

    assert reader(shelf, known).missing == ()


def test_a_row_that_is_back_comes_out_although_its_fingerprint_is_the_same(
    shelf: Shelf, reader: Reader
) -> None:
    known = [(item, print_, item == "A") for item, print_, _ in _all(shelf, reader)]

    assert reader(shelf, known).ids == ["A"]


def test_a_repeated_id_comes_once_with_a_defect_at_every_read(shelf: Shelf, reader: Reader) -> None:
    known = reader(shelf).known
    shelf.repeated = {"B"}
    shelf.rewrite()

    for _ in range(2):
        later = reader(shelf, known)
        assert (later.ids, later.missing, later.duplicates) == (["B"], (), 1)
        assert later.row("B").defect is not None
        known = [*(one for one in known if one[0] != "B"), *later.known]


def test_a_record_without_an_id_comes_with_a_defect_and_proves_nothing_missing(
    shelf: Shelf, reader: Reader
) -> None:
    known = reader(shelf).known
    shelf.stray = True
    shelf.rewrite()

    later = reader(shelf, known)

    assert later.row(None).defect is not None
    assert not later.certificate.complete


def test_a_cut_catalog_is_not_complete(shelf: Shelf, reader: Reader) -> None:
    shelf.cut = True
    shelf.rewrite()

    assert not reader(shelf).certificate.complete


def test_a_new_meaning_makes_every_row_count_as_changed(shelf: Shelf, reader: Reader) -> None:
    known = reader(shelf).known
    shelf.meaning = "meaning-2"

    assert reader(shelf, known).ids == ["A", "B", "C"]


def test_a_rewrite_changes_the_identity_and_not_the_digest(shelf: Shelf) -> None:
    position, digest = shelf.source.position(), digest_of(shelf.source)
    assert shelf.source.position() == position

    shelf.rewrite()

    assert (shelf.source.position().identity != position.identity) is shelf.shows_itself
    assert shelf.source.position().meaning == position.meaning
    assert digest_of(shelf.source) == digest


def test_a_source_is_read_unless_it_is_known_to_be_untouched(shelf: Shelf) -> None:
    with shelf.source.read(None) as snapshot:
        last = snapshot.position

    with shelf.source.read_unless(last) as untouched:
        assert (untouched is None) is shelf.shows_itself

    shelf.rewrite()

    with shelf.source.read_unless(last) as again:
        assert again is not None
        assert again.position.meaning == last.meaning


def test_a_snapshot_shows_what_the_source_showed_when_it_was_taken(shelf: Shelf) -> None:
    position = shelf.source.position()

    with shelf.source.read(None) as snapshot:
        assert snapshot.position == position
        assert snapshot.scope is Scope.WHOLE
        assert snapshot.is_as_it_was()


def test_what_puts_a_read_into_doubt_changes_its_digest(shelf: Shelf) -> None:
    digest = digest_of(shelf.source)
    shelf.cut = True
    shelf.rewrite()

    assert digest_of(shelf.source) != digest


def test_compared_with_nothing_every_row_is_new(shelf: Shelf) -> None:
    with shelf.source.read(None) as snapshot, snapshot.compare(None) as found:
        assert sorted(id for block in found.new() for id in block.ids) == ["A", "B", "C"]
        assert not [*found.changed(), *found.unusable()]
        assert found.missing_count() == 0


def test_other_content_changes_the_digest_and_another_meaning_the_position(shelf: Shelf) -> None:
    position, digest = shelf.source.position(), digest_of(shelf.source)
    shelf.rows["A"] = "FR"
    shelf.meaning = "meaning-2"
    shelf.rewrite()

    assert digest_of(shelf.source) != digest
    assert shelf.source.position().meaning != position.meaning


def _all(shelf: Shelf, reader: Reader) -> list[tuple[str, int | None, bool]]:
    return reader(shelf).known


def test_a_sample_shows_rows_as_they_stand_there_and_as_they_are_mapped(shelf: Shelf) -> None:
    with shelf.source.read(None) as snapshot:
        sample = snapshot.sample(2)

    place = sample.columns.index(shelf.id_column)
    assert [(row.id, row.cells[place]) for row in sample.rows] == [("A", "A"), ("B", "B")]
    assert [row.values[Attribute.COUNTRY_OF_ORIGIN] for row in sample.rows] == ["DK", "US"]
    assert all(row.takes_part for row in sample.rows)


class EnoughError(Exception):
    """Whoever watches has seen enough."""


class Watcher:
    """Notes how many rows it is told of, and has enough after so many calls."""

    def __init__(self, patience: int = 1_000_000) -> None:
        self.patience = patience
        self.told: list[int] = []

    def __call__(self, rows: int) -> None:
        self.told.append(rows)
        if len(self.told) > self.patience:
            raise EnoughError


def test_whoever_watches_a_read_sees_it_go_on(shelf: Shelf) -> None:
    watcher = Watcher()

    with shelf.source.read(None, watcher) as snapshot, snapshot.compare(None):
        assert watcher.told

    assert sum(watcher.told) >= 3 or not shelf.counts_rows


def test_whoever_watches_may_end_a_read(shelf: Shelf) -> None:
    with (
        pytest.raises(EnoughError),
        shelf.source.read(None, Watcher(0)) as snapshot,
        snapshot.compare(None),
    ):
        raise AssertionError(shelf)
    with shelf.source.read(None) as snapshot, snapshot.compare(None) as found:
        assert found.certificate.records == 3
