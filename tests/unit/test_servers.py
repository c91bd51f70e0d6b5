"""A database that tests need and cannot have fails them: none is skipped for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers import MissingServerError, mariadb, own_postgres


def test_without_postgresql_its_tests_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    with pytest.raises(MissingServerError, match="install Debian's postgresql"):
        own_postgres().__enter__()


def test_without_mariadb_its_tests_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(MissingServerError, match="install Debian's mariadb-server"):
        mariadb().__enter__()
