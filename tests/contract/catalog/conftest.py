"""The same shelf of products behind each source."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import pytest

from syncd.catalog import FileSource
from syncd.domain.snapshot import CatalogRow, Defect
from syncd.ports import CatalogSource
from tests.contract.catalog.reads import Known, Read, file_catalog, read
from tests.fakes.catalog import FakeCatalog


class Shelf(Protocol):
    """A catalog whose content a test sets; nothing is seen of it before `rewrite`."""

    rows: dict[str, str | None]
    repeated: set[str]
    stray: bool
    cut: bool
    meaning: str

    @property
    def source(self) -> CatalogSource: ...

    def rewrite(self) -> None: ...


class FileShelf:
    """A CSV file."""

    def __init__(self, folder: Path) -> None:
        self.rows: dict[str, str | None] = {}
        self.repeated: set[str] = set()
        self.stray = self.cut = False
        self.meaning = "meaning-1"
        self._path = folder / "catalog.csv"
        self._written = 0

    @property
    def source(self) -> CatalogSource:
        return FileSource(file_catalog(self._path), self.meaning)

    def rewrite(self) -> None:
        lines = [f"{item},P-{item},{origin or ''}" for item, origin in self.rows.items()]
        lines += [f"{item},P-{item},{self.rows[item] or ''}" for item in sorted(self.repeated)]
        lines += [",P-stray,DK"] if self.stray else []
        text = "\n".join(["sku,mpn,origin", *lines])
        self._path.write_text(text + ("" if self.cut else "\n"), encoding="utf-8")
        self._written += 1
        os.utime(self._path, ns=(self._written, self._written))


class FakeShelf:
    """A catalog in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, str | None] = {}
        self.repeated: set[str] = set()
        self.stray = self.cut = False
        self.meaning = "meaning-1"
        self._fake = FakeCatalog()

    @property
    def source(self) -> CatalogSource:
        self._fake.meaning = self.meaning
        return self._fake

    def rewrite(self) -> None:
        self._fake.rows.clear()
        for item, origin in self.rows.items():
            self._fake.put(item, part_number=f"P-{item}", country_of_origin=origin)
        self._fake.repeated = set(self.repeated)
        nameless = CatalogRow(None, None, {}, 9, None, Defect("id", "", "every row needs an id"))
        self._fake.strays = [nameless] if self.stray else []
        doubted = self.stray or self.cut
        self._fake.doubts = ("the test says that it is not complete",) if doubted else ()
        self._fake.rewrite()


@pytest.fixture(params=["file", "fake"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    shelf: Shelf = FileShelf(tmp_path) if request.param == "file" else FakeShelf()
    shelf.rows.update({"A": "DK", "B": "US", "C": None})
    shelf.rewrite()
    return shelf


class Reader:
    """Reads a shelf with what is known, and remembers nothing itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, shelf: Shelf, known: Iterable[Known] = ()) -> Read:
        return read(shelf.source, self._folder, known)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)
