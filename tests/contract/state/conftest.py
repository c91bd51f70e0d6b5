"""The two states that one suite is run on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.ports import State
from syncd.state import open_state
from tests.fakes.state import FakeState


@pytest.fixture(params=["memory", "sqlite"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    """An empty state."""
    kind: str = request.param
    state: State = (
        FakeState() if kind == "memory" else open_state(f"sqlite:///{tmp_path / 'syncd.db'}")
    )
    yield state
    state.close()
