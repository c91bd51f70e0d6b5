"""What the documentation of presets shows can be copied as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from syncd.config import DigitalRiverCatalog, FileCatalog, HttpCatalog, load
from syncd.config.presets import PRESETS

BLOCK = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KEY = '[digital_river]\napi_key = "sk_test_0123456789"\n'


def _blocks(project_root: Path, name: str) -> list[str]:
    text = (project_root / "docs" / "sources" / f"{name}.md").read_text(encoding="utf-8")
    return BLOCK.findall(text)


def _load(folder: Path, text: str) -> HttpCatalog:
    for secret in re.findall(r'secret_file = "([^"]+)"', text):
        (folder / secret).write_text("s3cret\n", encoding="utf-8")
    file = folder / "config.toml"
    file.write_text(text + KEY, encoding="utf-8")
    catalog = load(file, {}).catalog
    assert isinstance(catalog, HttpCatalog)
    return catalog


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_is_shown_with_its_credentials_and_its_columns(
    preset: str, project_root: Path, tmp_path: Path
) -> None:
    first, columns = _blocks(project_root, preset.replace("_", "-"))

    catalog = _load(tmp_path, first + columns)

    assert catalog.preset == preset
    assert catalog.auth.secret is not None
    assert catalog.auth.secret.get_secret_value() == "s3cret"


def test_an_export_and_pages_are_shown(project_root: Path, tmp_path: Path) -> None:
    export, pages, rows, changes = _blocks(project_root, "http")
    mapping = '[catalog.mapping]\nid = "sku"\npart_number = "mpn"\n'

    assert _load(tmp_path, export).auth.type == "bearer"
    assert _load(tmp_path, pages + changes + mapping).updated_since.is_possible
    head = '[catalog]\ntype = "http"\nurl = "https://api.example.com"\n'
    assert _load(tmp_path, head + rows + mapping).nested == "variants"


def test_the_skus_of_one_account_and_of_two_are_shown(project_root: Path, tmp_path: Path) -> None:
    for name in ("api-key", "catalog-key"):
        (tmp_path / name).write_text(f"sk_test_{name}\n", encoding="utf-8")
    for shown in _blocks(project_root, "digital-river"):
        file = tmp_path / "config.toml"
        file.write_text(shown, encoding="utf-8")
        assert isinstance(load(file, {}).catalog, DigitalRiverCatalog)


def test_files_and_joins_are_shown(project_root: Path, tmp_path: Path) -> None:
    mapping = '[catalog.mapping]\nid = "sku"\npart_number = "mpn"\n'
    file, trailer = _blocks(project_root, "file")
    *_, join = BLOCK.findall((project_root / "docs" / "mapping.md").read_text(encoding="utf-8"))

    for shown in (file, trailer + mapping):
        (tmp_path / "config.toml").write_text(shown + KEY, encoding="utf-8")
        assert isinstance(load(tmp_path / "config.toml", {}).catalog, FileCatalog)
    assert _load(tmp_path, join).join[0].name == "erp"
