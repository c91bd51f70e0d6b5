"""From a database server to Digital River, by the command line alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.integration.cli.conftest import ShopHere
from tests.sandbox_process import SandboxProcess
from tests.servers import PASSWORD, Server, mariadb_server, postgres_server
from tests.shop import COLUMNS, Row, row, writes

__all__ = ["mariadb_server", "postgres_server"]

CATALOG = """\
type = "sql"
table = "products"
updated_column = "changed"
"""
URL = "SYNCD_CATALOG__URL"


@pytest.fixture(params=["postgres_server", "mariadb_server"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the shop's twelve rows."""
    server: Server = request.getfixturevalue(request.param)
    with server.database() as url:
        columns = ", ".join(f"{name} VARCHAR(40)" for name in COLUMNS)
        run(url, f"CREATE TABLE products ({columns}, changed TIMESTAMP NOT NULL)")
        marks = ", ".join(f":{name}" for name in COLUMNS)
        insert = f"INSERT INTO products VALUES ({marks}, '2026-11-20 10:00')"  # noqa: S608 - marks
        run(url, insert, [row(number) for number in range(12)])
        yield url


@pytest.fixture
def in_database(shop: ShopHere) -> ShopHere:
    configuration = shop.configuration.read_text()
    file = 'type = "file"\npath = "catalog.csv"\n'
    shop.configuration.write_text(configuration.replace(file, CATALOG))
    return shop


def run(url: str, statement: str, rows: Sequence[Row] = ()) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement), rows or None)
    engine.dispose()


def test_a_database_is_kept_in_line(
    in_database: ShopHere, url: str, sandbox: SandboxProcess
) -> None:
    first = in_database.run("--once", "--format", "json", "-v", **{URL: url})
    run(url, "UPDATE products SET origin = 'CA', changed = '2026-11-20 10:07' WHERE mpn = 'P-3'")
    second = in_database.run("--once", "--incremental", "--format", "json", "-v", **{URL: url})

    assert (first.code, second.code) == (0, 0)
    assert first.json()["summary"]["create"] == 12
    assert [change["id"] for change in second.json()["changes"]] == ["SKU-0003"]
    parts = make_url(url)
    place = f"{parts.drivername}://{parts.host}:{parts.port}/{parts.database}"
    assert first.json()["catalog"]["source"] == place
    for said in (first.stdout, first.stderr, second.stdout, second.stderr):
        assert PASSWORD not in said
        assert "tester" not in said


def test_an_emptied_table_deletes_nothing(
    in_database: ShopHere, url: str, sandbox: SandboxProcess
) -> None:
    assert in_database.run("--once", **{URL: url}).code == 0
    sandbox.clear_requests()
    run(url, "DELETE FROM products")

    stopped = in_database.run("--once", **{URL: url})

    assert stopped.code == 4
    assert 'the table "products" has no rows' in stopped.stderr + stopped.stdout
    assert writes(sandbox) == []


def test_a_refused_password_is_told_and_not_shown(
    in_database: ShopHere, url: str, sandbox: SandboxProcess
) -> None:
    wrong = make_url(url).set(password="wr0ng").render_as_string(hide_password=False)

    refused = in_database.run("--once", **{URL: wrong})
    checked = in_database.run("check", **{URL: wrong})

    assert refused.code == 1
    for told in (refused.stderr, checked.stdout):
        assert "it refused the user or the password" in " ".join(told.split())
        assert "wr0ng" not in told
    assert writes(sandbox) == []
