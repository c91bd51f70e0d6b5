"""The three states that one suite is run on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from syncd.ports import State
from syncd.state import open_state
from tests.fakes.state import FakeState
from tests.postgres_states import Account, account, cache, shared_account
from tests.servers import postgres_server

__all__ = ["account", "cache", "postgres_server", "shared_account"]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], State]:
    """Opens the same state, empty at first, as often as there are processes."""
    kind: str = request.param
    if kind == "memory":
        return FakeState().another
    if kind == "postgresql":
        there: Account = request.getfixturevalue("account")
        return there.open
    return lambda: open_state(f"sqlite:///{tmp_path / 'syncd.db'}")


@pytest.fixture
def state(opened: Callable[[], State]) -> Iterator[State]:
    """An empty state."""
    with closing(opened()) as state:
        yield state


@pytest.fixture
def other(opened: Callable[[], State]) -> Iterator[State]:
    """The same state, as another process has it open."""
    with closing(opened()) as other:
        yield other
