"""What is patched for a life: threads become timers, chance is seeded, and engines are shared."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from unittest.mock import patch
from uuid import UUID

from syncd.digital_river import transport
from syncd.ports import Fingerprints
from syncd.service import deliver, shared
from syncd.state import fingerprints, holding, sightings
from syncd.state.holding import BEAT, Holding
from tests.fakes import catalog, state
from tests.fakes.columns import columnar_engine
from tests.property.simulate.loop import BEARER
from tests.property.simulate.sharing import Common

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_QUICK: Final = ".json"


@contextmanager
def shortcuts(seed: str) -> Iterator[None]:
    """Let a life be quick, and the same whenever it is lived."""
    chance = random.Random(f"{seed}: names")
    by_columns = catalog._known  # noqa: SLF001 - the one place that reads the copy

    def known(given: Fingerprints | None) -> dict[str, tuple[int | None, bool]]:
        if given is None or given.copy.suffix != _QUICK:
            return by_columns(given)
        rows = json.loads(given.copy.read_text())
        return {item: (fingerprint, missing) for item, (fingerprint, missing) in rows.items()}

    with ExitStack() as stack, _seeded(seed):
        for target, name, replacement in (
            (catalog, "_known", known),
            (state.FakeState, "fingerprints", _quick_fingerprints),
            (fingerprints, "columnar_engine", _shared_engine),
            (sightings, "columnar_engine", _shared_engine),
            (transport, "uuid4", lambda: UUID(int=chance.getrandbits(128))),
            (holding.Holding, "shown", _shown),
        ):
            stack.enter_context(patch.object(target, name, replacement))
        yield


@contextmanager
def shared_by_the_handful(common: Common | None) -> Iterator[None]:
    """Let helpers find something to do although there are few items, where any can help at all."""
    if common is None:
        yield
        return
    common.is_wanted = True
    few = (patch.object(shared, "WORTH_IT", 2), patch.object(deliver, "CLAIMED_AT_ONCE", 2))
    with few[0], few[1]:
        yield
    common.is_wanted = False


@contextmanager
def _quick_fingerprints(self: state.FakeState) -> Iterator[Fingerprints]:
    """Hand fingerprints out as JSON, which is quicker than Parquet where there are few."""
    from tests.property.simulate.vault import quick_folder

    known = {
        one.id: (one.fingerprint, one.missing is not None)
        for one in sorted(self.contents.skus.values(), key=lambda one: one.id)
    }
    with quick_folder() as folder:
        spool = folder / f"fingerprints{_QUICK}"
        spool.write_text(json.dumps(known))
        yield Fingerprints(spool)


@contextmanager
def _shared_engine(_: Path) -> Iterator[DuckDBPyConnection]:
    with columnar_engine() as shared:
        yield shared


@contextmanager
def _shown(self: Holding) -> Iterator[Holding]:
    """Show signs of life by the loop's timers."""
    beats = _Beats(self)
    try:
        yield self
    finally:
        beats.end()
        self._end()


class _Beats:
    """A sign of life now and then, as long as the process is not frozen."""

    def __init__(self, held: Holding) -> None:
        self._held = held
        self._loop = asyncio.get_running_loop()
        self._bearer = BEARER.get()
        self._timer = self._loop.call_later(BEAT, self._beat)

    def end(self) -> None:
        self._timer.cancel()

    def _beat(self) -> None:
        if self._bearer is None or self._bearer.frozen_until <= self._loop.time():
            with self._held._one_at_a_time:  # noqa: SLF001 - as its thread does
                self._held._show()  # noqa: SLF001 - the same
        self._timer = self._loop.call_later(BEAT, self._beat)


@contextmanager
def _seeded(seed: str) -> Iterator[None]:
    """Let whatever draws from the common chance draw the same."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
