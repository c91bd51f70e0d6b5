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
    state: State = FakeState() if kind == "memory" else open_state(_url(tmp_path))
    yield state
    state.close()


@pytest.fixture
def other(state: State, tmp_path: Path) -> Iterator[State]:
    """The same state, as another process has it open."""
    other: State = state.another() if isinstance(state, FakeState) else open_state(_url(tmp_path))
    yield other
    other.close()


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'syncd.db'}"
