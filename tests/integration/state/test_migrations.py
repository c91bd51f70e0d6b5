"""Migrations: they run by themselves, all or nothing, and end where a new state begins."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action
from syncd.state import migrate, open_existing_read_only, open_state, schema
from tests.contract.state.examples import put, sku

_NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade():
    op.add_column("sku", sa.Column("note", sa.Text))
    {then}
"""


def _tables(file: Path) -> dict[str, list[str]]:
    """The columns of every table with all their words, and the words of every index.

    A column that was added stands behind the constraints of its table, so tables are compared by
    their lines.
    """
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT name, coalesce(sql, '') FROM sqlite_master").fetchall()
    return {name: _parts(text) for name, text in rows if not name.startswith("alembic")}


def _parts(text: str) -> list[str]:
    """The parts between commas outside of brackets, sorted."""
    inner = " ".join(text.split()).rstrip(")").replace("( ", "(")
    head, _, body = inner.partition("(")
    parts = [head.strip(), *re.split(r",(?![^(]*\))", body)]
    return sorted(part.strip().rstrip(")") for part in parts)


def _columns(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        return [name for _, name, *_ in database.execute("PRAGMA table_info(sku)")]


def _version(file: Path) -> str:
    with closing(sqlite3.connect(file)) as database:
        return str(database.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def _migrate_from_nothing(url: str, file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
            " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    open_state(url).close()


def _next_version(folder: Path, monkeypatch: pytest.MonkeyPatch, then: str = "") -> None:
    scripts = folder / "next 100% version"
    shutil.copytree(migrate.SCRIPTS, scripts)
    text = _NEXT.format(then=then, before=migrate.revisions()[-1])
    (scripts / "versions" / "9999_note.py").write_text(text)
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)


def _earlier_version(folder: Path, patch: pytest.MonkeyPatch, last: str) -> None:
    """Know the migrations up to this one alone."""
    scripts = folder / "earlier version"
    shutil.copytree(migrate.SCRIPTS, scripts)
    for script in scripts.glob("versions/[0-9]*.py"):
        if script.name[:4] > last:
            script.unlink()
    patch.setattr(migrate, "SCRIPTS", scripts)


def test_the_migrations_end_where_a_new_state_begins(tmp_path: Path) -> None:
    made, migrated = tmp_path / "made.db", tmp_path / "migrated.db"
    open_state(f"sqlite:///{made}").close()
    _migrate_from_nothing(f"sqlite:///{migrated}", migrated)

    assert _version(made) == _version(migrated)
    assert _tables(made) == _tables(migrated)


def test_alembic_finds_nothing_to_add(url: str, file: Path) -> None:
    _migrate_from_nothing(url, file)
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(file))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), schema.metadata)
    engine.dispose()

    assert differences == []


def test_the_files_are_numbered_as_alembic_chains_them() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    chain = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]

    assert migrate.revisions() == chain[::-1]


def test_an_older_state_is_migrated_when_it_is_opened(
    url: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_state(url)) as state:
        put(state, [sku("a")])
    _next_version(tmp_path, monkeypatch)

    with closing(open_state(url)) as state:
        assert state.tracked([ItemId("a")]) == {"a": sku("a")}
    assert (_version(file), _columns(file)[-1]) == ("9999", "note")


def test_what_was_written_before_there_were_approvals_was_not_approved(
    url: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        _earlier_version(tmp_path, patch, "0001")
        _migrate_from_nothing(url, file)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "INSERT INTO journal (cycle, id, deed, resource, revision, after, begun)"
            " VALUES ('c', 'a', 'update', 'inventory_item', 1, '{}', 1)"
        )
    assert _version(file) == "0001"

    with closing(open_state(url)) as state:
        (entry,) = state.journal_of(ItemId("a"))
        assert not entry.approved
        assert state.written_since(entry.begun, Action.UPDATE) == {"a"}


def test_what_was_created_again_before_that_was_noted_is_found_among_the_entries(
    url: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        _earlier_version(tmp_path, patch, "0006")
        _migrate_from_nothing(url, file)
    deeds = {
        "again": ("create", "update", "create"),
        "adopted": ("adopt", "create"),
        "deleted": ("create", "delete", "create"),
        "first": ("create",),
    }
    with closing(sqlite3.connect(file)) as database, database:
        database.executemany(
            "INSERT INTO journal (cycle, id, deed, resource, revision, after, begun, kind)"
            " VALUES ('c', ?, ?, 'inventory_item', 1, '{}', 1, 'accepted')",
            [(id_, deed) for id_, each in deeds.items() for deed in each],
        )

    with closing(open_state(url)) as state:
        entries = [entry for id_ in deeds for entry in state.journal_of(ItemId(id_))]
        marked = [(entry.id, entry.deed.value) for entry in entries if entry.recreates]
        assert marked == [("again", "create"), ("adopted", "create")]
        assert not state.journal_of(ItemId("again"))[0].recreates
        assert state.recreated_since(entries[0].begun) == {"again", "adopted"}


def test_a_migration_that_fails_leaves_the_state_as_it_was(
    url: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_state(url).close()
    before = _version(file)
    _next_version(tmp_path, monkeypatch, then="raise ZeroDivisionError")

    with pytest.raises(ZeroDivisionError):
        open_state(url)
    assert (_version(file), "note" in _columns(file)) == (before, False)


def test_a_dry_run_migrates_a_private_copy(
    url: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_state(url)) as state:
        put(state, [sku("a")])
    before = file.read_bytes()
    _next_version(tmp_path, monkeypatch)

    with closing(open_existing_read_only(url)) as state, state.overlay() as overlay:
        put(overlay, [sku("b")])
        assert overlay.tracked([ItemId("a"), ItemId("b")]) == {"a": sku("a"), "b": sku("b")}
        assert state.tracked([ItemId("a")]) == {"a": sku("a")}
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == ["syncd.db"]
