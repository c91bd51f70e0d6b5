"""One served room a module, for tests that each begin anew in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.integration.web.room import Room, room_in, visited

if TYPE_CHECKING:
    import httpx


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with room_in(tmp_path_factory.mktemp("room")) as room:
        yield room


@pytest.fixture(scope="module")
def clients(rooms: Room) -> Iterator[httpx.Client]:
    with visited(rooms) as client:
        yield client
