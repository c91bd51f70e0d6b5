"""`config.example.toml` shows every key there is, with its default, and nothing else."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from syncd.config import CatalogSection, FileCatalog, Settings, load
from syncd.config.lines import lines_of
from syncd.config.shape import KeyPath, Shape

COMMENTED_OUT = re.compile(r"^# (?=(?:[a-z_]+ = |\[?\[[a-z_.]+\]))", re.MULTILINE)
OTHER_KIND = re.compile(r"^#   \[catalog\]\n(?:#   .*\n)+", re.MULTILINE)
CATALOG = re.compile(r"^\[catalog\]\n(?:.+\n)+", re.MULTILINE)
SHAPE = Shape()
GIVEN_BY_THE_MERCHANT = {("catalog", "path"), ("digital_river", "api_key"), ("state", "url")}

GIVEN = {"table"}
"""What is shown in force of another kind of catalog because one of two keys has to be."""


@pytest.fixture
def loaded(example: str, tmp_path: Path) -> Settings:
    return load(_written(tmp_path, example), {})


def _written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def _with_everything(example: str) -> str:
    """The example with every key in force; a secret and a file with it exclude each other."""
    text = COMMENTED_OUT.sub("", example)
    return _without_secrets(text.replace('hs_code = "hs_code"', 'hs_code = "erp.hs_code"'))


def _without_secrets(text: str) -> str:
    return re.sub(r"(?m)^(?:api_key|token|webhook_secrets|urls) = .*$", "", text)


def _documented_keys(shape: Shape = SHAPE) -> list[KeyPath]:
    """All keys but those within one attribute's mapping, which the example shows in passing."""
    return [
        key for key in shape.all_keys() if not (key[:2] == ("catalog", "mapping") and len(key) > 3)
    ]


def _of_kind(example: str, section: str) -> str:
    """The example with a catalog of another kind, as its comments show it."""
    shown = re.sub(r"(?m)^#   ", "", section)
    return CATALOG.sub(lambda _: shown, example)


def _value(settings: Settings, key: KeyPath) -> object:
    value: object = settings
    for name in key:
        value = getattr(value, name)
    return value


def test_it_has_every_key(example: str) -> None:
    shown = lines_of(COMMENTED_OUT.sub("", example))
    assert [key for key in _documented_keys() if key not in shown] == []


def test_every_key_in_it_exists(example: str) -> None:
    text = COMMENTED_OUT.sub("", example)
    shape = Shape(tomllib.loads(_without_secrets(text)))
    shown = [key for key in lines_of(text) if key[1:2] != ("filter",) and not key[-1].isdigit()]
    assert [key for key in shown if shape.field_at(key) is None] == []


def test_every_key_in_it_is_explained(example: str) -> None:
    lines = example.splitlines()
    numbers = [number for key, number in lines_of(example).items() if len(key) > 1]
    assert [lines[number - 1] for number in numbers if " # " not in lines[number - 1]] == []


def test_it_loads_as_it_is(loaded: Settings, tmp_path: Path) -> None:
    assert isinstance(loaded.catalog, FileCatalog)
    assert loaded.catalog.path == str(tmp_path / "catalog.csv")
    assert loaded.state.url == f"sqlite:///{tmp_path / 'syncd.db'}"
    assert loaded.digital_river.is_test


def test_what_is_in_force_in_it_is_the_default(loaded: Settings, example: str) -> None:
    in_force = lines_of(example)
    for key in _documented_keys():
        field = SHAPE.field_at(key)
        if field is None or key not in in_force or key[:2] == ("catalog", "mapping"):
            continue
        if len(key) > 1 and key not in GIVEN_BY_THE_MERCHANT:
            assert _value(loaded, key) == field.default, key
    assert tomllib.loads(example)["state"]["url"] == Settings.model_fields["state"].default.url


def test_what_is_commented_out_in_it_has_no_default(example: str) -> None:
    shown = set(lines_of(COMMENTED_OUT.sub("", example))) - set(lines_of(example))
    hidden = [key for key in shown if key[:2] not in {("catalog", "filter"), ("catalog", "join")}]
    assert {key: getattr(SHAPE.field_at(key), "default", ...) for key in hidden} == dict.fromkeys(
        hidden
    )
    assert hidden


def test_what_is_commented_out_in_it_is_valid(example: str, tmp_path: Path) -> None:
    (tmp_path / "api-key").write_text("sk_test_4f1c\n")
    (tmp_path / "token").write_text("a-long-random-word\n")
    (tmp_path / "webhook-secrets").write_text("one\ntwo\n")
    (tmp_path / "notify-urls").write_text("json://one\njson://two\n")
    everything = _with_everything(example).replace('manage = ["', 'manage = ["skus", "', 1)
    settings = load(_written(tmp_path, everything), {})
    assert settings.digital_river.api_key.get_secret_value() == "sk_test_4f1c"
    secrets = [one.get_secret_value() for one in settings.service.webhook_secrets or ()]
    assert secrets == ["one", "two"]
    urls = [one.get_secret_value() for one in settings.notify.urls]
    assert urls == ["json://one", "json://two"]
    assert settings.guards.max_create == 1000
    assert settings.catalog.filter == {"physical": ("true", "1", "yes")}
    assert [join.name for join in settings.catalog.join] == ["erp"]


@pytest.mark.parametrize("kind", ["sql", "http", "digital_river"])
def test_each_other_kind_of_catalog_is_shown_with_all_its_keys(
    example: str, kind: str, tmp_path: Path
) -> None:
    (section,) = [one for one in OTHER_KIND.findall(example) if f'type = "{kind}"' in one]
    text = _of_kind(example, section)
    everything = lines_of(COMMENTED_OUT.sub("", text))
    shape = Shape(tomllib.loads(text))
    common = set(CatalogSection.model_fields)

    keys = [key for key in _documented_keys(shape) if len(key) < 2 or key[1] not in common]
    assert [key for key in keys if key not in everything] == []
    assert [line for line in section.splitlines()[2:] if line.count("# ") < 2] == []
    loaded = load(_written(tmp_path, text), {})
    assert loaded.catalog.type == kind
    for key in lines_of(section.replace("#   ", "")):
        field = shape.field_at(key)
        if field is not None and len(key) > 1 and not field.is_required() and key[1] not in GIVEN:
            assert _value(loaded, key) == field.get_default(call_default_factory=True), key


def test_tables_in_its_comments_are_valid(example: str, tmp_path: Path) -> None:
    tables = re.findall(r"# .*?(\{ field = \"(\w+)\".* \})", example)
    attributes = {"origin": "country_of_origin", "eccn": "eccn", "policy": "allow_oversell"}
    assert {field for _, field in tables} == attributes.keys()
    for table, field in tables:
        text = re.sub(rf"(?m)^{attributes[field]} = .*$", f"{attributes[field]} = {table}", example)
        mapping = load(_written(tmp_path, text), {}).catalog.mapping
        assert getattr(mapping, attributes[field]).field == field
