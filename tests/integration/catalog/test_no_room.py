"""No room, or none that is left, for what a read copies: told with the folder and what helps."""

from __future__ import annotations

import gzip
import resource
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from syncd.catalog import FetchedSource, FileSource, Source
from syncd.catalog.from_database import SqlFetcher
from syncd.catalog.sniff import look_into
from syncd.config import SqlCatalog
from syncd.errors import CatalogError
from tests.contract.catalog.reads import MAPPING, file_catalog, read

ROWS = [(f"SKU-{number}", f"P-{number}", "DK") for number in range(3000)]
TABLE = "\n".join(["sku,mpn,origin", *map(",".join, ROWS), ""]).encode()
ADVICE = "Make room there, or let TMPDIR name a folder that has some"


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Let the kernel refuse every write beyond, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary files are made."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _packed(folder: Path) -> Source:
    path = folder / "catalog.csv.gz"
    path.write_bytes(gzip.compress(TABLE))
    return FileSource(file_catalog(path), "meaning")


def _with_mixed_line_ends(folder: Path) -> Source:
    path = folder / "catalog.csv"
    path.write_bytes(TABLE.replace(b"\n", b"\r\n", 1))
    return FileSource(file_catalog(path), "meaning")


def _in_a_database(folder: Path) -> Source:
    with closing(sqlite3.connect(folder / "shop.db")) as connection, connection:
        connection.execute("CREATE TABLE goods (sku, mpn, origin)")
        connection.executemany("INSERT INTO goods VALUES (?, ?, ?)", ROWS)
    url = f"sqlite:///{folder / 'shop.db'}"
    keys = {"type": "sql", "url": url, "table": "goods", "mapping": MAPPING}
    catalog = SqlCatalog.model_validate(keys)
    return FetchedSource(SqlFetcher.of_catalog(catalog), catalog, "meaning")


@pytest.mark.parametrize("make", [_packed, _with_mixed_line_ends, _in_a_database])
def test_a_disk_that_fills_up_is_told_with_its_folder(
    tmp_path: Path, temporary: Path, make: Callable[[Path], Source]
) -> None:
    source = make(tmp_path)

    with no_file_above(20_000), pytest.raises(CatalogError) as caught:
        read(source, tmp_path)

    assert Path(caught.value.thing).is_relative_to(temporary)
    assert "(File too large; " in caught.value.reason
    assert caught.value.reason.endswith(" MB are free there)")
    assert caught.value.next_step == ADVICE
    assert not any(temporary.iterdir())
    assert read(source, tmp_path).certificate.records == len(ROWS)


def test_a_disk_without_room_for_what_memory_cannot_hold_is_told(
    tmp_path: Path, temporary: Path
) -> None:
    path = tmp_path / "catalog.jsonl"
    with path.open("w") as file:
        for number in range(40_000):
            file.write(f'{{"sku": "{number:0400}", "mpn": "{number:0100}", "origin": "DK"}}\n')
    source = FileSource(file_catalog(path, memory_limit="40MB", threads=1), "meaning")

    with no_file_above(20_000), pytest.raises(CatalogError) as caught:
        read(source, tmp_path)

    assert caught.value.thing == str(temporary)
    assert "(File too large; " in caught.value.reason
    assert caught.value.next_step == ADVICE


def _read(source: Source) -> None:
    with _gone(), source.read(None):
        pass


def _compare(source: Source) -> None:
    with source.read(None) as snapshot, _gone(), snapshot.compare(None):
        pass


def _sample(source: Source) -> None:
    with source.read(None) as snapshot, _gone():
        snapshot.sample(10)


def _look(source: Source) -> None:
    with _gone():
        look_into(source.name)


@contextmanager
def _gone() -> Iterator[None]:
    """Let temporary files have no folder from now on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", "/proc/nowhere")
        yield


@pytest.mark.parametrize("work", [_read, _compare, _sample, _look])
def test_that_temporary_files_have_no_folder_is_told(
    tmp_path: Path, work: Callable[[Source], None]
) -> None:
    source = _packed(tmp_path)

    with pytest.raises(CatalogError) as caught:
        work(source)

    assert caught.value.thing == "/proc/nowhere"
    assert "(No such file or directory)" in caught.value.reason
    assert caught.value.next_step == ADVICE
