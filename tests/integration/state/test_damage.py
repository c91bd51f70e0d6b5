"""What breaks under a state, or is done to it: each has its message, and nothing is made anew."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import SkuState
from syncd.errors import StateError
from syncd.ports import State
from syncd.state import migrate, open_existing_read_only, open_state
from tests.contract.state.examples import put, sku
from tests.contract.state.histories import A, run
from tests.integration.state.conftest import StartProcess

_NO_WAIT = timedelta(0)
_ROWS = 400
_FILL = """
from syncd.domain.tracking import Tracked
print("ready", flush=True)
input()
from syncd.errors import StateError
try:
    with state.transaction() as transaction:
        long = "x" * 200
        transaction.put([Tracked(f"{n:06}", foreign_reason=long) for n in range(10_000)])
except StateError as error:
    print(error)
print(state.census().states)
"""


@pytest.fixture
def filled(url: str, file: Path) -> Path:
    """A state at rest, with rows on many pages."""
    with closing(open_state(url)) as state:
        put(state, [sku(f"{number:05}") for number in range(_ROWS)])
        run(state, A, "a")
    return file


def _all_rows(state: State) -> int:
    return sum(len(rows) for rows in state.in_states(frozenset(SkuState)))


@pytest.mark.parametrize("opened", [open_state, open_existing_read_only])
def test_a_damaged_beginning_is_told_and_nothing_is_made_anew(
    filled: Path, url: str, opened: Callable[[str], State]
) -> None:
    content = b"\xff" * 100 + filled.read_bytes()[100:]
    filled.write_bytes(content)

    with pytest.raises(StateError, match=r"its beginning is damaged\. Restore a backup"):
        opened(url)
    assert filled.read_bytes() == content


@pytest.mark.parametrize(
    ("opened", "put_in"), [(open_state, b"\xff"), (open_existing_read_only, b"\0")]
)
def test_no_damaged_page_is_read_as_if_nothing_were(
    filled: Path, url: str, opened: Callable[[str], State], put_in: bytes
) -> None:
    content = filled.read_bytes()
    size = 8192
    told = 0
    for page in range(1, len(content) // size):
        damaged = content[: page * size] + put_in * size + content[(page + 1) * size :]
        filled.write_bytes(damaged)
        told += _is_told_by_reading_everything(opened, url)
    assert told > 10


def _is_told_by_reading_everything(opened: Callable[[str], State], url: str) -> bool:
    """Whether the damage lies where reading meets it; an index that nothing needs may be it."""
    try:
        with closing(opened(url)) as state:
            found = _all_rows(state)
            list(state.journal_of_cycle(A))
            state.cycles(9)
    except StateError as error:
        return "damaged" in str(error)
    assert found == _ROWS
    return False


_MEDDLING = (
    "UPDATE sku SET desired = '{' WHERE id = '00007'",
    "UPDATE sku SET desired = '{\"x\":1}' WHERE id = '00007'",
    "UPDATE sku SET desired = '5' WHERE id = '00007'",
    "UPDATE sku SET ownership = 'who knows' WHERE id = '00007'",
    "UPDATE sku SET next_attempt = 9223372036854775807 WHERE id = '00007'",
    "UPDATE sku SET last_error = '{}' WHERE id = '00007'",
    "UPDATE sku SET foreign_reason = cast(x'ff41' AS TEXT) WHERE id = '00007'",
)


@pytest.mark.parametrize("statement", _MEDDLING)
def test_a_row_that_syncd_cannot_have_written_is_damage(
    filled: Path, url: str, statement: str
) -> None:
    with closing(sqlite3.connect(filled)) as database, database:
        database.execute(statement)

    with closing(open_state(url)) as state:
        with pytest.raises(StateError, match=r"the file is damaged.*restore a backup"):
            state.tracked([ItemId("00007")])
        with (
            pytest.raises(StateError, match=r"the file is damaged.*restore a backup"),
            state.transaction() as transaction,
        ):
            transaction.tracked([ItemId("00007")])
        assert state.tracked([ItemId("00008")])


def test_a_cycle_or_an_entry_that_cannot_be_read_is_damage(filled: Path, url: str) -> None:
    with closing(sqlite3.connect(filled)) as database, database:
        database.execute("UPDATE cycle SET document = '{}'")
        database.execute("UPDATE journal SET kind = 'who knows'")

    with closing(open_state(url)) as state:
        with pytest.raises(StateError, match="the file is damaged") as refused:
            state.cycles(1)
        with pytest.raises(StateError, match="the file is damaged"):
            list(state.journal_of_cycle(A))
    assert "\n" not in str(refused.value)
    assert "://" not in str(refused.value)


# ------------------------------------------------------------------- under a running process


def _replace(file: Path) -> None:
    copy = file.with_name("copy.db")
    shutil.copyfile(file, copy)
    copy.replace(file)


@pytest.mark.parametrize(
    ("meddle", "what"),
    [
        (lambda file: file.unlink(), "was deleted or moved away"),
        (lambda file: file.rename(file.with_name("elsewhere.db")), "was deleted or moved away"),
        (lambda file: shutil.rmtree(file.parent), "was deleted or moved away"),
        (_replace, "was replaced by another"),
    ],
)
def test_a_state_that_is_taken_away_under_a_process_takes_no_more_writes(
    url: str, file: Path, meddle: Callable[[Path], object], what: str
) -> None:
    with closing(open_state(url)) as state:
        put(state, [sku("a")])
        meddle(file)

        with pytest.raises(StateError, match=rf"the file {what} while it was in use") as raised:
            put(state, [sku("b")])
        with pytest.raises(StateError):
            state.lease("the next cycle", _NO_WAIT).__enter__()
    assert "Put the right file back, then run again" in str(raised.value)
    if file.exists():
        with closing(open_state(url)) as state:
            assert state.tracked([ItemId("b")]) == {}


def test_a_state_that_a_newer_version_has_migrated_meanwhile_takes_no_more_cycles(
    url: str, file: Path
) -> None:
    with closing(open_state(url)) as state:
        with closing(sqlite3.connect(file)) as database, database:
            database.execute("UPDATE alembic_version SET version_num = '9999'")

        with pytest.raises(StateError, match="a newer version of syncd has made it"):
            state.lease("an old one", _NO_WAIT).__enter__()


def test_a_migration_shuts_out_the_cycle_that_was_running(
    url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_state(url)) as state, state.lease("an old one", _NO_WAIT):
        put(state, [sku("a")])
        with monkeypatch.context() as patch:
            patch.setattr(migrate, "upgrade", lambda _: None)
            patch.setattr(migrate, "standing", lambda *_: migrate.Standing.OLDER)
            open_state(url).close()
        with pytest.raises(StateError, match=r"a newer version of syncd .*has taken it over"):
            put(state, [sku("b")])


# --------------------------------------------------------------------------------- no room


def test_a_disk_that_takes_no_more_loses_nothing_that_was_recorded(
    state: State, start_process: StartProcess
) -> None:
    put(state, [sku("kept")])
    with start_process(_FILL) as process:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        told, _ = process.communicate("\n", timeout=30)

    assert "the disk failed while it was read or written" in told
    assert "Nothing that was recorded is lost; see to the disk's quota" in told
    assert "{<SkuState.PENDING: 'pending'>: 1}" in told
    put(state, [sku("next")])


def test_a_full_disk_is_told(file: Path, url: str, start_process: StartProcess) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(file.parent)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        with start_process(_FILL) as process:
            told, _ = process.communicate("\n", timeout=30)
        assert "the disk is full. Nothing that was recorded is lost; free some space" in told
        with closing(open_state(url)) as state:
            assert state.census().states == {}
    finally:
        subprocess.run(["umount", "--lazy", str(file.parent)], check=True)
