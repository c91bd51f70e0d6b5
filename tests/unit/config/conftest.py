"""Settings to start from."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from syncd.config import (
    CatalogMapping,
    ColumnMapping,
    DigitalRiverSettings,
    FileCatalog,
    Settings,
)


@pytest.fixture
def settings() -> Settings:
    return Settings(
        catalog=FileCatalog(
            path="/srv/catalog.csv",
            mapping=CatalogMapping(
                id=ColumnMapping(field="sku"), part_number=ColumnMapping(field="mpn")
            ),
        ),
        digital_river=DigitalRiverSettings(api_key=SecretStr("sk_test_4f1c")),
    )


@pytest.fixture
def example(project_root: Path) -> str:
    return (project_root / "config.example.toml").read_text(encoding="utf-8")
