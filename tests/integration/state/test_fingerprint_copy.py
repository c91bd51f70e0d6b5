"""The copy of fingerprints beside the file: used while its stamp holds, else made anew."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import Delivery, Held, Missing, Ownership, SkuState, Tracked
from syncd.errors import StateError
from syncd.ports import Fingerprints, State
from syncd.state import open_existing_read_only, open_state
from tests.contract.state.examples import FAILURE, NOON, hash_of, intent, put, sku, wishes_for
from tests.contract.state.known import known_by

_FORGE = """
COPY (SELECT 'forged' AS id, 1::BIGINT AS fingerprint, false AS missing)
TO '{copy}' (FORMAT parquet, KV_METADATA {{stamp: '{stamp}'}})
"""
_ROW = sku("a")


def _ids(state: State) -> set[str]:
    return set(_rows(state))


def _copy(file: Path) -> Path:
    return file.with_name("syncd.db.fingerprints.parquet")


def _forge(copy: Path) -> None:
    """Put a copy with the same stamp and another content there: only a trusted one shows it."""
    with duckdb.connect() as engine:
        stamp = engine.execute(
            "SELECT value FROM parquet_kv_metadata($copy) WHERE key = 'stamp'", {"copy": str(copy)}
        ).fetchone()
        assert stamp is not None
        quoted = str(copy).replace("'", "''")
        engine.execute(_FORGE.format(copy=quoted, stamp=stamp[0].decode()))


@pytest.fixture
def forged(state: State, file: Path) -> State:
    """A state with one SKU, and beside it a copy that claims another."""
    put(state, [_ROW])
    assert _ids(state) == {"a"}
    _forge(_copy(file))
    assert _ids(state) == {"forged"}
    return state


def test_the_copy_stands_beside_the_file_for_its_user_alone(state: State, file: Path) -> None:
    with state.fingerprints() as copy:
        assert copy == Fingerprints(_copy(file))

    assert stat.S_IMODE(_copy(file).stat().st_mode) == 0o600
    assert {path.name for path in file.parent.iterdir()} == {
        "syncd.db",
        "syncd.db-shm",
        "syncd.db-wal",
        "syncd.db.fingerprints.parquet",
    }


def test_it_is_used_again_after_a_restart(forged: State, url: str) -> None:
    forged.close()

    with closing(open_state(url)) as state:
        assert _ids(state) == {"forged"}


@pytest.mark.parametrize(
    "row",
    [
        _ROW,
        replace(_ROW, known=_ROW.desired, ownership=Ownership.OWNED),
        replace(_ROW, delivery=Delivery.IN_FLIGHT, revision=4),
        replace(_ROW, quarantine=FAILURE, quarantined_since=NOON, attempts=1, next_attempt=NOON),
        replace(_ROW, held=Held("eccn", "x", "no ECCN")),
    ],
    ids=["as it was", "settled", "in flight", "quarantined", "held"],
)
def test_what_the_copy_does_not_hold_leaves_it_good(forged: State, row: Tracked) -> None:
    put(forged, [row])
    with forged.transaction() as transaction:
        transaction.begin_writes([intent("a")])
        transaction.remember("account", "one")
        transaction.forget([ItemId("unknown")])
        transaction.put([])

    assert _ids(forged) == {"forged"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (replace(_ROW, fingerprint=1), {"a"}),
        (replace(_ROW, fingerprint=None), {"a"}),
        (replace(_ROW, missing=Missing(NOON, 1)), {"a"}),
        (sku("b"), {"a", "b"}),
    ],
    ids=["fingerprint", "no fingerprint", "missing", "new"],
)
@pytest.mark.parametrize("looked_up", [(), ("a",), ("a", "b")])
def test_what_the_copy_holds_makes_it_stale(
    forged: State, row: Tracked, expected: set[str], looked_up: tuple[str, ...]
) -> None:
    with forged.transaction() as transaction:
        found = transaction.tracked([ItemId(id_) for id_ in looked_up])
        found[row.id] = row
        transaction.put([row])

    assert _ids(forged) == expected


def test_a_forgotten_row_makes_it_stale(forged: State) -> None:
    with forged.transaction() as transaction:
        transaction.forget([ItemId("a")])

    assert _ids(forged) == set()


def test_one_change_at_the_end_of_many_rows_is_enough(state: State, file: Path) -> None:
    rows = [sku(f"{number:04}") for number in range(2500)]
    put(state, rows)
    _ids(state)
    _forge(_copy(file))
    put(state, rows)
    assert _ids(state) == {"forged"}

    put(state, [*rows[:-1], replace(rows[-1], fingerprint=0)])

    assert len(_ids(state)) == 2500


def test_a_second_change_in_one_transaction_is_in_the_copy(state: State) -> None:
    with state.transaction() as transaction:
        transaction.put([sku("a"), sku("b")])
        transaction.forget([ItemId("a")])
        transaction.put([sku("c")])

    assert _ids(state) == {"b", "c"}


def test_what_was_rolled_back_leaves_the_copy_good(forged: State) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_after_putting(forged)

    assert _ids(forged) == {"forged"}


def _fail_after_putting(state: State) -> None:
    with state.transaction() as transaction:
        transaction.put([sku("b")])
        raise ZeroDivisionError


@pytest.mark.parametrize(
    "break_it",
    [
        lambda copy: copy.write_bytes(b""),
        lambda copy: copy.write_bytes(copy.read_bytes()[:60]),
        lambda copy: copy.write_bytes(copy.read_bytes()[:-8] + b"\0" * 8),
        lambda copy: copy.unlink(),
    ],
    ids=["empty", "truncated", "overwritten", "gone"],
)
def test_a_broken_copy_is_made_anew(
    forged: State, file: Path, break_it: Callable[[Path], object]
) -> None:
    break_it(_copy(file))

    assert _ids(forged) == {"a"}


def test_a_reader_borrows_a_good_copy(forged: State, url: str) -> None:
    with closing(open_existing_read_only(url)) as reader:
        with reader.fingerprints() as copy:
            assert copy.copy.parent != _copy(Path(url)).parent
        assert _ids(reader) == {"forged"}
        with reader.overlay() as overlay:
            assert _ids(overlay) == {"forged"}
            put(overlay, [sku("b")])
            assert _ids(overlay) == {"a", "b"}


def test_a_reader_makes_its_own_where_the_copy_is_stale(
    forged: State, url: str, file: Path
) -> None:
    put(forged, [sku("b")])
    before = _copy(file).read_bytes()

    with closing(open_existing_read_only(url)) as reader:
        assert _ids(reader) == {"a", "b"}
    assert _copy(file).read_bytes() == before


def test_what_a_killed_process_left_is_taken_away_in_time(state: State, file: Path) -> None:
    old, young = (file.with_name(f"{_copy(file).name}.{each}.unfinished") for each in "ab")
    old.touch()
    young.touch()
    os.utime(old, (time.time() - 7200, time.time() - 7200))

    _ids(state)

    assert (old.exists(), young.exists()) == (False, True)


def test_a_folder_without_room_for_the_copy_is_told(state: State, file: Path) -> None:
    _copy(file).mkdir()

    with pytest.raises(StateError, match="state "), state.fingerprints():
        pytest.fail("a copy was given")


def test_a_copy_that_cannot_be_made_is_told_and_leaves_nothing(
    state: State, file: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.state.columnar._SETTINGS", {"memory_limit": "1KB"})
    put(state, [sku("a")])

    with (
        pytest.raises(StateError, match=r"copy of its fingerprints cannot be written \(.*\)\. See"),
        state.fingerprints(),
    ):
        pytest.fail("a copy was given")
    assert [path.name for path in file.parent.iterdir() if "fingerprints" in path.name] == []
    assert list(temporary.iterdir()) == []


@pytest.fixture
def mending(forged: State, monkeypatch: pytest.MonkeyPatch) -> State:
    """The same, where no copy is so small that it would be made anew."""
    monkeypatch.setattr("syncd.state.fingerprints._WORTH_MENDING", 0)
    monkeypatch.setattr("syncd.state.fingerprints._SHARE", 10)
    return forged


def _steps(file: Path) -> list[Path]:
    return sorted(file.parent.glob("*.step"))


def _rows(state: State) -> dict[str, tuple[int | None, bool]]:
    with state.fingerprints() as known:
        return {id_: (fingerprint, missing) for id_, fingerprint, missing in known_by(known)}


@pytest.fixture
def mended(mending: State, monkeypatch: pytest.MonkeyPatch) -> State:
    """The same, where no way is so short that it is gone along each time."""
    monkeypatch.setattr("syncd.state.fingerprints._FEW", 0)
    return mending


def test_a_stale_copy_is_mended_by_what_was_done_since(mended: State, file: Path) -> None:
    put(mended, [sku("b"), sku("c")])
    put(mended, [replace(sku("b"), fingerprint=7, missing=Missing(NOON, 1)), sku("d")])
    with mended.transaction() as transaction:
        transaction.forget([ItemId("c")])
    assert [stat.S_IMODE(step.stat().st_mode) for step in _steps(file)] == [0o600] * 3

    assert _rows(mended) == {
        "forged": (1, False),
        "b": (7, True),
        "d": (sku("d").fingerprint, False),
    }
    assert _steps(file) == []
    _forge(_copy(file))
    assert _ids(mended) == {"forged"}


def test_short_steps_are_given_with_the_copy_and_leave_it_as_it_is(
    mending: State, file: Path
) -> None:
    before = _copy(file).read_bytes()
    put(mending, [sku("b"), sku("c")])
    put(mending, [replace(sku("b"), fingerprint=7, missing=Missing(NOON, 1)), sku("d")])
    with mending.transaction() as transaction:
        transaction.forget([ItemId("c"), ItemId("a")])
    (_copy(file).parent / f"{_copy(file).name}.of.another.00000000.step").touch()

    for _ in range(2):
        assert _rows(mending) == {
            "forged": (1, False),
            "b": (7, True),
            "d": (sku("d").fingerprint, False),
        }
        with mending.fingerprints() as known:
            assert (known.copy, len(known.steps)) == (_copy(file), 3)
            assert sorted(known.steps) == _steps(file)
    assert _copy(file).read_bytes() == before


@pytest.mark.parametrize(
    ("bound", "value"), [("_FEW", 2), ("SHORT", 150)], ids=["many", "much to read"]
)
def test_a_way_that_has_become_long_is_gone_once_more_and_mends_the_copy(
    mending: State, file: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    monkeypatch.setattr(f"syncd.state.fingerprints.{bound}", value)
    for name in "bc":
        put(mending, [sku(name)])
    assert _ids(mending) == {"forged", "b", "c"}
    assert len(_steps(file)) == 2
    put(mending, [sku("d")])

    assert _ids(mending) == {"forged", "b", "c", "d"}
    assert _steps(file) == []


def test_steps_that_are_much_beside_a_small_copy_mend_it(
    mending: State, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.state.fingerprints._SHARE", 1)
    put(mending, [sku(str(number)) for number in range(20)])

    assert len(_ids(mending)) == 21
    assert _steps(file) == []


def test_a_copy_is_mended_by_rows_that_have_begun(mending: State) -> None:
    with mending.transaction() as transaction:
        assert transaction.begin(wishes_for("b", "c"))
        transaction.forget([ItemId("c")])
        assert not transaction.begin(wishes_for("b"))

    assert _rows(mending) == {"forged": (1, False), "b": (hash_of("b"), False)}


def test_a_copy_is_mended_by_rows_that_have_been_revised(mending: State) -> None:
    put(mending, [sku("b", SkuState.HELD), sku("c")])
    with mending.transaction() as transaction:
        wishes = replace(wishes_for("b", "c"), fingerprints=[8, 9])
        assert transaction.revise(wishes) == {"c"}

    assert _rows(mending) == {
        "forged": (1, False),
        "b": (hash_of("b"), False),
        "c": (9, False),
    }


def test_a_reader_mends_its_own_by_the_steps_of_another(
    mending: State, url: str, file: Path
) -> None:
    put(mending, [sku("b")])

    with closing(open_existing_read_only(url)) as reader:
        assert _ids(reader) == {"forged", "b"}
        with reader.overlay() as overlay:
            assert _ids(overlay) == {"forged", "b"}
            put(overlay, [sku("c")])
            assert _ids(overlay) == {"forged", "b", "c"}
    assert len(_steps(file)) == 1


@pytest.mark.parametrize(
    "break_it",
    [
        lambda step: step.unlink(),
        lambda step: step.write_bytes(step.read_bytes()[:-5]),
        lambda step: step.write_bytes(b"\0" * 20),
        lambda step: step.write_bytes(step.read_bytes().replace(b"false", b"true")),
    ],
    ids=["gone", "truncated", "overwritten", "another"],
)
def test_a_copy_to_which_a_step_is_lacking_is_made_anew(
    mending: State, file: Path, break_it: Callable[[Path], object]
) -> None:
    for name in "bcd":
        put(mending, [sku(name)])
    step = _steps(file)[1]  # whichever it is: they are named by chance
    before = step.read_bytes()
    break_it(step)
    assert not step.exists() or step.read_bytes() != before

    assert _ids(mending) == {"a", "b", "c", "d"}
    assert _steps(file) == []


def test_steps_of_a_state_that_a_backup_has_replaced_lead_nowhere(
    mending: State, file: Path, url: str, tmp_path: Path
) -> None:
    put(mending, [sku("b")])
    mending.close()
    kept = tmp_path / "kept.db"
    shutil.copyfile(file, kept)
    with closing(open_state(url)) as state:
        put(state, [sku("c")])
    shutil.copyfile(kept, file)

    with closing(open_state(url)) as state:
        put(state, [sku("d")])
        assert _ids(state) == {"forged", "b", "d"}


def test_more_rows_than_are_worth_it_make_it_anew(
    mending: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.state.fingerprint_steps._MOST_ROWS", 2)
    with mending.transaction() as transaction:
        transaction.put([sku("b"), sku("c")])
        transaction.forget([ItemId("b")])

    assert _ids(mending) == {"a", "c"}


def test_steps_that_nobody_walks_do_not_pile_up(
    mending: State, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.state.fingerprint_steps._MOST_BYTES", 100)
    for name in "bcdef":
        put(mending, [sku(name)])
    assert 1 <= len(_steps(file)) < 4

    assert _ids(mending) == set("abcdef")
    assert _steps(file) == []


def test_a_copy_of_rows_beyond_every_buffer_is_whole(state: State) -> None:
    ids = {f'{number}\n"{number}",\r\n' for number in range(60_000)}
    put(state, [Tracked(ItemId(id_), fingerprint=-1) for id_ in ids])

    assert _ids(state) == ids
