"""A folder with a catalog in it, read as the configuration says."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from syncd.catalog import FileSource
from tests.contract.catalog.reads import Known, Read, file_catalog, read

HEADER = b"sku,mpn,origin\n"


class Catalog:
    """Files in a folder of their own, and how they are read."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder = folder
        self._scratch = scratch

    def write(self, content: bytes | str, name: str = "catalog.csv") -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def source(self, pattern: str = "catalog.csv", **changed: Any) -> FileSource:  # noqa: ANN401 - as in TOML
        return FileSource(file_catalog(self.folder / pattern, **changed), "meaning")

    def read(
        self,
        pattern: str = "catalog.csv",
        known: Iterable[Known] = (),
        **changed: Any,  # noqa: ANN401
    ) -> Read:
        return read(self.source(pattern, **changed), self._scratch, known)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    folder, scratch = tmp_path / "export", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    return Catalog(folder, scratch)


def gzipped(content: bytes) -> bytes:
    """Compress without a time stamp."""
    return gzip.compress(content, mtime=0)


def zstded(content: bytes) -> bytes:
    """Make one zstd frame of raw blocks, which needs no compressor; its checksum is left out."""
    size = len(content).to_bytes(4, "little")
    header = b"\x28\xb5\x2f\xfd" + b"\xa0" + size  # single segment, size of content in 4 bytes
    blocks = [content[start : start + 1024] for start in range(0, len(content), 1024)] or [b""]
    last = len(blocks) - 1
    return header + b"".join(
        ((len(block) << 3) | (number == last)).to_bytes(3, "little") + block
        for number, block in enumerate(blocks)
    )
