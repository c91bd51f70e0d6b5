"""A state that is only read is left as it is: no byte of it changes, nothing appears beside it."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action
from syncd.domain.tracking import SkuState
from syncd.errors import StateError
from syncd.ports import State
from syncd.state import open_existing_read_only, open_state
from tests.contract.state.examples import CYCLE, NOON, put, sku
from tests.integration.state.conftest import WithoutRights


def _folder(file: Path) -> dict[str, bytes]:
    """What stands there, without SQLite's own book of who reads what."""
    return {
        path.name: path.read_bytes()
        for path in file.parent.iterdir()
        if not path.name.endswith("-shm")
    }


def _ask_everything(state: State) -> None:
    state.tracked([ItemId("a")])
    list(state.in_states(frozenset(SkuState)))
    state.census()
    state.owned(5)
    state.reading()
    state.written_since(NOON, Action.DELETE)
    state.journal_of(ItemId("a"))
    list(state.journal_of_cycle(CYCLE))
    state.cycles(5)
    state.cycle(CYCLE)
    state.remembered("account")
    with state.fingerprints() as known:
        assert known.copy.exists()
    with state.overlay() as overlay:
        put(overlay, [sku("dry")])
        with overlay.fingerprints() as known:
            assert known.copy.exists()


@pytest.fixture
def at_rest(url: str, file: Path) -> Path:
    """A state that nobody has open, with one SKU."""
    with closing(open_state(url)) as state:
        put(state, [sku("a")])
    return file


def test_a_state_at_rest_stays_as_it_is(url: str, at_rest: Path) -> None:
    before = _folder(at_rest)

    with closing(open_existing_read_only(url)) as state:
        _ask_everything(state)
        assert state.tracked([ItemId("a")]) == {"a": sku("a")}
    assert _folder(at_rest) == before
    assert list(before) == ["syncd.db"]


def test_a_state_in_use_is_read_as_it_was_last_committed(
    url: str, file: Path, state: State
) -> None:
    put(state, [sku("a")])
    before = _folder(file)

    with closing(open_existing_read_only(url)) as reader:
        _ask_everything(reader)
        assert _folder(file) == before
        put(state, [sku("b")])
        assert reader.census().states == {SkuState.PENDING: 2}


def test_a_state_that_a_killed_process_left_is_read_with_its_log(
    file: Path, state: State, tmp_path: Path
) -> None:
    put(state, [sku("a")])
    left = tmp_path / "left" / "syncd.db"
    left.parent.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{file}{ending}", f"{left}{ending}")
    before = _folder(left)

    with closing(open_existing_read_only(f"sqlite:///{left}")) as reader:
        _ask_everything(reader)
        assert reader.tracked([ItemId("a")]) == {"a": sku("a")}
    assert _folder(left) == before


def test_where_there_is_no_state_none_is_made(url: str, file: Path) -> None:
    with closing(open_existing_read_only(url)) as state:
        _ask_everything(state)
        assert state.census().states == {}
    assert list(file.parent.iterdir()) == []


def test_a_state_on_a_read_only_disk_can_be_read(
    url: str, at_rest: Path, without_rights: WithoutRights
) -> None:
    with closing(open_state(url)) as state, state.fingerprints():
        pass
    before = _folder(at_rest)

    with without_rights(0o444, 0o555), closing(open_existing_read_only(url)) as state:
        _ask_everything(state)
    assert _folder(at_rest) == before


def test_a_state_that_is_written_while_it_is_copied_is_copied_again(
    url: str, at_rest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    copy = shutil.copyfile

    def copy_and_write(source: Path, target: Path) -> None:
        copy(source, target)
        if not copied:
            with closing(open_state(url)) as writer:
                put(writer, [sku("b")])
        copied.append(source.name)

    monkeypatch.setattr(shutil, "copyfile", copy_and_write)
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    with closing(open_existing_read_only(url)) as reader:
        assert reader.census().states == {SkuState.PENDING: 2}
    assert copied == ["syncd.db", "syncd.db"]


def test_a_state_at_rest_is_read_in_its_place_whatever_its_size(
    url: str, at_rest: Path, temporary: Path
) -> None:
    with closing(open_existing_read_only(url)) as reader:
        assert reader.census().states == {SkuState.PENDING: 1}
        assert [path for folder in temporary.iterdir() for path in folder.iterdir()] == []
        with closing(open_state(url)) as writer:
            put(writer, [sku("b")])
        assert reader.census().states == {SkuState.PENDING: 2}
    assert list(_folder(at_rest)) == ["syncd.db"]


def test_what_reads_a_state_at_rest_can_write_nothing(url: str, at_rest: Path) -> None:
    before = _folder(at_rest)

    with closing(open_existing_read_only(url)) as reader:
        with pytest.raises(StateError):
            put(reader, [sku("b")])
        assert _folder(at_rest).keys() == {*before, "syncd.db-wal"}
    assert _folder(at_rest) == before


def test_nothing_temporary_is_left(url: str, at_rest: Path, temporary: Path) -> None:
    with closing(open_existing_read_only(url)) as state:
        _ask_everything(state)
        assert list(temporary.iterdir()) != []
    assert list(temporary.iterdir()) == []


def test_nothing_temporary_is_left_by_a_failure_either(
    url: str, file: Path, temporary: Path
) -> None:
    file.write_text("no database")

    with pytest.raises(StateError):
        open_existing_read_only(url)
    assert list(temporary.iterdir()) == []


def test_it_takes_no_writes(url: str, at_rest: Path) -> None:
    with (
        closing(open_existing_read_only(url)) as state,
        pytest.raises(StateError, match="cannot be written"),
    ):
        put(state, [sku("b")])


def test_it_takes_no_lease(url: str, at_rest: Path) -> None:
    with (
        closing(open_existing_read_only(url)) as state,
        pytest.raises(StateError, match="opened to be read"),
        state.lease("dry run", timedelta(0)),
    ):
        pytest.fail("a lease was given")
    assert [path.name for path in at_rest.parent.iterdir()] == ["syncd.db"]
