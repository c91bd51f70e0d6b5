"""What keeps a database from being read is told in one clear error, and never with a password."""

from __future__ import annotations

import socket
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import make_url

from syncd.catalog.from_database.connecting import SILENCE
from syncd.errors import CatalogError
from syncd.service.pulse import LONGEST_STANDSTILL
from tests.integration.from_database.conftest import COLUMNS, Got, Shop
from tests.servers import PASSWORD

SERVERS = pytest.mark.parametrize("shop", ["postgresql", "mariadb"], indirect=True)


def told(shop: Shop, columns: Sequence[str] = COLUMNS, **keys: object) -> CatalogError:
    """The error of a read that must fail; nothing of it shows the password in any form."""
    with pytest.raises(CatalogError) as caught:
        shop.read(None, columns, "sku", **keys)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    for secret in (PASSWORD, "s3cr3t%2Fof%3Aours", "wr0ng"):
        assert secret not in shown
    return caught.value


def products(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20))")
    shop.fill(("A", "P-1"))


@SERVERS
def test_a_wrong_password(shop: Shop) -> None:
    url = make_url(shop.url).set(password="wr0ng")
    shop.url = url.render_as_string(hide_password=False)

    error = told(shop)

    assert error.reason.startswith("it refused the user or the password")
    assert error.next_step == "Correct user and password in catalog.url"
    assert str(url.port) in error.thing
    assert "tester" not in error.thing


@SERVERS
def test_a_database_that_does_not_exist(shop: Shop) -> None:
    shop.url = make_url(shop.url).set(database="nowhere").render_as_string(hide_password=False)

    assert told(shop).reason.startswith("there is no such database")


@SERVERS
def test_a_server_that_does_not_listen(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    shop.url = make_url(shop.url).set(port=port).render_as_string(hide_password=False)

    assert told(shop).reason.startswith("it cannot be reached")


def test_looking_for_it_tells_that_it_is_not_there(shop: Shop, tmp_path: Path) -> None:
    shop.url = f"sqlite:///{tmp_path / 'elsewhere.db'}"

    with pytest.raises(CatalogError, match="there is no such file"):
        shop.fetcher().identity()


def test_looking_for_it_tells_that_it_is_there(shop: Shop) -> None:
    products(shop)

    assert shop.fetcher().identity() == ""
    assert shop.fetcher().name.endswith(f"/{make_url(shop.url).database}")


def test_a_table_that_does_not_exist(shop: Shop) -> None:
    products(shop)
    shop.run("CREATE VIEW product_view AS SELECT * FROM products")

    assert 'has no table "produts"' in told(shop, table="produts").reason
    assert 'the nearest is "products"' in told(shop, table="produts").reason
    assert '"product_view"' in told(shop, table="product_viw").reason


def test_a_table_that_does_not_exist_in_a_query(shop: Shop) -> None:
    products(shop)

    error = told(shop, query="SELECT * FROM nowhere")

    assert error.reason.startswith("it has no such table (")
    assert "nowhere" in error.reason


def test_a_column_that_does_not_exist(shop: Shop) -> None:
    products(shop)

    error = told(shop, columns=("sku", "mpm"))

    assert error.reason == (
        'the table "products" has no column "mpm" (which the mapping, the filter or a join names);'
        ' the nearest is "mpn"'
    )
    by_key = told(shop, updated_column="changed_at").reason
    assert '"changed_at" (which catalog.updated_column names)' in by_key


def test_a_column_that_does_not_exist_in_a_query(shop: Shop) -> None:
    products(shop)

    error = told(shop, query="SELECT sku, nothing FROM products")

    assert "nothing" in error.reason


def test_two_columns_of_one_name(shop: Shop) -> None:
    products(shop)

    error = told(shop, query="SELECT sku, mpn, sku AS mpn FROM products")

    assert "mpn" in error.reason


def test_a_query_that_cannot_be_carried_out(shop: Shop) -> None:
    products(shop)

    error = told(shop, query="SELECT sku mpn FRM products")

    assert error.reason.startswith("it cannot carry the query out (")


@pytest.mark.parametrize("query", ["DELETE FROM products", "SELECT 1; DELETE FROM products"])
def test_a_query_that_would_write(shop: Shop, query: str) -> None:
    products(shop)

    told(shop, query=query)

    assert shop.read().ids == ["A"]


@SERVERS
def test_a_user_without_the_right_to_read(shop: Shop) -> None:
    products(shop)
    name = f"reader_{make_url(shop.url).port}"
    if shop.kind == "postgresql":
        shop.run(f"CREATE USER {name} PASSWORD '{PASSWORD.replace(':', chr(92) + ':')}'")
        with shop.engine.connect() as connection:
            schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
        shop.run(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
    else:
        shop.run(f"CREATE USER {name} IDENTIFIED BY '{PASSWORD.replace(':', chr(92) + ':')}'")
        database = make_url(shop.url).database
        shop.run(
            "CREATE TABLE other (i INT)",
            f"GRANT SELECT ON {database}.other TO {name}",
        )
    url = make_url(shop.url).set(username=name, password=PASSWORD)
    shop.url = url.render_as_string(hide_password=False)

    assert told(shop).reason.startswith("syncd's user may not read what it should (")
    shop.run(f"DROP OWNED BY {name}" if shop.kind == "postgresql" else "SELECT 1")
    shop.run(f"DROP USER {name}")


@SERVERS
def test_a_time_limit(shop: Shop) -> None:
    products(shop)
    url = make_url(shop.url)
    if shop.kind == "postgresql":
        options = f"{url.query['options']} -cstatement_timeout=50ms"
        url = url.update_query_dict({"options": options})
        query = "SELECT sku, mpn, pg_sleep(5) FROM products"
    else:
        url = url.update_query_dict({"init_command": "SET max_statement_time = 0.05"})
        query = "SELECT a.seq AS sku, b.seq AS mpn FROM seq_1_to_100000 a, seq_1_to_100000 b"
    shop.url = url.render_as_string(hide_password=False)

    assert told(shop, query=query).reason.startswith("it stopped the read")


def test_a_read_that_is_given_up_leaves_no_noise_behind(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20), gone VARCHAR(20))")
    shop.fill(("A", "P-1", "no"), ("B", "P-2", "perhaps"))

    assert "may mean deleted or not" in told(shop, deleted_column="gone").reason
    assert caplog.records == []


@pytest.mark.parametrize("shop", ["postgresql"], indirect=True)
def test_a_database_that_keeps_silent_is_given_up_before_the_daemon_counts_as_stuck(
    shop: Shop,
) -> None:
    assert SILENCE < LONGEST_STANDSTILL
    # a float is read by cursor, of which the server itself limits each batch
    limits = "SELECT current_setting('statement_timeout') AS sku, 0.5::float AS mpn"

    unlimited = shop.read(query=limits)
    options = f"{make_url(shop.url).query['options']} -cstatement_timeout=1h"
    url = make_url(shop.url).update_query_dict({"options": options})
    shop.url = url.render_as_string(hide_password=False)

    assert (unlimited.ids, shop.read(query=limits).ids) == (["14min"], ["1h"])


def test_a_lock(shop: Shop) -> None:
    products(shop)
    url = make_url(shop.url)
    short = {
        "postgresql": {"options": f"{url.query.get('options')} -clock_timeout=50ms"},
        "mariadb": {"init_command": "SET lock_wait_timeout = 0"},
        "sqlite": {"timeout": "0.05"},
    }
    lock = {
        "postgresql": "LOCK TABLE products IN ACCESS EXCLUSIVE MODE",
        "mariadb": "LOCK TABLES products WRITE",
        "sqlite": "BEGIN EXCLUSIVE",
    }
    shop.url = url.update_query_dict(short[shop.kind]).render_as_string(hide_password=False)

    with shop.engine.connect() as connection:
        connection.exec_driver_sql(lock[shop.kind])
        error = told(shop)
        connection.invalidate()

    assert error.reason.startswith("another transaction keeps it locked")


def test_a_driver_that_is_not_installed(shop: Shop) -> None:
    shop.url = "mssql+pyodbc://user:wr0ng@host/shop"

    error = told(shop)

    assert error.reason == 'the driver for "mssql+pyodbc" is not installed'
    assert error.thing == "mssql+pyodbc://host/shop"


def test_a_driver_that_syncd_brings(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    shop.url = "mysql://user:wr0ng@host/shop"

    assert told(shop).next_step.endswith(" -m pip install 'syncd[mysql]'")


def test_a_kind_of_database_that_nobody_knows(shop: Shop) -> None:
    shop.url = "oddity://user:wr0ng@host/shop"

    assert told(shop).reason == 'the driver for "oddity" is not installed'


def test_an_url_that_is_none(shop: Shop) -> None:
    shop.url = "postgresql://user:wr0ng@host:port/shop"

    error = told(shop)

    assert error.reason == "it is not the URL of a database"
    assert error.thing == "postgresql://host:port/shop"


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
def test_a_file_that_is_no_database(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "catalog.csv"
    file.write_text("sku,mpn\n" * 1000, encoding="utf-8")
    shop.url = f"sqlite:///{file}"

    assert told(shop).reason.startswith("it is damaged, or no database at all")


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
def test_no_file(shop: Shop) -> None:
    shop.url = "sqlite://"

    assert told(shop).reason == "it names no file"


@pytest.mark.parametrize("shop", ["postgresql"], indirect=True)
def test_a_value_that_the_driver_cannot_read(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku TEXT, mpn TIMESTAMPTZ)")
    shop.run("INSERT INTO products VALUES ('A', now()), ('B', 'infinity')")

    assert told(shop).reason.startswith("it sent a value that cannot be read (")


def test_a_shop_is_read_after_all_that(shop: Shop) -> None:
    products(shop)

    got: Got = shop.read()

    assert got.ids == ["A"]
