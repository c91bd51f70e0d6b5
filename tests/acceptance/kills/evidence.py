"""What must be true once the dust has settled: the remote, its log, the state and the journal."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson

from syncd.service.verify import verify
from syncd.state import open_existing_read_only
from tests.acceptance.kills.arranged import Arranged
from tests.acceptance.kills.stage import Objects, World
from tests.shop import KEY, item_of

RESOURCES = {"inventory-items": "inventory_item", "skus": "sku"}
"""By the first part of a path, the journal's word for what is asked for there."""
DEEDS = {"DELETE": "delete"}
MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:?\d\d|Z| UTC)?|\b1[789]\d{14}\b"
)
"""A time as it is kept or told anywhere."""
TOLD = frozenset({"boundaries", "stdout", "stderr"})
"""Files of the test's own beside what a run leaves in its temporary folder."""
MAY_HAVE_BEEN_SENT = frozenset({None, "unknown"})
"""Outcomes in the journal after which the remote may have been asked, without our knowing."""


Thing = tuple[str, str]
"""A resource by the journal's word, and an id."""


@dataclass(frozen=True)
class Write:
    """One write as the remote's log has it."""

    resource: str
    deed: str
    id: str
    request: str
    carried_out: bool

    @property
    def thing(self) -> Thing:
        return self.resource, self.id


def writes_in(log: Iterable[Mapping[str, Any]]) -> list[Write]:
    return [_write(request) for request in log if request["method"] != "GET"]


def _write(request: Mapping[str, Any]) -> Write:
    _, collection, *rest = request["path"].split("/")
    wanted = rest[0] if rest else orjson.loads(request["body"])["id"]
    deed = DEEDS.get(request["method"]) or ("update" if rest else "create")
    outcome = request["requestId"], request["carriedOut"]
    return Write(RESOURCES[collection], deed, wanted, *outcome)


def wanted_items(arranged: Arranged, before: World) -> Objects:
    """The items that the remote must have in the end."""
    wanted = {name: item for name, item in before.items.items() if name not in arranged.deleted}
    for row in arranged.rows:
        if row["sku"] not in arranged.kept:
            wanted[row["sku"]] = item_of(row)
    return without_nothing(wanted)


def wanted_skus(arranged: Arranged, before: World) -> Mapping[str, Mapping[str, object]]:
    """The SKUs that the remote must have in the end: where no pairs are kept, those of before."""
    return before.skus if arranged.skus is None else arranged.skus


def check_remote(arranged: Arranged, before: World, found: tuple[Objects, Objects]) -> None:
    """The items and the SKUs are the catalog's, and what is not ours is as it was."""
    items, skus = found
    assert without_nothing(items) == wanted_items(arranged, before)
    assert skus == wanted_skus(arranged, before)


def without_nothing(items: Objects) -> Objects:
    return {
        name: {key: value for key, value in item.items() if value not in {None, ""}}
        for name, item in items.items()
    }


def check_writes(arranged: Arranged, before: World, writes: Iterable[Write]) -> None:
    """Nothing is made that is there, nothing written that is not ours or that must be kept."""
    present = {("inventory_item", id) for id in before.items} | {("sku", id) for id in before.skus}
    ours = {row["sku"] for row in arranged.rows} | arranged.deleted
    for write in writes:
        assert write.id in ours, write
        if not write.carried_out:
            continue
        assert write.id not in arranged.kept, write
        if write.deed == "create":
            assert write.thing not in present, f"{write} made it twice"
            present.add(write.thing)
        elif write.deed == "delete":
            assert write.id in arranged.deleted, write
            present.discard(write.thing)


def check_journal(entries: Iterable[Entry], writes: Iterable[Write]) -> None:
    """Every write that was sent had its intent, and every outcome that is claimed was one.

    The entries are those of the time of the log.
    """
    log = {write.request: write for write in writes}
    unknown: defaultdict[tuple[Thing, str], int] = defaultdict(int)
    for entry in entries:
        write = log.pop(entry.request or "", None)
        if entry.kind in MAY_HAVE_BEEN_SENT:
            unknown[entry.thing, entry.deed] += 1
        elif write is None:
            assert entry.kind == "undone", f"{entry} claims what the remote never saw"
        else:
            assert (write.thing, write.deed) == (entry.thing, entry.deed), (entry, write)
            assert write.carried_out == (entry.kind == "accepted"), (entry, write)
    unclaimed = Counter((write.thing, write.deed) for write in log.values())
    for key, count in unclaimed.items():
        assert count <= unknown[key], f"{key} was sent {count} times without an intent of its own"


def check_doubts(entries: Iterable[Entry], log: Iterable[Mapping[str, Any]]) -> None:
    """What was sent and not heard of again is looked up before anything more is sent for it."""
    in_doubt_after(entries, log)


def in_doubt_after(entries: Iterable[Entry], log: Iterable[Mapping[str, Any]]) -> set[Thing]:
    """The things that have not been looked up since they were sent something without an answer."""
    settled = {entry.request for entry in entries} - {None}
    in_doubt: set[Thing] = set()
    for request in log:
        if request["method"] == "GET":
            in_doubt.difference_update(_asked_after(request))
            continue
        write = _write(request)
        assert write.thing not in in_doubt, f"{write} was sent without looking first"
        if write.request not in settled:
            in_doubt.add(write.thing)
    return in_doubt


def _asked_after(request: Mapping[str, Any]) -> Iterator[Thing]:
    resource = RESOURCES.get(request["path"].split("/")[1])
    for id in parse_qs(request["query"]).get("ids", ()):
        if resource is not None:
            yield resource, id


@dataclass(frozen=True)
class Entry:
    """One entry of the journal, as far as it is compared."""

    resource: str
    deed: str
    id: str
    kind: str | None
    request: str | None

    @property
    def thing(self) -> Thing:
        return self.resource, self.id


def journal(state: Path, after: int) -> list[Entry]:
    """What stands there since the entry `after`."""
    query = """SELECT resource, deed, id, kind, request_id FROM journal
        WHERE write > ? AND deed <> 'adopt' ORDER BY write"""
    with closing(sqlite3.connect(state)) as database:
        return [Entry(*found) for found in database.execute(query, (after,))]


def last_entry(state: Path) -> int:
    """The journal's last entry; 0 where there is no state yet."""
    if not state.exists():
        return 0
    with closing(sqlite3.connect(state)) as database:
        return int(database.execute("SELECT coalesce(max(write), 0) FROM journal").fetchone()[0])


def check_state(state: Path) -> None:
    """The file is whole, and nothing is left in flight or in doubt."""
    with closing(sqlite3.connect(state)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert unsettled(state) == []


def check_stock(state: Path, arranged: Arranged) -> None:
    """The last that was noted of each item's stock."""
    query = "SELECT id, quantity FROM stock ORDER BY id, day"
    with closing(sqlite3.connect(state)) as database:
        assert dict(database.execute(query).fetchall()) == arranged.stock


def unsettled(state: Path) -> list[tuple[str, str]]:
    """The ids of which something is in flight or in doubt."""
    with closing(sqlite3.connect(state)) as database:
        query = "SELECT id, delivery FROM sku WHERE delivery <> 'settled'"
        return database.execute(query).fetchall()


def check_settled(state: Path) -> None:
    """Nothing is in flight; where the tables are not there yet, nothing was."""
    if not state.exists():
        return
    with closing(sqlite3.connect(state)) as database, suppress(sqlite3.OperationalError):
        found = database.execute("SELECT id FROM sku WHERE delivery = 'in_flight'").fetchall()
        assert found == []


def standing(state: Path) -> str:
    """All that decides what the next run does, without the moments and request ids in it."""
    query = """SELECT id, state, fingerprint, desired, known, sent, ownership, delivery,
        held IS NULL, missing_read, quarantine IS NULL, foreign_reason, next_attempt IS NULL
        FROM sku ORDER BY id"""
    with closing(sqlite3.connect(state)) as database:
        rows = database.execute(query).fetchall()
        (reading,) = database.execute("SELECT document FROM reading").fetchone()
    remembered = {name: value for name, value in orjson.loads(reading).items() if name != "at"}
    return MOMENT.sub("moment", f"{rows} {remembered}")


def check_history(state: Path) -> None:
    """The chain of seals holds, and what is under no seal was broken off."""
    with closing(open_existing_read_only(f"sqlite:///{state}")) as opened:
        verdict = verify(opened)
    assert verdict.breach is None, verdict


def check_privacy(left: Iterable[Path]) -> None:
    """Nobody else may read what a run leaves, and the key is in none of it."""
    for path in left:
        assert path.name in TOLD or not path.stat().st_mode & 0o077, path
        for file in path.rglob("*") if path.is_dir() else (path,):
            assert file.is_dir() or KEY.encode() not in file.read_bytes(), file


def check_reports(folder: Path) -> None:
    """Whatever a run writes for its user is there whole, or not at all."""
    for file in folder.glob("*.json"):
        orjson.loads(file.read_bytes())
    for file in folder.glob("*.html"):
        assert file.read_text().rstrip().endswith("</html>")
