"""Opening: a file made, found, refused, each with a message that says what to do."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from syncd.domain.attributes import ItemId
from syncd.errors import ConfigurationError, ExitCode, StateError
from syncd.state import open_existing_read_only, open_state
from tests.contract.state.examples import put, sku
from tests.integration.state.conftest import WithoutRights

_OPENERS = pytest.mark.parametrize("opened", [open_state, open_existing_read_only])


def test_a_new_state_is_a_file_that_its_user_alone_may_read(url: str, file: Path) -> None:
    open_state(url).close()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_was_put_is_there_after_opening_again(url: str) -> None:
    with closing(open_state(url)) as state:
        put(state, [sku("a")])

    with closing(open_state(url)) as state:
        assert state.tracked([ItemId("a")]) == {"a": sku("a")}


def test_an_empty_file_is_a_new_state(url: str, file: Path) -> None:
    file.touch()

    with closing(open_state(url)) as state:
        assert state.census().owned == 0


def test_a_relative_path_is_one_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_state("sqlite:///here.db").close()

    assert (tmp_path / "here.db").exists()


def test_many_may_open_a_new_state_at_once(url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        for state in list(pool.map(open_state, [url] * 6)):
            assert state.remembered("nothing") is None
            state.close()


def test_writes_are_on_the_disk_when_they_are_acknowledged(url: str, file: Path) -> None:
    with closing(open_state(url)), closing(sqlite3.connect(file)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@_OPENERS
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql+psycopg://user:hush@host/db", "a state in PostgreSQL needs a short name"),
        ("postgresql+asyncpg://user:hush@host/db", "does not name a database of PostgreSQL"),
        ("postgresql+psycopg://user:hush@host", "does not name a database of PostgreSQL"),
        ("postgresql+psycopg://user:hush@host:port/db", "it is not a database URL"),
        ("postgresql+psycopg://user:hush@host/db?port=xyz", "does not understand it: .* port"),
        ("postgresql+psycopg://user:hush@host/db?foo=bar", 'does not understand it: .*"foo"'),
        ("postgresql+psycopg://user:hush@host/db?connect_timeout=abc", "understand it: .*'abc'"),
        ("mysql://user:hush@host/db", 'there is no state in "mysql"'),
        ("syncd.db", "it is not a database URL"),
        ("sqlite://", "the state has to be a file"),
        ("sqlite:///:memory:", "the state has to be a file"),
        ("sqlite:///syncd\0.db", "a NUL in its name"),
        ("sqlite:///syncd.db?mode=ro", "without parameters"),
    ],
)
def test_a_url_that_is_no_file_of_sqlite_is_wrong_configuration(
    opened: type, url: str, reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason) as raised:
        opened(url)

    assert raised.value.exit_code is ExitCode.USAGE
    assert "hush" not in str(raised.value)


@_OPENERS
def test_a_folder_that_is_not_there_is_named(opened: type, tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"its folder does not exist\. Create the folder"):
        opened(f"sqlite:///{tmp_path}/not/there.db")


@_OPENERS
def test_a_folder_is_no_state(opened: type, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="it is a folder"):
        opened(f"sqlite:///{tmp_path}")


@_OPENERS
def test_a_file_that_is_no_database_is_left_alone(opened: type, url: str, file: Path) -> None:
    file.write_bytes(b"id,name\n" * 200)

    with pytest.raises(StateError, match="not a SQLite database"):
        opened(url)
    assert file.read_bytes() == b"id,name\n" * 200


@_OPENERS
def test_a_database_of_another_program_is_left_alone(opened: type, url: str, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")

    with pytest.raises(StateError, match="database of another program"):
        opened(url)
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]


@_OPENERS
def test_a_state_of_a_newer_version_is_left_alone(opened: type, url: str, file: Path) -> None:
    open_state(url).close()
    with closing(sqlite3.connect(file)) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StateError, match=r"newer version of syncd has made it.*9999.*Install that"):
        opened(url)


@_OPENERS
@pytest.mark.parametrize("kept", [100, 3000, 20_000])
def test_a_truncated_file_is_damaged(opened: type, url: str, file: Path, kept: int) -> None:
    open_state(url).close()
    file.write_bytes(file.read_bytes()[:kept])

    with pytest.raises(StateError, match=r"damaged|not a SQLite database"):
        opened(url)


def test_damage_that_shows_late_is_told_as_well(url: str, file: Path) -> None:
    with closing(open_state(url)) as state:
        put(state, [sku(f"{number:05}") for number in range(2000)])
    content = file.read_bytes()
    file.write_bytes(content[: 8192 * 40] + b"\xff" * (len(content) - 8192 * 40))

    with (
        closing(open_state(url)) as state,
        pytest.raises(StateError, match=r"is damaged. Put it aside"),
    ):
        state.tracked([ItemId(f"{number:05}") for number in range(2000)])


@pytest.mark.parametrize("folder", [0o555, 0o777])
def test_a_file_that_cannot_be_written_is_told(
    url: str, without_rights: WithoutRights, folder: int
) -> None:
    open_state(url).close()

    with (
        without_rights(0o444, folder),
        pytest.raises(StateError, match=r"read-only here\. Make both"),
        closing(open_state(url)) as state,
    ):
        put(state, [sku("a")])


def test_a_folder_that_cannot_be_written_is_told(url: str, without_rights: WithoutRights) -> None:
    with (
        without_rights(0o600, 0o555),
        pytest.raises(StateError, match="this user may not open it"),
    ):
        open_state(url)


@_OPENERS
def test_a_file_that_cannot_be_read_is_told(
    opened: type, url: str, without_rights: WithoutRights
) -> None:
    open_state(url).close()

    with (
        without_rights(0, 0o755),
        pytest.raises(StateError, match=r"this user may not open it|it cannot be opened"),
    ):
        opened(url)


def test_naming_the_room_loads_no_database(project_root: Path) -> None:
    check = "import syncd.state, sys; sys.exit('sqlalchemy' in sys.modules)"

    subprocess.run([sys.executable, "-c", check], cwd=project_root, check=True)


def test_an_up_to_date_state_opens_without_alembic(url: str, project_root: Path) -> None:
    check = (
        "import sys, syncd.state\n"
        f"for _ in range(2): syncd.state.open_state({url!r}).close()\n"
        "sys.exit('alembic' in sys.modules or 'duckdb' in sys.modules)"
    )

    subprocess.run([sys.executable, "-c", check], cwd=project_root, check=True)
