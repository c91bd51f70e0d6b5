"""What every test may ask for, whatever its room."""

from __future__ import annotations

import gc
import ssl
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, settings

from tests.engines import Engines
from tests.vendor_watch import WATCH, watched
from tests.warm import WARM

RARELY: Final = (50_000, 20, 50)
"""How much is made before Python searches for rings of objects, youngest first."""

settings.register_profile(  # a machine may be slow at any moment
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds `pyproject.toml`."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def _trust_once() -> Iterator[None]:
    """Load the certificates of the world once, and not for every client; that takes 25 ms."""
    create = httpx.create_ssl_context
    of_the_world = cache(create)

    def trusting(**asked: Any) -> ssl.SSLContext:  # noqa: ANN401 - httpx's own
        is_usual = asked.get("verify", True) is True and not asked.get("cert")
        return of_the_world() if is_usual else create(**asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx.create_ssl_context", trusting)
        patch.setattr("httpx._transports.default.create_ssl_context", trusting)
        yield


@pytest.fixture(scope="session", autouse=True)
def _engine_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Start a columnar engine once, and not for every read."""
    engines = Engines(str(tmp_path_factory.mktemp("spill")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("duckdb.connect", engines.connect)
        yield
    engines.end()


@pytest.fixture(scope="session", autouse=True)
def _watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hold all that syncd sends against the vendor's document, where that is at hand."""
    with watched(WATCH), WATCH.told_in(tmp_path_factory.mktemp("watch") / "told"):
        WARM.know_usual_environment()
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail a test in which syncd has sent what the vendor does not know, unless it says so."""
    yield
    if item.get_closest_marker("unknown_to_the_vendor"):
        WATCH.forget()
    WATCH.complain()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None]:
    """The same of what is seen at its end."""
    yield
    WATCH.complain()


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Search no more for rings among what was imported and collected; a search took a second.

    What the tests themselves leave behind is still found, by the last one and after it.
    """
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARELY)
    try:
        return (yield)
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
