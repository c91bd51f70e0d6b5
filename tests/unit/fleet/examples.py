"""Accounts' files."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from syncd.fleet.reading import read_account
from tests.shop import CONFIGURATION

if TYPE_CHECKING:
    from syncd.config import Settings

DATABASE: Final = "postgresql+psycopg://syncd@db.example.com/syncd"
_STATE: Final = '[state]\nurl = "sqlite:///state.db"\n'
SOUND: Final = CONFIGURATION.format(url="https://api.example.com", key="sk_test_1").replace(
    _STATE, ""
)


def settings_of(name: str, text: str = SOUND) -> Settings:
    with TemporaryDirectory() as folder:
        file = Path(folder, f"{name}.toml")
        file.write_text(text)
        return read_account(file, DATABASE, {})
