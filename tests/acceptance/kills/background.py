"""A run that waits at a boundary until a gate is open, and then dies there."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.acceptance.kills.launcher import Ended
from tests.acceptance.kills.stage import Stage
from tests.shop import wait_until


class Background:
    """One run beside the test; without arguments it is the daemon."""

    def __init__(self, stage: Stage, at: int, gate: Path, *arguments: str) -> None:
        self._told = stage.launcher.told / "boundaries"
        self._ended: list[Ended] = []
        self._thread = threading.Thread(
            target=lambda: self._ended.append(stage.run(*arguments, kill_at=at, gate=gate)),
            daemon=True,
        )
        self._thread.start()

    def wait_for_boundary(self, at: int) -> None:
        wait_until(lambda: self._told.exists() and len(self._told.read_text().splitlines()) == at)

    def ended(self) -> Ended:
        self._thread.join(30)
        return self._ended[0]
