"""Where few rows differ they are looked at without numbers, which are sought when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from syncd.catalog.scan import Scan
from syncd.catalog.sql import Look
from syncd.catalog.tables import Tables
from syncd.ports import Advance, Comparison, unseen
from tests.contract.catalog.reads import Known, write_fingerprints
from tests.integration.catalog.conftest import HEADER, Catalog

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS = [b"%c,%d,DK\n" % (ord("A") + number, number) for number in range(9)]
CHANGED = [*ROWS[:4], b"E,4,US\n", *ROWS[5:]]
JSON = [b'{"sku": "%c", "mpn": "1", "origin": "DK"}\n' % (ord("A") + number) for number in range(9)]


@pytest.mark.parametrize(
    ("name", "before", "after", "row"),
    [
        ("catalog.csv", [HEADER, *ROWS], [HEADER, *CHANGED], 6),
        ("catalog.jsonl", JSON, [*JSON[:4], JSON[4].replace(b"DK", b"US"), *JSON[5:]], 5),
    ],
)
def test_the_row_of_a_changed_record_is_sought_when_it_is_asked_for(
    catalog: Catalog, looks: list[str], name: str, before: list[bytes], after: list[bytes], row: int
) -> None:
    known = _known(catalog, before, name)
    catalog.write(b"".join(after), name)

    with _compared(catalog, known, name) as found:
        (block,) = found.changed()
        assert (block.ids, looks) == (("E",), ["close", "narrow"])
        assert block.row(0).row == row


def test_rows_of_several_files_are_sought_in_their_files(catalog: Catalog) -> None:
    catalog.write(b"".join([HEADER, *ROWS[:5]]), "1.csv")
    catalog.write(b"".join([HEADER, *ROWS[5:]]), "2.csv")
    known = catalog.read("*.csv").known
    catalog.write(b"".join([HEADER, *ROWS[5:7], b"H,7,US\n", ROWS[8]]), "2.csv")

    (row,) = catalog.read("*.csv", known).rows

    assert (row.id, row.row, row.file) == ("H", 4, "2.csv")


def test_whoever_watches_the_read_can_end_the_search_for_a_row(catalog: Catalog) -> None:
    known = _known(catalog, [HEADER, *ROWS])
    catalog.write(b"".join([HEADER, *CHANGED]))
    told: list[int] = []

    with _compared(catalog, known, advance=told.append) as found:
        (block,) = found.changed()
        told.clear()
        assert not found.knows_rows()
        assert (block.row(0).row, told) == (6, [0])
        assert found.knows_rows()


@pytest.mark.parametrize("after", [ROWS[:4], [b"X,9,DK\n", b"Y,9,DK\n", *CHANGED], None])
def test_of_a_file_that_is_another_by_then_no_row_is_told(
    catalog: Catalog, after: list[bytes] | None
) -> None:
    known = _known(catalog, [HEADER, *ROWS])
    path = catalog.write(b"".join([HEADER, *CHANGED]))

    with _compared(catalog, known) as found:
        (block,) = found.changed()
        path.unlink()
        if after is not None:
            path.write_bytes(b"".join([HEADER, *after]))
        assert block.row(0).row is None


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ([*CHANGED, b"C,2,DK\n"], "the id stands in rows 4 and 11"),
        ([*CHANGED, b",2,DK\n"], "every row needs an id"),
    ],
)
def test_what_must_be_told_by_its_place_is_looked_at_by_places(
    catalog: Catalog, looks: list[str], lines: list[bytes], rule: str
) -> None:
    known = _known(catalog, [HEADER, *ROWS])
    catalog.write(b"".join([HEADER, *lines]))

    with _compared(catalog, known) as found:
        (row,) = (row for rows in found.unusable() for row in rows)
        assert row.defect is not None
        assert row.defect.rule == rule
        assert [id for block in found.changed() for id in block.ids] == ["E"]
    assert looks[-1] == "close"


def test_a_narrow_look_that_loses_a_record_is_not_believed(
    catalog: Catalog, looks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = _known(catalog, [HEADER, *ROWS])
    catalog.write(b"".join([HEADER, *CHANGED]))
    _lose_in_the_first_look(monkeypatch)

    found = catalog.read(known=known)

    assert looks[1:] == ["narrow", "close"]
    assert (found.ids, found.missing) == (["E"], ())


def test_where_most_rows_differ_their_numbers_are_taken_at_once(
    catalog: Catalog, looks: list[str]
) -> None:
    known = _known(catalog, [HEADER, *ROWS])
    catalog.write(b"".join([HEADER, *ROWS]).replace(b"DK", b"US"))

    with _compared(catalog, known) as found:
        assert {row for block in found.changed() for row in block.rows} == {*range(2, 11)}
    assert looks == ["close", "close"]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the looks that rows are taken from."""
    taken: list[str] = []
    chosen_rows = Scan.chosen_rows

    def note(self: Scan, connection: DuckDBPyConnection, look: Look, chosen: str) -> str:
        taken.append(look.name)
        return chosen_rows(self, connection, look, chosen)

    monkeypatch.setattr(Scan, "chosen_rows", note)
    return taken


def _known(catalog: Catalog, lines: list[bytes], name: str = "catalog.csv") -> list[Known]:
    catalog.write(b"".join(lines), name)
    source = catalog.source(name)
    with source.read(None) as snapshot, snapshot.compare(None) as found:
        return [
            (id, fingerprint, False)
            for block in found.new()
            for id, fingerprint in zip(block.ids, block.fingerprints, strict=True)
        ]


@contextmanager
def _compared(
    catalog: Catalog,
    known: list[Known],
    name: str = "catalog.csv",
    advance: Advance = unseen,
) -> Iterator[Comparison]:
    fingerprints = write_fingerprints(catalog.folder.parent / "known.parquet", known)
    source = catalog.source(name)
    with source.read(None, advance) as snapshot, snapshot.compare(fingerprints) as found:
        yield found


def _lose_in_the_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    look_at, looked = Tables.look_at, list[str]()

    def lose(self: Tables, rows: str) -> None:
        looked.append(rows)
        look_at(self, rows if len(looked) > 1 else f"{rows} AND id <> 'E'")

    monkeypatch.setattr(Tables, "look_at", lose)
