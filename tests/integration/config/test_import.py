"""Importing the configuration and the logs stays cheap, for every command pays for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = {"alembic", "apscheduler", "duckdb", "httpx", "iso3166", "rich", "sqlalchemy", "structlog"}


@pytest.mark.parametrize(
    ("room", "slow"), [("syncd.config", SLOW), ("syncd.telemetry", SLOW | {"pydantic"})]
)
def test_a_room_is_imported_without_slow_libraries(room: str, slow: set[str]) -> None:
    code = f"import sys, {room}; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert slow & set(ended.stdout.decode().split()) == set()
