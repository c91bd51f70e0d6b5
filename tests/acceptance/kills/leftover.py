"""What a killed run leaves behind, as text: two that are alike are recovered from alike.

Moments, names drawn at random and process numbers are told by the order in which they come, so that
a run tells the same whenever it is run. The pacer's numbers are left out: they are no state, and an
hour later they say nothing.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from tests.acceptance.kills.evidence import MOMENT, in_doubt_after, journal
from tests.acceptance.kills.stage import KEPT_IN_PLACE, Stage

_STATE: Final = ("state.db", "state.db-wal", "state.db-shm")
_COPY: Final = "state.db.fingerprints.parquet"
_TOLD: Final = ("method", "path", "body", "carriedOut", "requestId")
_LOCK: Final = re.compile(r'"number":\d+|"ended":\w+')
_STAMP: Final = re.compile(r"'fingerprints\.stamp', '(\w+)'")
_PROCESS: Final = re.compile(r"process \d+ on [^\s\",]+")
_NAME: Final = re.compile(r"\b\d{8}T\d{6}Z-[0-9a-f]{4}\b|\b[0-9a-f]{32,64}\b")
_AT_RANDOM: Final = re.compile(r"\.[0-9a-z_]{8}(?=\.|$)")


def leftover(stage: Stage, after: int) -> str:
    """Look at everything and change nothing; the run's journal begins after the entry `after`."""
    log = stage.remote.requests()
    writes = [request for request in log if request["method"] != "GET"]
    with copied(stage.shop.folder) as state:
        rows = "\n".join(_rows(state))
        doubts = in_doubt_after(journal(state, after), log) if rows else set()
    lines = [rows, *_files(stage.shop.folder, rows), *_remote(stage, writes), str(sorted(doubts))]
    return _plain("\n".join(lines), [request["requestId"] for request in writes])


@contextmanager
def copied(folder: Path) -> Iterator[Path]:
    """A copy of the state, for SQLite changes what it opens: it takes in what a kill has left."""
    with tempfile.TemporaryDirectory(prefix="syncd-leftover-") as place:
        for name in _STATE:
            if (folder / name).exists():
                shutil.copyfile(folder / name, Path(place) / name)
        yield Path(place) / _STATE[0]


def _rows(state: Path) -> Iterator[str]:
    """All of every table; nothing where there is no state."""
    if not state.exists():
        return
    with closing(sqlite3.connect(state)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        for (table,) in tables.fetchall():
            yield f"table {table}"
            found = database.execute(f'SELECT * FROM "{table}" ORDER BY 1')  # noqa: S608 - the table's own name
            yield from map(str, found)


def _files(folder: Path, rows: str) -> Iterator[str]:
    for file in sorted(folder.iterdir()):
        if file.name in KEPT_IN_PLACE or file.name in _STATE:
            continue
        yield f"file {_AT_RANDOM.sub('.…', file.name)}"
        content = file.read_bytes()
        if file.name.endswith((".lock", ".duty")):
            yield f"lock {_LOCK.findall(content.decode())}"
        if file.name == _COPY:
            stamps = _STAMP.findall(rows)
            yield f"fresh: {any(stamp.encode() in content for stamp in stamps)}"


def _remote(stage: Stage, writes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for objects in stage.remote.found():
        yield str(sorted(objects.items()))
    for request in writes:
        yield " ".join(str(request[name]) for name in _TOLD)


def _plain(text: str, requests: Sequence[str]) -> str:
    for number, name in enumerate(requests):
        text = text.replace(name, f"request {number}")
    text = _PROCESS.sub("process", MOMENT.sub("moment", text))
    names: dict[str, str] = {}
    return _NAME.sub(lambda found: names.setdefault(found[0], f"name {len(names)}"), text)
