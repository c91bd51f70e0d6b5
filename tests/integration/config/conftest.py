"""A folder with a configuration that lacks nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from syncd.config import Settings, load
from syncd.errors import ConfigurationError

COMPLETE: Final = """\
[catalog]
path = "catalog.csv"
[catalog.mapping]
id = "sku"
part_number = "mpn"
[digital_river]
api_key = "sk_test_from_file"
"""

Loaded: TypeAlias = Callable[..., Settings]
Refused: TypeAlias = Callable[..., str]


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """Load this text with this environment."""

    def load_text(text: str = COMPLETE, environment: Mapping[str, str] | None = None) -> Settings:
        file = tmp_path / "config.toml"
        file.write_text(text, encoding="utf-8")
        return load(file, environment or {})

    return load_text


@pytest.fixture
def refused(loaded: Loaded, tmp_path: Path) -> Refused:
    """The message with which this text is refused, without the folder's name."""

    def refuse(text: str = COMPLETE, environment: Mapping[str, str] | None = None) -> str:
        with pytest.raises(ConfigurationError) as caught:
            loaded(text, environment)
        assert caught.value.exit_code == 2
        return str(caught.value).replace(f"{tmp_path}/", "")

    return refuse
