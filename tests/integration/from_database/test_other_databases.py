"""Databases that syncd knows nothing of, as SQLAlchemy's dialects for them let it see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from tests.integration.from_database.conftest import Shop, shop_in

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import IsolationLevel


class FirmDialect(SQLiteDialect_pysqlite):
    """Of a database that can hold its rows still."""

    name = "firm"
    supports_statement_cache = True


class LooseDialect(SQLiteDialect_pysqlite):
    """Of one that cannot."""

    name = "loose"
    supports_statement_cache = True

    def get_isolation_level_values(self, dbapi_conn: object) -> Sequence[IsolationLevel]:
        return ["AUTOCOMMIT", "READ UNCOMMITTED"]


@pytest.fixture
def stocked_shop(tmp_path: Path) -> Iterator[Shop]:
    for dialect in (FirmDialect, LooseDialect):
        registry.register(dialect.name, __name__, dialect.__name__)
    with shop_in(tmp_path) as shop:
        shop.run("CREATE TABLE products (sku TEXT, mpn TEXT, changed TEXT)")
        shop.fill(("A", "P-1", "2026-11-21 10:00:00"), ("B", "P-2", "2026-11-21 11:00:00"))
        yield shop


def test_one_that_can_hold_its_rows_still_is_read_like_the_others(stocked_shop: Shop) -> None:
    stocked_shop.url = stocked_shop.url.replace("sqlite:", "firm:")

    first = stocked_shop.read(updated_column="changed")
    second = stocked_shop.read(first.fetched.watermark, updated_column="changed", overlap="0")

    assert first.ids == ["A", "B"]
    assert first.fetched.doubts == ()
    assert second.ids == ["B"]


def test_one_that_cannot_is_read_and_proves_nothing(stocked_shop: Shop) -> None:
    stocked_shop.url = stocked_shop.url.replace("sqlite:", "loose:")

    got = stocked_shop.read()

    assert got.ids == ["A", "B"]
    assert got.fetched.doubts == (
        "loose does not promise that rows stay as they are while they are read",
    )
    assert "single moment" not in " ".join(got.fetched.evidence)
