"""What every test may ask for, whatever its room."""

from __future__ import annotations

import gc
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

RARELY: Final = (50_000, 20, 50)
"""How much is made before Python searches for rings of objects, youngest first."""


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds `pyproject.toml`."""
    return Path(__file__).resolve().parent.parent


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
