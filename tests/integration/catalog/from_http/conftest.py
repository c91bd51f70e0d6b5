"""A server of our own making, and a fetcher that never really waits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from syncd.catalog import FetchedSource
from syncd.catalog.fetching import Fetched
from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.catalog.from_http.timing import Time
from syncd.config import HttpCatalog, HttpKeys
from tests.stubs.raw import RawServer, raw_server

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server() as server:
        yield server


@dataclass
class Hourglass:
    """Time that passes by waiting alone."""

    passed: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds

    @property
    def time(self) -> Time:
        return Time(lambda: NOW + timedelta(seconds=self.passed), lambda: self.passed, self.sleep)


@dataclass
class Reader:
    """Fetches, each time into a folder of its own."""

    folder: Path
    glass: Hourglass = field(default_factory=Hourglass)
    numbers: Iterator[int] = field(default_factory=count)

    def fetcher(self, **settings: Any) -> HttpFetcher:  # noqa: ANN401 - as in TOML
        keys = HttpKeys.model_validate({"type": "http", "requests_per_second": 1000.0, **settings})
        return HttpFetcher(keys, "0.0.0", self.glass.time)

    def source(self, **settings: Any) -> FetchedSource:  # noqa: ANN401 - as in TOML
        mapping = {"id": "id", "part_number": "mpn"}
        catalog = HttpCatalog.model_validate({"type": "http", "mapping": mapping, **settings})
        return FetchedSource(self.fetcher(**settings), catalog, "meaning")

    def fetch(self, since: str | None = None, **settings: Any) -> Fetched:  # noqa: ANN401 - as in TOML
        folder = self.folder / f"read-{next(self.numbers)}"
        folder.mkdir()
        return self.fetcher(**settings).fetch(folder, since)


def rows_of(fetched: Fetched) -> list[Any]:
    """Give the rows of all JSON spools."""
    return [
        json.loads(line)
        for file in fetched.files
        for line in file.read_text(encoding="utf-8").splitlines()
    ]


def ids_of(fetched: Fetched) -> list[Any]:
    return [row["id"] for row in rows_of(fetched)]


def products(number: int) -> list[dict[str, Any]]:
    return [{"id": f"P{index}", "mpn": f"M-{index}"} for index in range(1, number + 1)]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)
