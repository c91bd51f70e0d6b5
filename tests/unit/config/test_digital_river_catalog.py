"""The SKUs of an account need hardly a word, and their key is kept as private as any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from syncd.config import DigitalRiverCatalog, DigitalRiverSettings, Settings, load
from syncd.domain.attributes import SHARED
from syncd.errors import ConfigurationError

Loaded: TypeAlias = Callable[..., Settings]
MAIN = 'api_key = "sk_test_main"\nrequests_per_second = 7\n'


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    def write_and_load(catalog: str = "", main: str = MAIN) -> Settings:
        file = tmp_path / "config.toml"
        text = f'[catalog]\ntype = "digital_river"\n{catalog}\n[digital_river]\n{main}'
        file.write_text(text, encoding="utf-8")
        return load(file, {})

    return write_and_load


def catalog_of(settings: Settings) -> DigitalRiverCatalog:
    assert isinstance(settings.catalog, DigitalRiverCatalog)
    return settings.catalog


def account_of(settings: Settings) -> DigitalRiverSettings:
    return catalog_of(settings).account(settings.digital_river)


def test_the_mapping_is_known(loaded: Loaded) -> None:
    mapping = loaded().catalog.mapping

    columns = {one: column.field for one, column in mapping.by_attribute().items()}
    assert columns == {one: one.value for one in SHARED}
    assert mapping.id.field == "id"


def test_a_mapping_that_is_written_goes_before_it_key_by_key(loaded: Loaded) -> None:
    mapping = loaded('[catalog.mapping]\nhs_code = ""\npart_number = "id"\n').catalog.mapping

    assert mapping.hs_code is None
    assert mapping.part_number.field == "id"
    assert mapping.eccn is not None


def test_a_joined_account_needs_no_mapping(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[catalog]\npath = "a.csv"\n[catalog.mapping]\nid = "sku"\npart_number = "mpn"\n'
        'hs_code = "dr.hsCode"\n[[catalog.join]]\ntype = "digital_river"\nname = "dr"\nkey = "id"\n'
        f"[digital_river]\n{MAIN}",
        encoding="utf-8",
    )

    assert load(file, {}).catalog.join[0].type == "digital_river"


def test_the_account_is_the_main_one_at_its_rate(loaded: Loaded) -> None:
    settings = loaded()

    assert account_of(settings) == settings.digital_river
    assert account_of(loaded('api_key = "sk_test_main"')).rate == 7


def test_another_key_has_its_own_rate_and_kind(loaded: Loaded) -> None:
    account = account_of(loaded('api_key = "sk_live"\nbase_url = "https://eu.example.com/"'))

    assert account.api_key.get_secret_value() == "sk_live"
    assert (account.base_url, account.rate, account.is_test) == (
        "https://eu.example.com",
        250.0,
        False,
    )


@pytest.mark.parametrize(
    ("catalog", "main"),
    [
        ('api_key = "sk_live"', MAIN + 'base_url = "http://127.0.0.1:8080"\n'),
        ('base_url = "http://127.0.0.1:8080"', 'api_key = "sk_live"\n'),
        ('api_key = "sk_live"\nbase_url = "http://127.0.0.1:8080"', MAIN),
    ],
)
def test_a_live_key_never_travels_unencrypted(loaded: Loaded, catalog: str, main: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url must begin with https://") as caught:
        loaded(catalog, main)
    assert "sk_live" not in str(caught.value)


@pytest.mark.parametrize(
    "catalog",
    [
        'api_key = "sk_test_other"',
        '[[catalog.join]]\ntype = "digital_river"\nname = "dr"\nkey = "id"\napi_key = "sk_test_x"',
    ],
)
def test_test_data_never_decides_over_live_items(loaded: Loaded, catalog: str) -> None:
    mapping = '[catalog.mapping]\neccn = "dr.eccn"\n' if "join" in catalog else ""

    with pytest.raises(ConfigurationError, match="test data must not decide") as caught:
        loaded(f"{mapping}{catalog}", 'api_key = "sk_live"\n')
    assert "sk_" not in str(caught.value)


@pytest.mark.parametrize(
    ("catalog", "words"),
    [
        ('api_key = "sk live"', "catalog.api_key must be the secret key"),
        (
            'base_url = "api.example.com"',
            'catalog.base_url is "api.example.com", but must be a URL',
        ),
        ('base_url = "https://me:x@example.com"', "without user name"),
        ('path = "a.csv"', 'catalog.path is a key of type = "file"'),
    ],
)
def test_what_cannot_be_is_told_with_its_key(loaded: Loaded, catalog: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loaded(catalog)
    assert words in str(caught.value)


def test_keys_are_no_part_of_what_rows_mean(loaded: Loaded) -> None:
    catalog = catalog_of(loaded('api_key = "sk_live"\noverlap = "1h"'))

    assert catalog.dialect() == {}
    assert catalog.place() == {"type": "digital_river", "base_url": None}
