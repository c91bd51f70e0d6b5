"""A fetcher that writes what a test gives it, as real spools."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from syncd.catalog.fetching import Fetched
from syncd.domain.snapshot import Scope
from syncd.ports import Advance, unseen

Record = Mapping[str, object]


@dataclass(slots=True)
class FakeFetcher:
    """The `Fetcher` contract.

    `records` are all that the source has, `changes` those that it calls changed, in the order of
    `log`; a watermark is a number of them. Where `spools` are given, they are written as they are,
    by their names, instead of the records. One without a `log` has no watermark.
    """

    records: list[Record] = field(default_factory=list)
    spools: dict[str, bytes] = field(default_factory=dict)
    log: list[Record] | None = None
    deleted: list[str] = field(default_factory=list)
    doubts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ("the test says so",)
    shown: str = ""
    in_pages: bool = False
    settings: str = "settings-1"
    name: str = "shop at db.example"
    asked: list[str | None] = field(default_factory=list)

    def identity(self, advance: Advance = unseen) -> str:
        advance(0)
        return self.shown

    def meaning(self) -> str:
        return self.settings

    def fetch(self, folder: Path, since: str | None, advance: Advance = unseen) -> Fetched:
        advance(len(self.records))
        self.asked.append(since)
        of_changes = since is not None and self.log is not None
        records = self._since(since) if of_changes else self.records
        files = self._write(folder, records)
        return Fetched(
            files=files,
            scope=Scope.CHANGES if of_changes else Scope.WHOLE,
            doubts=self.doubts,
            evidence=self.evidence,
            watermark=None if self.log is None else str(len(self.log)),
            removed=_lines(folder / "removed.jsonl", self.deleted) if of_changes else None,
            identity=self.shown,
            in_pages=self.in_pages,
        )

    def _since(self, since: str | None) -> list[Record]:
        return (self.log or [])[int(since or 0) :]

    def _write(self, folder: Path, records: list[Record]) -> tuple[Path, ...]:
        if not self.spools:
            return (_lines(folder / "rows.jsonl", records),)
        for name, content in self.spools.items():
            (folder / name).write_bytes(content)
        return tuple(folder / name for name in self.spools)


def _lines(path: Path, values: object) -> Path:
    assert isinstance(values, list)
    path.write_text("".join(f"{json.dumps(value)}\n" for value in values), encoding="utf-8")
    return path
