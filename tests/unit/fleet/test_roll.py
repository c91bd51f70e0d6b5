"""Who belongs to a fleet: files that come, change, break and go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from syncd.errors import ConfigurationError
from syncd.fleet.reading import command_for, read_account
from syncd.fleet.roll import Roll
from tests.unit.fleet.examples import DATABASE, SOUND, settings_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("acme", "beta"):
        (tmp_path / f"{name}.toml").write_text(SOUND)
    return tmp_path


@pytest.fixture
def roll(folder: Path) -> Roll:
    roll = Roll(folder, lambda file: read_account(file, DATABASE, {}))
    roll.look()
    return roll


def rewrite(file: Path, text: str) -> None:
    file.write_text(text)
    moved = file.stat().st_mtime_ns + 1_000_000
    os.utime(file, ns=(moved, moved))


def test_every_file_is_an_account_with_a_state_of_its_own(roll: Roll) -> None:
    assert {name: one.state.account for name, one in roll.accounts.items()} == {
        "acme": "acme",
        "beta": "beta",
    }
    assert {one.state.url for one in roll.accounts.values()} == {DATABASE}


def test_files_come_and_go(roll: Roll, folder: Path) -> None:
    (folder / "gamma.toml").write_text(SOUND)
    (folder / "beta.toml").unlink()
    (folder / ".delta.toml").write_text(SOUND)
    (folder / "notes.txt").write_text("nothing")
    (folder / "old.toml").mkdir()
    roll.look()

    assert set(roll.names) == set(roll.accounts) == {"acme", "gamma"}
    assert roll.settings_of("beta") is None


def test_a_file_that_was_broken_keeps_to_its_last_right_form(roll: Roll, folder: Path) -> None:
    before = roll.settings_of("acme")
    rewrite(folder / "acme.toml", "[catalog")
    roll.look()

    assert roll.settings_of("acme") == before
    assert roll.problems["acme"].endswith("The former one goes on.")
    rewrite(folder / "acme.toml", SOUND.replace('"5s"', '"7s"'))
    roll.look()
    assert roll.problems == {}
    assert roll.settings_of("acme") != before


def test_a_file_that_was_never_right_leaves_the_others_alone(roll: Roll, folder: Path) -> None:
    (folder / "new.toml").write_text("[catalog")
    with capture_logs() as logs:
        roll.look()
        roll.look()

    assert set(roll.accounts) == {"acme", "beta"}
    assert set(roll.problems) == {"new"}
    assert [log["account"] for log in logs] == ["new"]


def test_a_file_is_read_again_only_when_it_changes_or_all_are_forgotten(folder: Path) -> None:
    read: list[str] = []

    def reading(file: Path) -> object:
        read.append(file.stem)
        return read_account(file, DATABASE, {})

    roll = Roll(folder, reading)  # type: ignore[arg-type]  # it returns what it was given
    roll.look()
    roll.look()
    assert read == ["acme", "beta"]
    roll.forget()
    assert set(roll.accounts) == {"acme", "beta"}
    roll.look()
    assert read == ["acme", "beta"] * 2


def test_two_files_that_name_one_state_are_never_both_worked_for(roll: Roll, folder: Path) -> None:
    rewrite(folder / "beta.toml", SOUND + '[state]\naccount = "acme"\n')
    roll.look()

    assert set(roll.accounts) == {"acme"}
    assert "its state is that of acme" in roll.problems["beta"]


def test_files_with_one_key_are_told_once_for_as_long_as_they_share_it(folder: Path) -> None:
    """Where an id stands in both catalogs two states own its item, and one may delete it."""
    own = SOUND.replace("sk_test_", "sk_test_own_")
    assert own != SOUND
    roll = Roll(folder, lambda file: read_account(file, DATABASE, {}))
    with capture_logs() as logs:
        roll.look()
        roll.look()
        rewrite(folder / "beta.toml", own)
        roll.look()
        rewrite(folder / "beta.toml", SOUND)
        roll.look()

    told = [log["accounts"] for log in logs if log["event"] == "fleet.key_shared"]
    assert told == [("acme", "beta"), ("acme", "beta")]
    assert set(roll.accounts) == {"acme", "beta"}


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be looked into"):
        Roll(tmp_path / "nowhere", lambda _: settings_of("acme")).look()


def test_neither_environment_nor_credentials_reach_an_account(folder: Path) -> None:
    (folder / "api_key").write_text("sk_test_of_all")
    around = {
        "SYNCD_DIGITAL_RIVER__API_KEY": "sk_test_of_all",
        "CREDENTIALS_DIRECTORY": str(folder),
        "SYNCD_STATE__URL": "sqlite:///elsewhere.db",
    }
    settings = read_account(folder / "acme.toml", DATABASE, around)

    assert settings.digital_river.api_key.get_secret_value() == "sk_test_1"
    assert settings.state.url == DATABASE


def test_a_state_of_ones_own_stays_where_it_is(folder: Path) -> None:
    own = '[state]\nurl = "postgresql://u@other/db"\naccount = "elsewhere"\n'
    settings = settings_of("acme", SOUND + own)

    assert (settings.state.url, settings.state.account) == ("postgresql://u@other/db", "elsewhere")


@pytest.mark.parametrize("named", [True, False])
def test_a_state_in_a_file_is_refused_rather_than_begun_anew(folder: Path, named: bool) -> None:
    if named:
        (folder / "acme.toml").write_text(SOUND + '[state]\nurl = "sqlite:///state.db"\n')
    else:
        (folder / "syncd.db").touch()

    with pytest.raises(ConfigurationError, match=r"syncd state migrate sqlite:/.*--account acme"):
        read_account(folder / "acme.toml", DATABASE, {})


def test_a_file_whose_name_is_no_name_for_an_account_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Rename the file"):
        settings_of("No Name!")


def test_a_command_for_an_account_finds_its_file_and_its_state(roll: Roll, folder: Path) -> None:
    there = command_for(roll.file_of("acme"), roll.settings_of("acme"), DATABASE, "status")
    assert there == (
        'SYNCD_STATE__URL="${SYNCD_FLEET_DATABASE:?set it as the fleet has it}"'
        " SYNCD_STATE__ACCOUNT=acme"
        f" syncd status --config {folder / 'acme.toml'}"
    )
    for settings in (roll.settings_of("acme"), None):
        own = command_for(Path("my accounts", "acme.toml"), settings, "another", "approve c-1")
        assert own == "syncd approve c-1 --config 'my accounts/acme.toml'"
