"""`syncd state`: a shop moves to PostgreSQL and back, and never works on two states."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres_states import Account, cache, new_account
from tests.servers import PASSWORD, Server, postgres_server
from tests.shop import Shop

__all__ = ["cache", "postgres_server"]


@pytest.fixture
def account(postgres_server: Server, cache: object) -> Iterator[Account]:
    with new_account(postgres_server, made=False) as account:
        yield account


def test_a_shop_moves_to_postgresql_and_works_on_without_a_request(
    shop: Shop, account: Account
) -> None:
    assert shop.run("--once").code == 0
    run = shop.run(
        *("state", "migrate", f"sqlite:///{shop.state}", account.url),
        *("--account", account.name, "--format", "json"),
    )
    assert run.code == 0, run.stderr
    assert PASSWORD not in run.stdout + run.stderr
    assert {"table": "sku", "rows": 12} in [
        {key: told[key] for key in ("table", "rows")} for told in run.json()["tables"]
    ]

    for command in ((), ("--once",), ("--dry-run",), ("status",)):
        refused = shop.run(*command)
        assert refused.code == 2
        assert f"it was moved to state 127.0.0.1/postgres, account {account.name} at" in (
            refused.stderr
        )

    there = {"SYNCD_STATE__URL": account.url, "SYNCD_STATE__ACCOUNT": account.name}
    quiet = shop.run("--once", "--format", "json", **there)
    assert (quiet.code, quiet.json()["summary"]["requests"]) == (0, 0), quiet.stderr
    assert "2 cycles verified" in shop.run("history", "--verify", **there).stdout


def test_a_state_is_taken_back_where_the_other_one_is_not_wanted(
    shop: Shop, account: Account
) -> None:
    assert shop.run("--once").code == 0
    here = f"sqlite:///{shop.state}"
    assert shop.run("state", "migrate", here, account.url, "--account", account.name).code == 0

    run = shop.run("state", "reclaim", here)
    assert (run.code, "12 items will be looked up" in run.stdout) == (0, True), run.stderr
    assert shop.run("--once").code == 0


def test_a_wrong_url_is_refused_without_its_password(shop: Shop) -> None:
    run = shop.run("state", "migrate", "sqlite:///state.db", "oracle://me:t0ps3cret@there/x")

    assert run.code == 2
    assert "t0ps3cret" not in run.stderr
