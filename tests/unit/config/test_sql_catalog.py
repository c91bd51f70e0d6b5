"""The keys of a catalog in a database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from syncd.config import Settings, SqlCatalog

KEYS = {"type": "sql", "mapping": {"id": "sku", "part_number": "mpn"}}


def catalog(url: str = "postgresql://u:p@host/shop", **keys: object) -> SqlCatalog:
    where = keys if {"table", "query"} & keys.keys() else {"table": "products", **keys}
    return SqlCatalog.model_validate({**KEYS, "url": url, **where})


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://host/shop", "postgresql://host/shop"),
        ("postgresql+psycopg://u:p@host:5433/shop", "postgresql+psycopg://host:5433/shop"),
        ("mysql://u@host/shop", "mysql://host/shop"),
        ("mysql://u:pa/ss?w0rd@host/shop?ssl=1", "mysql://host/shop"),
        ("mysql://u:p%40ss@host/shop?password=secret", "mysql://host/shop"),
        ("mssql+pyodbc:///?odbc_connect=PWD=secret", "mssql+pyodbc:///"),
        ("sqlite:////srv/a@b.db", "sqlite:////srv/a@b.db"),
        ("postgresql://u:p@host/shop?options=-cx=a@b", "postgresql://host/shop"),
    ],
)
def test_its_label_shows_no_user_no_password_and_no_options(url: str, name: str) -> None:
    assert catalog(url).label == name
    assert catalog(url).place() == {"type": "sql", "url": name}


@pytest.mark.parametrize("url", ["", "shop.db", "postgresql:/host", "://host/shop", "a b://host"])
def test_an_url_is_needed(url: str) -> None:
    with pytest.raises(ValidationError, match="must be the URL of a database") as caught:
        catalog(url)

    assert url == "" or url not in str(caught.value)


@pytest.mark.parametrize(
    "keys", [{"table": "t", "query": "SELECT 1"}, {"table": ""}, {"query": " ;\n"}]
)
def test_one_thing_is_read(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        catalog("sqlite:///x", **keys)


def test_neither_table_nor_query_is_refused() -> None:
    with pytest.raises(ValidationError, match="either a table or a query"):
        SqlCatalog.model_validate({**KEYS, "url": "sqlite:///x"})


@pytest.mark.parametrize(
    ("written", "overlap"),
    [
        ("5m", timedelta(minutes=5)),
        ("0", 0),
        (0, 0),
        (300, 300),
        ("300", 300),
        (timedelta(hours=1), timedelta(hours=1)),
    ],
)
def test_an_overlap_is_a_duration_or_a_count(written: object, overlap: object) -> None:
    assert catalog(overlap=written).overlap == overlap


@pytest.mark.parametrize("written", ["five", -1, True, 1.5, "", None])
def test_any_other_overlap_is_refused(written: object) -> None:
    with pytest.raises(ValidationError, match="a duration such as"):
        catalog(overlap=written)


def test_what_says_how_rows_are_read_is_told_from_what_says_where_and_how_fast() -> None:
    one = catalog(updated_column="changed", deleted_column="gone")

    assert one.dialect() == {
        "table": "products",
        "query": None,
        "updated_column": "changed",
        "deleted_column": "gone",
    }


def test_an_url_with_a_password_is_a_secret_and_its_label_is_none(settings: Settings) -> None:
    with_password = settings.model_copy(update={"catalog": catalog("mysql://u:p%40ss@host/shop")})
    without = settings.model_copy(update={"catalog": catalog("sqlite:////srv/shop.db")})

    assert {"p%40ss", "p@ss", "mysql://u:p%40ss@host/shop"} <= with_password.secrets()
    assert not any(secret in "sqlite:////srv/shop.db" for secret in without.secrets())
