"""A read that is cut off gives an error, never the part that had come by then."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from syncd.errors import CatalogError
from tests.integration.from_database.conftest import Shop, shop_on
from tests.integration.from_database.wire import Wire, wire_to
from tests.servers import Server, mariadb, own_postgres

ROWS = 10_000
CUTS = (1, 300, 3_000, 40_000, 150_000, 250_000)
"""After how many bytes from the server: while connecting, before the first row, among the rows."""


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def large_shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    names = {"postgresql": "postgres_server", "mariadb": "mariadb_server"}
    with shop_on(request.getfixturevalue(names[request.param])) as shop:
        fill(shop)
        yield shop


def fill(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(60))")
    rows = {
        "postgresql": f"SELECT i, 'part number ' || i FROM generate_series(1, {ROWS}) AS s(i)",
        "mariadb": f"SELECT seq, concat('part number ', seq) FROM seq_1_to_{ROWS}",
    }
    shop.run(f"INSERT INTO products {rows[shop.kind]}")


def over(wire: Wire, shop: Shop) -> Shop:
    """The same shop by way of the wire."""
    url = make_url(shop.url).set(port=wire.port)
    return Shop(shop.kind, url.render_as_string(hide_password=False), shop.engine)


def read_error(shop: Shop, folder: Path) -> CatalogError:
    with pytest.raises(CatalogError) as caught:
        shop.fetcher().fetch(folder, None)
    return caught.value


def test_the_wire_carries_a_whole_read(large_shop: Shop) -> None:
    with wire_to(make_url(large_shop.url).port or 0) as wire:
        got = over(wire, large_shop).read()

    assert len(got.ids) == ROWS
    assert wire.carried > max(CUTS)


@pytest.mark.parametrize("limit", CUTS)
def test_a_connection_that_is_cut(
    large_shop: Shop, limit: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with wire_to(make_url(large_shop.url).port or 0) as wire:
        wire.limit = limit
        error = read_error(over(wire, large_shop), tmp_path)

    assert wire.has_cut, "the read ended before the cut"
    assert error.reason.startswith(
        ("it cannot be reached", "the connection was lost while it was read")
    )
    gc.collect()  # what a driver leaves behind must not complain
    assert not [entry for entry in caplog.records if entry.levelno >= logging.WARNING]


@pytest.mark.parametrize("run", [own_postgres, mariadb])
def test_a_server_that_dies(
    run: Callable[[], AbstractContextManager[Server]], tmp_path: Path
) -> None:
    with run() as server, wire_to(server.url.port or 0) as wire:
        shop = private_shop(server)
        wire.limit, wire.cut = 150_000, server.kill

        error = read_error(over(wire, shop), tmp_path)

    assert wire.has_cut, "the read ended before the server did"
    assert error.reason.startswith("the connection was lost while it was read")


def private_shop(server: Server) -> Shop:
    """A shop on a server that will not live to see its end."""
    engine = server.engine()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CREATE DATABASE shop")
    url = server.url.set(database="shop").render_as_string(hide_password=False)
    shop = Shop(server.kind, url, server.engine(url))
    fill(shop)
    return shop
