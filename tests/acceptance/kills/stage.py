"""A shop and a remote that can be put back to how they were, as often as a story is told anew."""

from __future__ import annotations

import http.client
import shutil
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from syncd.sandbox import Fault
from tests.acceptance.kills.job import Job, Meddling
from tests.acceptance.kills.launcher import Ended, Launcher
from tests.shop import KEY, Shop

Objects = dict[str, dict[str, Any]]

Among = tuple[tuple[str, str], ...]
"""How the names of boundaries begin and end."""
ANY: Final[Among] = (("", ""),)
KEPT_IN_PLACE: Final = frozenset({"catalog.csv", "config.toml"})
"""Files that no run writes; a copy of the catalog would count as rewritten."""


class Remote:
    """The sandbox's control calls over one connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)

    def close(self) -> None:
        self._connection.close()

    def items(self) -> Objects:
        return dict(self._call("GET", "items"))

    def skus(self) -> Objects:
        return dict(self._call("GET", "skus"))

    def found(self) -> tuple[Objects, Objects]:
        """The items, and the SKUs."""
        return self.items(), self.skus()

    def requests(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "requests"))

    def put(self, what: str, objects: object) -> None:
        self._call("PUT", what, objects)

    def post(self, path: str, body: Mapping[str, object]) -> None:
        """Call the API itself, as others do."""
        headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
        self._send("POST", path, orjson.dumps(body), headers)

    def forget_requests(self) -> None:
        self._call("DELETE", "requests")

    def reset(self) -> None:
        self._call("POST", "reset")

    def _call(self, method: str, what: str, body: object = None) -> Any:  # noqa: ANN401 - the JSON's own
        content = None if body is None else orjson.dumps(body)
        text = self._send(method, f"/_sandbox/{what}", content)
        return orjson.loads(text) if text else None

    def _send(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str] = {}
    ) -> bytes:
        self._connection.request(method, path, content, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status < 300, text
        return text


@dataclass(frozen=True)
class World:
    """All that a run can find: the remote's objects, its faults, and the shop's files."""

    items: Objects
    skus: Objects
    levels: Sequence[Mapping[str, object]]
    faults: Sequence[Fault]
    files: Mapping[str, bytes]


@dataclass
class Stage:
    """Where a story is told; what is arranged here is put back by `restore`."""

    shop: Shop
    remote: Remote
    launcher: Launcher
    levels: list[Mapping[str, object]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    meddling: Meddling | None = None
    term: float | None = None
    wish: str = "poll"
    edits: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    """Bodies that others post to these paths each time that all is put back."""

    def run(
        self,
        *arguments: str,
        kill_at: int = 0,
        among: Among = ANY,
        by: int = signal.SIGKILL,
        gate: Path | None = None,
        later: float = 0.0,
        largest_file: int | None = None,
        heeds_rights: bool = False,
    ) -> Ended:
        """Run in the shop's folder, under what a `Job` says."""
        job = Job(
            arguments,
            folder=str(self.shop.folder),
            told=str(self.launcher.told),
            kill_at=kill_at,
            among=among,
            by=by,
            gate=None if gate is None else str(gate),
            later=later,
            meddling=self.meddling,
            largest_file=largest_file,
            heeds_rights=heeds_rights,
            term=self.term,
            wish=self.wish,
        )
        return self.launcher.run(job)

    def well(self, *arguments: str, code: int = 0) -> Ended:
        """Run what must end as it should, while the story is arranged."""
        ended = self.run(*arguments)
        assert ended.code == code, f"{arguments}: {ended}"
        return ended

    def seed(self, items: Iterable[Mapping[str, object]]) -> None:
        self.remote.put("items", list(items))

    def seed_skus(self, skus: Iterable[Mapping[str, object]]) -> None:
        self.remote.put("skus", list(skus))

    def seed_levels(self, levels: Sequence[Mapping[str, object]]) -> None:
        self.levels.extend(levels)
        self.remote.put("levels", levels)

    def meddle(self, boundary: str, item: Mapping[str, object]) -> None:
        """Have somebody else make this item when a run comes to this boundary."""
        url, body = f"{self.remote.url}/_sandbox/items", orjson.dumps([item]).decode()
        self.meddling = Meddling(boundary, url, body)

    def remove_items(self, *gone: str) -> None:
        """Take items out behind everybody's back."""
        items, skus = self.remote.items(), self.remote.skus()
        self.remote.reset()
        self.remote.put("items", {name: one for name, one in items.items() if name not in gone})
        self.remote.put("skus", skus)
        self.remote.put("levels", self.levels)

    def world(self) -> World:
        files = {
            file.name: file.read_bytes()
            for file in self.shop.folder.iterdir()
            if file.is_file() and file.name not in KEPT_IN_PLACE
        }
        return World(self.remote.items(), self.remote.skus(), [*self.levels], [*self.faults], files)

    def restore(self, world: World) -> None:
        """Put everything back, and begin the remote's log anew after what others do then."""
        self.remote.reset()
        self.remote.put("items", world.items)
        self.remote.put("skus", world.skus)
        self.remote.put("levels", world.levels)
        self.remote.put("faults", [asdict(fault) for fault in world.faults])
        for path in (*self.shop.folder.iterdir(), *self.launcher.told.iterdir()):
            if path.name not in KEPT_IN_PLACE:
                _remove(path)
        for name, content in world.files.items():
            (self.shop.folder / name).write_bytes(content)
            (self.shop.folder / name).chmod(0o600)
        for where, body in self.edits:
            self.remote.post(where, body)
        if self.edits:
            self.remote.forget_requests()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
