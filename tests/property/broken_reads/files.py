"""Files in every format, alone or joined to others: cut, damaged, or changed meanwhile."""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any, TypeAlias

import duckdb

from syncd.catalog import Files, FileSource
from syncd.config import FileCatalog
from tests.property.broken_reads.damage import damaged
from tests.property.broken_reads.exports import written
from tests.property.broken_reads.trial import COLUMNS, IDS, Case, Rig, stays_sound

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FORM = "# {count} rows"
_FORMATS = {"csv": ".csv", "lines": ".jsonl", "array": ".json", "parquet": ".parquet"}
_PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": lambda plain: plain,
    ".gz": gzip.compress,
    ".zst": zstd.compress,
}


@dataclass(frozen=True)
class Export:
    """One file, as it should be; `vouched` is by a checksum beside it or a trailer within."""

    path: Path
    kind: str
    ids: list[str]
    packing: str
    vouched: str

    @property
    def plain(self) -> bytes:
        if self.kind == "parquet":
            return _parquet(self.path, self.ids)
        trailer = FORM.format(count=len(self.ids)) + "\n" if self.vouched == "trailer" else ""
        return written(self.kind, self.ids) + trailer.encode()

    @property
    def has_lines(self) -> bool:
        return self.kind in {"csv", "lines"}

    @property
    def settings(self) -> dict[str, Any]:
        return {"trailer": FORM} if self.vouched == "trailer" else {}

    def write(self, plain: bytes | None = None) -> bytes:
        """Write it, or other bytes in its place, packed as it is."""
        content = _PACKED[self.packing](self.plain if plain is None else plain)
        self.path.write_bytes(content)
        return content

    def vouch(self, content: bytes) -> None:
        if self.vouched == "sidecar":
            digest = hashlib.sha256(content).hexdigest()
            self.path.with_name(f"{self.path.name}.sha256").write_text(f"{digest}  x\n")


def file_case(rig: Rig, chance: Random) -> Case:
    """Break a file that is the catalog."""
    ids = chance.sample(IDS, chance.randint(1, len(IDS)))
    export = _export(rig, chance, ids)
    source = FileSource(_catalog(export, {}), "meaning")
    sound = stays_sound(chance)
    words, meanwhile = ("sound", _nothing) if sound else _break(export, chance)
    return Case(f"{export}: {words}", source, frozenset(ids), sound, meanwhile=meanwhile)


def join_case(rig: Rig, chance: Random) -> Case:
    """Break a file that is joined to the catalog, which is whole."""
    ids = chance.sample(IDS, chance.randint(1, len(IDS)))
    own = Export(_folder(rig) / "catalog.csv", "csv", ids, "", "")
    own.write()
    joined = _export(rig, chance, ids)
    join = {"name": "erp", "key": "id", "path": str(joined.path), **joined.settings}
    mapping = {"hs_code": "erp.mpn"}
    catalog = _catalog(own, mapping, join=[join])
    source = FileSource(catalog, "meaning", [Files(catalog.join[0])])  # type: ignore[arg-type]  # a file it is
    sound = stays_sound(chance)
    words, meanwhile = ("sound", _nothing) if sound else _break(joined, chance)
    lacks = words in MUST_SHOW
    return Case(f"join of {joined}: {words}", source, frozenset(ids), sound, lacks, meanwhile)


def _export(rig: Rig, chance: Random, ids: list[str]) -> Export:
    kind, packing = chance.choice(list(_FORMATS)), chance.choice(list(_PACKED))
    packing = "" if kind == "parquet" else packing
    vouched = chance.choice(("", "", "sidecar", "trailer"))
    if vouched == "trailer" and kind in {"array", "parquet"}:
        vouched = ""
    path = _folder(rig) / f"export{_FORMATS[kind]}{packing}"
    export = Export(path, kind, ids, packing, vouched)
    export.vouch(export.write())
    return export


def _folder(rig: Rig) -> Path:
    return Path(mkdtemp(dir=rig.folder))


def _catalog(export: Export, mapping: dict[str, str], **others: object) -> FileCatalog:
    keys = {"type": "file", "path": str(export.path), "threads": 1, **export.settings}
    return FileCatalog.model_validate({**keys, "mapping": COLUMNS | mapping, **others})


def _parquet(beside: Path, ids: list[str]) -> bytes:
    lines, table = beside.with_name("rows.jsonl"), beside.with_name("rows.parquet")
    lines.write_bytes(written("lines", ids))
    with duckdb.connect() as engine:
        engine.read_json(str(lines), format="newline_delimited").write_parquet(str(table))
    content = table.read_bytes()
    lines.unlink()
    table.unlink()
    return content


# ------------------------------------------------------------------------------- the faults

CUT, GROWN, SHRUNK, GONE = "cut", "grown meanwhile", "shrunk meanwhile", "gone meanwhile"
MUST_SHOW = frozenset({CUT, GROWN, SHRUNK, GONE})
"""What a read must not be taken for whole after, though no id is missing by it."""
Meanwhile: TypeAlias = Callable[[], None]
Broken: TypeAlias = tuple[str, Meanwhile]


def _nothing() -> None:
    """Let nothing happen meanwhile."""


def _break(export: Export, chance: Random) -> Broken:
    ways: list[Callable[[Export, Random], Broken]] = [_cut, _cut, _changed]
    if export.kind != "parquet" or export.vouched:
        ways += [_damaged, _damaged, _damaged]
    if export.vouched:
        ways.append(_shortened)
    return chance.choice(ways)(export, chance)


def _cut(export: Export, chance: Random) -> Broken:
    """Cut the file; between two lines only where something vouches for their number.

    A trailer says how many there are without its own line end: to lose that is to lose nothing.
    """
    content = export.path.read_bytes()
    ends_with_trailer = export.vouched == "trailer" and not export.packing
    at = chance.randrange(len(content) - ends_with_trailer)
    plain_lines = export.has_lines and not export.packing and not export.vouched
    if plain_lines and content[at - 1 : at] == b"\n":
        at -= 1
    export.path.write_bytes(content[:at])
    return CUT if content[:at].strip() else "emptied", _nothing


def _damaged(export: Export, chance: Random) -> Broken:
    export.write(damaged(export.plain, chance))
    return "damaged", _nothing


def _shortened(export: Export, _: Random) -> Broken:
    """Lose records, and keep what vouches for all of them."""
    fewer = Export(export.path, export.kind, export.ids[1:], export.packing, "")
    trailer = FORM.format(count=len(export.ids)) + "\n" if export.vouched == "trailer" else ""
    fewer.write(fewer.plain + trailer.encode())
    return "shortened", _nothing


def _changed(export: Export, chance: Random) -> Broken:
    """Let somebody write while it is read: more, less, another file, or nothing."""
    fewer = Export(export.path, export.kind, export.ids[:-1] or ["SKU-99"], export.packing, "")
    match chance.randrange(3):
        case 0:
            return GROWN, lambda: _append(export.path)
        case 1:
            return SHRUNK, lambda: _replace(fewer)
        case _:
            return GONE, export.path.unlink


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\n")


def _replace(export: Export) -> None:
    beside = Export(export.path.with_name(f"new{export.path.suffix}"), *_but_path(export))
    beside.write()
    os.replace(beside.path, export.path)  # noqa: PTH105 - as those do who write whole files


def _but_path(export: Export) -> tuple[str, list[str], str, str]:
    return export.kind, export.ids, export.packing, export.vouched
