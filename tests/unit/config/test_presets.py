"""Presets lie under what a merchant writes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from syncd.config import HttpCatalog, InvalidConfigurationError, load
from syncd.config.presets import PRESETS, lay_presets, preset_keys
from syncd.config.shape import Tree

KEYS = """
[catalog.auth]
username = "u"
secret = "s"
token_url = "https://auth.example.com/token"
type = "oauth2"
[digital_river]
api_key = "sk_test_0123456789"
"""


def _laid(text: str) -> Tree:
    tree = tomllib.loads(text)
    lay_presets(tree)
    return tree


def _load(folder: Path, text: str) -> HttpCatalog:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    catalog = load(file, {}).catalog
    assert isinstance(catalog, HttpCatalog)
    return catalog


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_needs_no_more_than_the_address_and_credentials(
    preset: str, tmp_path: Path
) -> None:
    text = f'[catalog]\ntype = "http"\npreset = "{preset}"\nurl = "https://shop.example.com"\n'

    catalog = _load(tmp_path, text + KEYS)

    assert catalog.mapping.id.field == "sku"
    assert catalog.updated_since.is_possible
    assert catalog.paging.type != "none"


def test_what_is_written_goes_before_the_preset_key_by_key() -> None:
    tree = _laid(
        '[catalog]\ntype = "http"\npreset = "woocommerce"\n'
        '[catalog.paging]\nsize = 20\n[catalog.mapping]\npart_number = "mpn"\n'
        'allow_oversell = { field = "policy" }\n[catalog.params]\nstatus = "publish"\n'
    )
    catalog = tree["catalog"]
    preset = preset_keys("woocommerce")

    assert isinstance(catalog, dict)
    assert catalog["paging"] == preset["paging"] | {"size": 20}  # type: ignore[operator]  # TOML's
    assert catalog["mapping"] == {
        "id": "sku",
        "part_number": "mpn",
        "allow_oversell": {"field": "policy"},
    }
    assert catalog["params"] == preset["params"] | {"status": "publish"}  # type: ignore[operator]
    assert catalog["path"] == preset["path"]


def test_a_mapping_goes_before_the_presets_as_a_whole() -> None:
    tree = _laid(
        '[catalog]\ntype = "http"\npreset = "shopify"\n'
        '[catalog.mapping]\nallow_oversell = { field = "policy" }\n'
    )

    assert tree["catalog"]["mapping"]["allow_oversell"] == {"field": "policy"}  # type: ignore[index]


def test_an_empty_text_takes_a_key_of_the_preset_away() -> None:
    tree = _laid(
        '[catalog]\ntype = "http"\npreset = "shopify"\nonly = ""\n[catalog.mapping]\nhs_code = ""\n'
    )
    catalog = tree["catalog"]

    assert isinstance(catalog, dict)
    assert "only" not in catalog
    assert "hs_code" not in catalog["mapping"]
    assert "country_of_origin" in catalog["mapping"]


def test_a_joined_source_has_no_mapping_of_its_own() -> None:
    tree = _laid(
        '[catalog]\ntype = "file"\n[[catalog.join]]\ntype = "http"\npreset = "bigcommerce"\n'
        '[[catalog.join]]\ntype = "file"\n'
    )
    first, second = tree["catalog"]["join"]  # type: ignore[index]

    assert "mapping" not in first
    assert "filter" not in first
    assert first["records"] == "data"
    assert second == {"type": "file"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "catalog = 5",
        '[catalog]\ntype = "file"\npreset = "shopify"',
        '[catalog]\ntype = "http"\npreset = "unheard_of"',
        '[catalog]\ntype = "http"\npreset = 5',
        '[catalog]\ntype = "http"',
        "[catalog]\njoin = 5",
        "[catalog]\njoin = [5]",
    ],
)
def test_what_names_no_known_preset_is_left_alone(text: str) -> None:
    assert _laid(text) == tomllib.loads(text)


def test_an_unknown_preset_is_named_with_the_known_ones(tmp_path: Path) -> None:
    text = '[catalog]\ntype = "http"\npreset = "shopware"\nurl = "https://a.b"\n'
    mapping = '[catalog.mapping]\nid = "a"\npart_number = "b"\n'

    with pytest.raises(InvalidConfigurationError) as caught:
        _load(tmp_path, text + mapping + KEYS)
    assert 'line 3: catalog.preset is "shopware", but must be' in str(caught.value)
    assert '"woocommerce"' in str(caught.value)


def test_a_key_of_the_preset_that_is_written_wrongly_is_named_with_its_line(tmp_path: Path) -> None:
    text = '[catalog]\ntype = "http"\npreset = "shopify"\nurl = "https://a.b"\nonly = "a["\n'

    with pytest.raises(InvalidConfigurationError) as caught:
        _load(tmp_path, text + KEYS)
    assert "line 5: catalog.only" in str(caught.value)
