"""Errors that no server here can be brought to, and secrets in what others say."""

from __future__ import annotations

import sqlite3

import psycopg
import pymysql
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from syncd.catalog.from_database.faults import Fault, fault_of
from syncd.catalog.from_database.telling import Telling, UndecodableError
from syncd.errors import CatalogError, StateError


class SqlStateError(psycopg.OperationalError):
    def __init__(self, code: str | None, said: str = "said") -> None:
        super().__init__(said)
        self.sqlstate = code


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("said")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (SqlStateError("57P01"), Fault.LOST),
        (SqlStateError("08006"), Fault.LOST),
        (SqlStateError("40001"), Fault.DISTURBED),
        (SqlStateError("53300"), Fault.CROWDED),
        (SqlStateError("22003"), Fault.UNREADABLE),
        (SqlStateError("42883"), Fault.WRONG_QUERY),
        (SqlStateError("XX000"), Fault.OTHER),
        (SqlStateError(None), Fault.LOST),
        (pymysql.OperationalError(2013, "Lost"), Fault.LOST),
        (pymysql.OperationalError(1040, "Too many"), Fault.CROWDED),
        (pymysql.OperationalError(1927, "killed"), Fault.LOST),
        (pymysql.InternalError(1, "odd"), Fault.OTHER),
        (pymysql.InterfaceError(0, ""), Fault.LOST),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), Fault.LOCKED),
        (sqlite_error(sqlite3.SQLITE_CORRUPT), Fault.DAMAGED),
        (sqlite_error(sqlite3.SQLITE_IOERR), Fault.OTHER),
        (sqlite3.OperationalError("Could not decode to UTF-8"), Fault.UNDECODABLE),
        (psycopg.DataError("timestamp too large"), Fault.UNREADABLE),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), Fault.UNREADABLE),
    ],
)
def test_codes_and_kinds_tell_what_went_wrong(error: BaseException, fault: Fault) -> None:
    assert fault_of(error, Fault.LOST) is fault


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ('FATAL:  password authentication failed for user "x"', Fault.REFUSED),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4"', Fault.REFUSED),
        ('FATAL:  database "x" does not exist', Fault.NO_DATABASE),
        ("FATAL:  sorry, too many clients already", Fault.CROWDED),
        ("Connection refused", Fault.UNREACHABLE),
        ("something in another language", Fault.UNREACHABLE),
    ],
)
def test_while_connecting_words_tell_it(said: str, fault: Fault) -> None:
    assert fault_of(SqlStateError(None, said), Fault.UNREACHABLE) is fault


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:pa%40ss%2Fw@host/shop",
        "postgresql://user@host/shop?password=pa%40ss%2Fw",
        "postgresql://user@host/shop?sslpassword=pa%40ss%2Fw",
    ],
)
@pytest.mark.parametrize("form", ["pa@ss/w", "pa%40ss%2Fw", "pa%40ss/w"])
def test_no_form_of_the_password_is_shown(url: str, form: str) -> None:
    telling = Telling.of("shop", make_url(url))

    told = telling.told(psycopg.OperationalError(f'bad "{form}" here'), Fault.LOST)

    assert form not in str(told)
    assert '(bad "***" here)' in told.reason


def test_only_the_start_of_long_words_is_shown() -> None:
    told = Telling("shop").told(psycopg.OperationalError("word " * 200 + "\nmore"), Fault.LOST)

    assert told.reason.endswith("…)")
    assert "more" not in told.reason
    assert len(told.reason) < 400


def test_words_that_are_none_are_left_out() -> None:
    told = Telling("shop").told(psycopg.OperationalError(), Fault.LOST)

    assert told.reason == "the connection was lost while it was read"


def test_drivers_errors_are_told_with_their_cause() -> None:
    cause = pymysql.OperationalError(2013, "Lost connection")

    with pytest.raises(CatalogError) as bare, Telling("shop").reading():
        raise cause
    with pytest.raises(CatalogError) as wrapped, Telling("shop").reading():
        raise OperationalError("SELECT", {}, cause)

    assert bare.value.args == wrapped.value.args
    assert bare.value.__cause__ is cause


def test_text_that_cannot_be_decoded_has_an_error_of_its_own() -> None:
    with pytest.raises(UndecodableError), Telling("shop").reading():
        raise sqlite3.OperationalError("Could not decode to UTF-8 column 'mpn'")


@pytest.mark.parametrize("error", [KeyError("x"), StateError("a", "b", "c"), OSError(28, "full")])
def test_what_is_no_drivers_passes(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, Telling("shop").reading():
        raise error

    assert caught.value is error
