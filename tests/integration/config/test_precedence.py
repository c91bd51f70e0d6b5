"""Where a value comes from: environment over credentials over file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.config import ColumnMapping, FileCatalog, Settings, load, locate
from syncd.errors import ConfigurationError
from tests.integration.config.conftest import COMPLETE, Loaded, Refused

WITHOUT_KEY = COMPLETE.replace('api_key = "sk_test_from_file"\n', "")


def key_of(settings: Settings) -> str:
    return settings.digital_river.api_key.get_secret_value()


def path_of(settings: Settings) -> str:
    assert isinstance(settings.catalog, FileCatalog)
    return settings.catalog.path


@pytest.fixture
def credentials(tmp_path: Path) -> Mapping[str, str]:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "api_key").write_text("sk_test_from_credential\n")
    return {"CREDENTIALS_DIRECTORY": str(folder)}


def test_a_file_alone_is_enough(loaded: Loaded) -> None:
    settings = loaded()
    assert key_of(settings) == "sk_test_from_file"
    assert settings.guards.delete_after == timedelta(hours=24)


def test_a_credential_goes_before_the_file(loaded: Loaded, credentials: Mapping[str, str]) -> None:
    assert key_of(loaded(COMPLETE, credentials)) == "sk_test_from_credential"


@pytest.mark.parametrize("name", ["digital_river.api_key", "digital_river__api_key"])
def test_a_credential_may_bear_the_long_name(loaded: Loaded, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("sk_test_long_name")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert key_of(loaded(WITHOUT_KEY, environment)) == "sk_test_long_name"


def test_the_environment_goes_before_all(loaded: Loaded, credentials: Mapping[str, str]) -> None:
    environment = {**credentials, "SYNCD_DIGITAL_RIVER__API_KEY": "sk_test_from_environment"}
    assert key_of(loaded(COMPLETE, environment)) == "sk_test_from_environment"


SHARED = """
[state]
url = "postgresql+psycopg://syncd@db.example.com/syncd"
account = "acme"
"""
A_FILE = "sqlite:////var/lib/syncd/syncd.db"


@pytest.mark.parametrize("state", [SHARED, '[state]\naccount = "acme"\n'])
def test_a_file_of_sqlite_never_takes_the_place_of_a_state_that_is_shared(
    refused: Refused, state: str
) -> None:
    """A unit names such a file; two machines with one configuration came to two states by it."""
    said = refused(COMPLETE + state, {"SYNCD_STATE__URL": A_FILE})

    assert "SYNCD_STATE__URL: puts a SQLite file in place of the state" in said
    assert "UnsetEnvironment=SYNCD_STATE__URL" in said


def test_a_file_of_sqlite_takes_the_place_of_another_and_a_database_that_of_any(
    loaded: Loaded,
) -> None:
    own = '[state]\nurl = "sqlite:///syncd.db"\naccount = "main"\n'
    other = "postgresql+psycopg://syncd@other.example.com/syncd"
    assert loaded(COMPLETE + own, {"SYNCD_STATE__URL": A_FILE}).state.url == A_FILE
    assert loaded(COMPLETE + SHARED, {"SYNCD_STATE__URL": other}).state.url == other


def test_a_folder_of_other_credentials_changes_nothing(loaded: Loaded, tmp_path: Path) -> None:
    assert key_of(loaded(COMPLETE, {"CREDENTIALS_DIRECTORY": str(tmp_path)})) == "sk_test_from_file"


def test_a_key_may_stand_in_a_file_of_its_own(loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("sk_test_own_file\r\n")
    assert key_of(loaded(WITHOUT_KEY + 'api_key_file = "secret"\n')) == "sk_test_own_file"


def test_a_key_from_above_replaces_a_file_from_below(loaded: Loaded) -> None:
    text = WITHOUT_KEY + 'api_key_file = "not there"\n'
    settings = loaded(text, {"SYNCD_DIGITAL_RIVER__API_KEY": "sk_test_above"})
    assert (key_of(settings), settings.digital_river.api_key_file) == ("sk_test_above", None)


def test_a_file_from_above_replaces_a_key_from_below(loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("sk_test_own_file")
    environment = {"SYNCD_DIGITAL_RIVER__API_KEY_FILE": str(tmp_path / "secret")}
    assert key_of(loaded(COMPLETE, environment)) == "sk_test_own_file"


def test_key_and_file_in_one_place_are_refused(refused: Refused) -> None:
    message = refused(COMPLETE + 'api_key_file = "secret"\n')
    assert message.startswith(
        "config.toml: line 8: digital_river has both api_key and api_key_file; keep one of them."
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "cannot be read: No such file"), (b"\n", "is empty"), (b"\xff", "text in UTF-8")],
)
def test_a_key_file_that_is_no_use_is_refused_once(
    refused: Refused, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    message = refused(WITHOUT_KEY + 'api_key_file = "secret"\n')
    assert message.startswith("config.toml: line 7: digital_river.api_key_file: secret ")
    assert reason in message


def test_a_credential_that_is_no_use_is_refused(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "api_key").write_text("")
    message = refused(COMPLETE, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert message.startswith("config.toml: credential api_key: api_key is empty")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("GUARDS__MAX_DELETE", "1.0", 1.0),
        ("GUARDS__MAX_DELETE", "10", 10),
        ("GUARDS__MAX_CREATE", "5", 5),
        ("GUARDS__KEEP_STOCKED", "false", False),
        ("GUARDS__DELETE_AFTER", "1h30m", timedelta(minutes=90)),
        ("GUARDS__DELETE_AFTER", '"1h30m"', timedelta(minutes=90)),
        ("SERVICE__PROBE", "0", timedelta()),
        ("DIGITAL_RIVER__REQUESTS_PER_SECOND", "25", 25.0),
        ("DIGITAL_RIVER__API_VERSION", "2021-12-13", "2021-12-13"),
        ("LOG__LEVEL", "debug", "debug"),
        ("LOG__LEVEL", '"debug"', "debug"),
        ("CATALOG__DELIMITER", '"\\t"', "\t"),
        ("CATALOG__DELIMITER", "\t", "\t"),
        ("CATALOG__QUOTE", '"', '"'),
        ("SCHEDULE__POLL", "0 4 * * sun", "0 4 * * sun"),
        ("SCHEDULE__WINDOWS", '["22:00-05:00"]', ("22:00-05:00",)),
        ("CATALOG__FILTER", '{ physical = ["true", 1] }', {"physical": ("true", "1")}),
        ("CATALOG__MAPPING__ECCN", "4711", ColumnMapping(field="4711")),
        ("CATALOG__MAPPING__ECCN", '{ default = "EAR99" }', ColumnMapping(default="EAR99")),
    ],
)
def test_text_from_the_environment_is_read_like_text_in_the_file(
    loaded: Loaded, name: str, text: str, value: object
) -> None:
    found: object = loaded(COMPLETE, {f"SYNCD_{name}": text})
    for key in name.lower().split("__"):
        found = getattr(found, key)
    assert (found, type(found)) == (value, type(value))


def test_text_is_text_even_where_it_looks_like_a_number(loaded: Loaded, tmp_path: Path) -> None:
    environment = {"SYNCD_DIGITAL_RIVER__API_KEY": "12345", "SYNCD_CATALOG__PATH": "2026"}
    settings = loaded(WITHOUT_KEY, environment)
    assert (key_of(settings), path_of(settings)) == ("12345", str(tmp_path / "2026"))


def test_a_part_of_a_mapping_may_come_from_the_environment(loaded: Loaded) -> None:
    environment = {"SYNCD_CATALOG__MAPPING__PART_NUMBER__DEFAULT": "none"}
    part_number = loaded(COMPLETE, environment).catalog.mapping.part_number
    assert part_number == ColumnMapping(field="mpn", default="none")


def test_the_environment_adds_sections_that_the_file_lacks(loaded: Loaded) -> None:
    assert loaded(COMPLETE, {"SYNCD_POLICY__MODE": "upsert"}).policy.mode == "upsert"


def test_other_variables_are_not_ours_to_judge(loaded: Loaded) -> None:
    environment = {"SYNCD_CONFIG": "x", "SYNCD_SOMETHING": "1", "SYNCDX__Y": "1", "HOME__X": "1"}
    assert loaded(COMPLETE, environment) == loaded(COMPLETE)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("SYNCD_GUARDS__MAX_DELTE", "guards.max_delte is not a known key; the nearest one is"),
        ("SYNCD_GAURDS__MAX_DELETE", "the nearest one is guards.max_delete"),
        ("SYNCD_GUARDS__", "guards. is not a known key"),
        ("SYNCD_GUARDS_MAX_DELETE", "needs two underscores: SYNCD_GUARDS__MAX_DELETE"),
        ("SYNCD_GUARDS_MAX", "names no key of [guards]; keys are SYNCD_GUARDS__KEY"),
        ("SYNCD_CATALOG", "names no key of [catalog]; keys are SYNCD_CATALOG__KEY"),
        ("SYNCD_CATALOG__FILTER__PHYSICAL", "as an inline table in SYNCD_CATALOG__FILTER."),
    ],
)
def test_a_variable_that_means_no_key_is_refused(
    refused: Refused, name: str, complaint: str
) -> None:
    message = refused(COMPLETE, {name: "1"})
    assert message.startswith(f"config.toml: {name}: ")
    assert complaint in message


def test_a_wrong_value_names_its_variable(refused: Refused) -> None:
    message = refused(COMPLETE + "[guards]\nmax_delete = 1\n", {"SYNCD_GUARDS__MAX_DELETE": "1.5"})
    assert message.startswith("config.toml: SYNCD_GUARDS__MAX_DELETE: guards.max_delete is 1.5, ")


def test_relative_paths_start_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "shop [1]"
    folder.mkdir()
    file = folder / "config.toml"
    file.write_text(COMPLETE)
    monkeypatch.chdir(tmp_path)
    settings = load(Path("shop [1]/config.toml"), {})
    assert path_of(settings) == f"{folder}/catalog.csv"
    assert settings.state.url == f"sqlite:///{folder}/syncd.db"


def test_a_glob_in_a_folder_with_brackets_means_that_folder(loaded: Loaded, tmp_path: Path) -> None:
    folder = tmp_path / "shop [1]"
    folder.mkdir()
    (folder / "config.toml").write_text(COMPLETE.replace("catalog.csv", "export-*.csv"))
    assert path_of(load(folder / "config.toml", {})) == f"{tmp_path}/shop [[]1]/export-*.csv"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///state/my.db?timeout=5", "sqlite:///{}/state/my.db?timeout=5"),
        ("sqlite:////var/lib/syncd.db", "sqlite:////var/lib/syncd.db"),
    ],
)
def test_a_state_url_starts_at_the_file_as_well(
    loaded: Loaded, tmp_path: Path, url: str, expected: str
) -> None:
    assert loaded(f'{COMPLETE}[state]\nurl = "{url}"\n').state.url == expected.format(tmp_path)


def test_absolute_and_home_paths_stay(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/shop")
    absolute = path_of(loaded(COMPLETE, {"SYNCD_CATALOG__PATH": "/srv/a.csv"}))
    home = path_of(loaded(COMPLETE, {"SYNCD_CATALOG__PATH": "~/a.csv"}))
    assert (absolute, home) == ("/srv/a.csv", "/home/shop/a.csv")


def test_the_named_file_goes_before_the_variable_and_the_usual_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").touch()
    environment = {"SYNCD_CONFIG": "/variable.toml"}
    assert locate(Path("named.toml"), environment) == Path("named.toml")
    assert locate(None, environment) == Path("/variable.toml")
    assert locate(None, {}) == Path("config.toml")


@pytest.mark.skipif(Path("/etc/syncd/config.toml").exists(), reason="this machine has one")
def test_no_file_at_all_says_what_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        load(None, {})
    message = str(caught.value)
    for part in ("./config.toml", "/etc/syncd/config.toml", "--config", "config.example.toml"):
        assert part in message
