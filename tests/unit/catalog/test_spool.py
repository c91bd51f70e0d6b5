"""Compressed files on their way into the spool: whole ones, cut ones, damaged ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.catalog.dialect import Compression
from syncd.catalog.files import locate
from syncd.catalog.spool import place
from syncd.errors import CatalogError

# "syncd " a thousand times over, and "x": as the command zstd writes them, with checksums
LONG = bytes.fromhex("28b52ffd04587500003073796e63642001006797be14017048d5b7")
SHORT = bytes.fromhex("28b52ffd04580900007823110483")
SKIPPABLE = bytes.fromhex("502a4d1803000000616263")


def plain_bytes_of(content: bytes, folder: Path) -> bytes:
    (folder / "catalog.csv.zst").write_bytes(content)
    (file,) = locate(str(folder / "catalog.csv.zst"))
    return place(file, Compression.ZSTD, folder).read_bytes()


def test_frames_one_after_the_other_are_read_as_one(tmp_path: Path) -> None:
    assert plain_bytes_of(LONG + SKIPPABLE + SHORT, tmp_path) == b"syncd " * 1000 + b"x"


def test_content_of_more_than_one_piece_comes_out_whole(tmp_path: Path) -> None:
    blocks = 40  # of 128 KiB of one letter: RLE blocks of four bytes each
    block = (1 << 17 << 3) | 2
    body = b"".join((block | (n == blocks - 1)).to_bytes(3, "little") + b"z" for n in range(blocks))
    frame = b"\x28\xb5\x2f\xfd\x00\x58" + body

    assert plain_bytes_of(frame, tmp_path) == b"z" * (blocks << 17)


@pytest.mark.parametrize("length", range(len(LONG)))
def test_every_cut_is_seen(length: int, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="cut short or damaged"):
        plain_bytes_of(LONG[:length], tmp_path)


@pytest.mark.parametrize("content", [LONG.replace(b"syncd", b"Syncd"), b"sku,mpn,origin\n"])
def test_changed_bytes_and_what_is_no_zstd_are_seen(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="cut short or damaged"):
        plain_bytes_of(content, tmp_path)
