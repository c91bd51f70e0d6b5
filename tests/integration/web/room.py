"""A desk over real parts, without the loop that works, and the web served over it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from syncd.config import Settings
from syncd.domain.attributes import ItemId
from syncd.domain.cycle import CycleId, CycleResult, Mode
from syncd.ports import State
from syncd.service.pulse import Pulse
from syncd.service.traffic import Traffic
from syncd.state import open_state
from syncd.web.app import application
from syncd.web.desk import Desk
from syncd.web.server import serving
from syncd.wiring import keep, state_beside, wired_beside
from tests.ports import free_port

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOKEN = "a-long-random-word"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Room:
    """What a daemon would know, with time that the test moves."""

    folder: Path
    state: State
    service: dict[str, Any]
    seconds: float = 0.0
    pointed: list[ItemId] = field(default_factory=list)
    traffic: Traffic = field(init=False)
    pulse: Pulse = field(init=False)
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.traffic = Traffic(lambda: self.seconds)
        self.pulse = Pulse(self.now, lambda: self.seconds)
        self.configure(**self.service)

    def begin_anew(self) -> None:
        """Be as one that has just been opened, under the same desk."""
        self.seconds = 0.0
        self.pointed.clear()
        vars(self.pulse).update(vars(Pulse(self.now, lambda: self.seconds)))
        self.configure()

    def configure(self, **service: object) -> None:
        """Take another [service], as a reload does."""
        tree = {
            "catalog": {
                "type": "file",
                "path": str(self.folder / "catalog.csv"),
                "mapping": {"id": "sku", "part_number": "mpn"},
            },
            "digital_river": {"api_key": "sk_test_4f1c"},
            "state": {"url": url_of(self.folder)},
            "service": service,
        }
        self.settings = Settings.model_validate(tree)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def work_well(self) -> None:
        """Beat, and end a cycle that found nothing to do."""
        self.pulse.beat()
        now = self.now()
        self.pulse.ended(CycleResult(CycleId("c"), Mode.SCHEDULED, now, now, None))

    def desk(self) -> Desk:
        return Desk(
            pulse=self.pulse,
            traffic=self.traffic,
            settings=lambda: self.settings,
            state=lambda: state_beside(self.settings),
            account=lambda: wired_beside(self.settings, self.traffic),
            keep=lambda event: keep(self.settings, event),
            point_at=self.pointed.extend,
            now=self.now,
            version="1.2.3",
        )


@contextmanager
def room_in(folder: Path, **service: object) -> Iterator[Room]:
    """Open a new state there."""
    with closing(open_state(url_of(folder))) as state:
        yield Room(folder, state, service)


@contextmanager
def visited(room: Room, desk: Desk | None = None) -> Iterator[httpx.Client]:
    """Serve it on a port of its own, and come as a client that follows no redirect."""
    address = f"127.0.0.1:{free_port()}"
    with (
        serving(application(desk or room.desk()), address),
        httpx.Client(base_url=f"http://{address}", timeout=60) as client,
    ):
        yield client


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'state.db'}"
