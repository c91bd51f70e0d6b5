"""Whole exports behind an address, downloaded as they are or prepared on request."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.property.broken_reads.damage import damaged
from tests.property.broken_reads.pages import HTML, http_fetcher, rows_of
from tests.property.broken_reads.trial import IDS, Case, Rig, stays_sound
from tests.stubs.raw import Reply

MEDIA = {
    "array": "application/json",
    "wrapped": "application/json",
    "lines": "application/jsonl",
    "csv": "text/csv",
}
BULK = {
    "start": {"query": "export everything"},
    "job": "job",
    "refused": "errors[].message",
    "poll_path": "/jobs/{job}",
    "done": "status == 'done'",
    "failed": "status == 'failed'",
    "result": "url",
}
_LOUD: tuple[Reply, ...] = (
    HTML,
    Reply(500),
    Reply(403, b"{}"),
    Reply(404),
    Reply(204),
    Reply(302, headers={"location": "/login"}),
    Reply(body=b'{"error": "rebuilding"}\n'),
    Reply(body=b""),
    Reply(body=b"\n"),
    Reply(body=b"[]"),
    Reply(302, headers={"location": "http://[/"}),
)


def written(kind: str, ids: list[str]) -> bytes:
    """Write an export in one of the formats."""
    rows = rows_of(ids)
    match kind:
        case "array":
            return json.dumps(rows).encode()
        case "wrapped":
            return json.dumps({"items": rows}).encode()
        case "lines":
            return b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        case _:
            table = io.StringIO()
            writer = csv.DictWriter(table, ["id", "mpn", "origin"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            return table.getvalue().encode()


@dataclass(frozen=True)
class Export:
    """One body, as it should be."""

    kind: str
    ids: list[str]
    declares: bool
    framed: bool
    packed: bool

    def reply(self, body: bytes, cut: int | None = None, total: int | None = None) -> Reply:
        """Send this body as the export."""
        headers = {"content-type": MEDIA[self.kind]}
        if self.declares:
            headers["x-total"] = str(len(self.ids) if total is None else total)
        content = gzip.compress(body) if self.packed else body
        return Reply(200, content, headers, self.framed, cut)

    @property
    def is_vouched(self) -> bool:
        """Whether the whole of it can be proven to be there."""
        return self.declares or self.framed or self.kind in {"array", "wrapped"}

    @property
    def settings(self) -> dict[str, Any]:
        total = {"total": "header:X-Total"} if self.declares else {}
        return total | ({"records": "items"} if self.kind == "wrapped" else {})


def export_case(rig: Rig, chance: Random) -> Case:
    """Break the one answer that holds everything."""
    ids = chance.sample(IDS, chance.randint(1, len(IDS)))
    flip = [chance.random() < 0.5 for _ in range(3)]
    export = Export(chance.choice(list(MEDIA)), ids, *flip)
    sound = stays_sound(chance)
    reply = export.reply(written(export.kind, ids)) if sound else _broken(export, chance)
    rig.server.answers(lambda _: reply)
    fetcher = http_fetcher({"url": f"{rig.server.url}/export", **export.settings})
    words = f"{export}, {reply}"
    return Case(words, fetcher, frozenset(ids), sound and export.is_vouched)


def _broken(export: Export, chance: Random) -> Reply:
    whole = written(export.kind, export.ids)
    ways: list[Callable[[], Reply]] = [
        lambda: export.reply(_cut(whole, chance, export)),
        lambda: export.reply(_cut(whole, chance, export)),
        lambda: _cut_on_its_way(export.reply(whole), chance, export),
        lambda: export.reply(damaged(whole, chance)),
        lambda: export.reply(damaged(whole, chance)),
        lambda: chance.choice(_LOUD),
    ]
    if export.declares:
        other = len(export.ids) + chance.choice((-2, -1, 1, 2))
        ways += [
            lambda: export.reply(whole, total=max(0, other)),
            lambda: export.reply(_without_a_record(export, chance)),
        ]
    return chance.choice(ways)()


def _cut(whole: bytes, chance: Random, export: Export) -> bytes:
    """Cut it; between two lines only where a total vouches for their number."""
    at = chance.randrange(len(whole))
    between = export.kind in {"lines", "csv"} and whole[at - 1 : at] == b"\n"
    return whole[: at - 1] if between and not export.declares else whole[:at]


def _cut_on_its_way(whole: Reply, chance: Random, export: Export) -> Reply:
    """Close the connection in the middle, which shows unless the length was not announced."""
    size = len(whole.body)
    at = chance.randrange(size)
    hidden = not whole.framed and whole.body[at - 1 : at] == b"\n" and not export.declares
    return Reply(200, whole.body, whole.headers, whole.framed, at - 1 if hidden else at)


def _without_a_record(export: Export, chance: Random) -> bytes:
    ids = list(export.ids)
    del ids[chance.randrange(len(ids))]
    return written(export.kind, ids)


# ------------------------------------------------------------------------------ on request


def bulk_case(rig: Rig, chance: Random) -> Case:
    """Break a job that prepares an export, or what it prepared."""
    ids = chance.sample(IDS, chance.randint(1, len(IDS)))
    export = Export("lines", ids, declares=False, framed=True, packed=chance.random() < 0.3)
    counts, sound = chance.random() < 0.5, stays_sound(chance)
    document: dict[str, object] = {"status": "done", "url": f"{rig.store.url}/x", "count": len(ids)}
    whole = export.reply(written("lines", ids))
    started, polled, stored = Reply(body=b'{"job": "j1"}'), _json(document), whole
    if not sound:
        match chance.randrange(4):
            case 0:
                started = chance.choice((*_LOUD, _json({"errors": [{"message": "busy"}]})))
            case 1:
                polled = chance.choice((*_LOUD, *_other_ends(document, rig, len(ids), counts)))
            case _:
                of_store = Export("lines", ids, declares=False, framed=True, packed=export.packed)
                stored = _broken(of_store, chance)
    rig.server.answers(lambda asked: started if asked.method == "POST" else polled)
    rig.store.answers(lambda _: stored)
    bulk: Mapping[str, object] = BULK | ({"count": "count"} if counts else {})
    keys = {"url": rig.server.url, "method": "POST", "bulk": bulk}
    words = f"job for {len(ids)}, counted {counts}: {started}, {polled}, {stored}"
    return Case(words, http_fetcher(keys), frozenset(ids), sound)


def _other_ends(document: Mapping[str, object], rig: Rig, number: int, counts: bool) -> list[Reply]:
    others: list[dict[str, object]] = [
        {"status": "failed"},
        {"status": "strange"},
        {"url": None},
        {"url": ""},
        {"url": "ftp://elsewhere"},
        {"url": f"{rig.store.url}/\udcff"},
        {"url": "http://[/"},
    ]
    if counts:
        others += [{"count": number + 1}, {"count": 0}]
    return [_json({**document, **other}) for other in others]


def _json(document: Mapping[str, object]) -> Reply:
    return Reply(body=json.dumps(document).encode())
