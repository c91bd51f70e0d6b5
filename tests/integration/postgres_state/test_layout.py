"""How the questions of a cycle are answered where many accounts share a database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Select, select

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import SkuState
from syncd.state import queries, schema
from tests.postgres_states import Account, new_account
from tests.servers import Server

_ACCOUNTS = 3
_SKUS = 20_000
_IDS = [f"SKU-{number:05}" for number in range(1, _SKUS, _SKUS // 100)]
_DUE = frozenset({SkuState.PENDING, SkuState.IN_FLIGHT, SkuState.MISSING, SkuState.QUARANTINED})
_FILL = """
INSERT INTO sku (id, state, ownership, delivery, revision, attempts)
SELECT 'SKU-' || to_char(number, 'FM00000'),
       CASE WHEN mod(number, 1000) = 0 THEN 'pending' ELSE 'in_sync' END, 'owned', 'settled', 1, 0
FROM generate_series(1, %s) AS number
"""


@pytest.fixture(scope="module")
def accounts(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Account]]:
    """Accounts of one database, most of whose SKUs are in sync, and whose statistics are new."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CACHE_DIRECTORY", str(tmp_path_factory.mktemp("cache")))
        made = [new_account(postgres_server) for _ in range(_ACCOUNTS)]
        found = [one.__enter__() for one in made]
        for account in found:
            account.run(_FILL, _SKUS)
            account.run("ANALYZE sku")
        yield found
        for one in made:
            one.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        (queries.in_states(_DUE, None, 1000), {"sku_by_state", "sku_pkey"}),
        (queries.in_states(_DUE, ItemId("SKU-10000"), 1000), {"sku_by_state", "sku_pkey"}),
        (select(schema.sku).where(schema.sku.c.id.in_(_IDS)), {"sku_pkey"}),
        (queries.beginning_with("SKU-00", 50), {"sku_pkey"}),
    ],
    ids=["what is due", "the next of it", "by id", "how an id begins"],
)
def test_an_account_is_asked_along_its_own_indexes_alone(
    accounts: list[Account], query: Select[Any], indexes: set[str]
) -> None:
    dialect = accounts[1].server.engine().dialect
    literal = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}).string

    plan = "\n".join(str(row[0]) for row in accounts[1].ask(f"EXPLAIN (VERBOSE) {literal}"))

    assert set(re.findall(r"Index (?:Only )?Scan (?:Backward )?using (\w+)", plan)) == indexes, plan
    assert "Seq Scan" not in plan
    assert set(re.findall(r'"(syncd_[^"]+)"\.sku', plan)) == {accounts[1].schema}, plan
