"""What goes wrong between syncd and PostgreSQL, told as what a person can do about it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from syncd.errors import StateAwayError, StateBusyError, StateError
from syncd.state.postgres.faults import translated

_PASSING = ("lost", "reached", "stood still", "no connection left")
"""What a daemon bears, for it may be over the next time."""


def _told(error: Exception) -> StateError:
    with pytest.raises(StateError) as raised, translated("state"):
        raise error
    assert raised.value.__cause__ is error
    return raised.value


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errors.AdminShutdown(), "the connection was lost"),
        (errors.ConnectionFailure(), "the connection was lost"),
        (errors.CannotConnectNow(), "PostgreSQL cannot be reached"),
        (errors.InvalidPassword(), "PostgreSQL refuses this user"),
        (errors.InvalidCatalogName(), "there is no such database"),
        (errors.InsufficientPrivilege(), "this user may not do that there"),
        (errors.ReadOnlySqlTransaction(), "it cannot be written"),
        (errors.IdleInTransactionSessionTimeout(), "stood still in the middle"),
        (errors.DiskFull(), "the server's disk is full"),
        (errors.TooManyConnections(), "no connection left"),
        (errors.UndefinedTable(), "its tables are gone"),
        (errors.DataCorrupted(), "finds the database damaged"),
        (psycopg.DataError("text fields cannot contain NUL"), "cannot store, such as NUL"),
        (psycopg.OperationalError("the connection is lost"), "the connection was lost"),
        (psycopg.OperationalError("server closed the connection"), "the connection was lost"),
        (psycopg.OperationalError("connection refused"), "PostgreSQL cannot be reached"),
        (psycopg.OperationalError('connection is bad: invalid sslmode value: "x"'), 'value: "x"'),
        (psycopg.OperationalError("FATAL: too many clients"), "no connection left"),
        (psycopg.OperationalError('role "x" does not exist'), "PostgreSQL refuses this user"),
        (psycopg.OperationalError('database "x" does not exist'), "there is no such database"),
    ],
)
def test_each_fault_has_its_reason(error: psycopg.Error, reason: str) -> None:
    for raised in (error, OperationalError("SELECT", {}, error)):
        told = _told(raised)
        assert reason in told.reason
        assert isinstance(told, StateAwayError) is any(word in reason for word in _PASSING)


@pytest.mark.parametrize(
    "error",
    [
        errors.LockNotAvailable(),
        errors.QueryCanceled(),
        errors.DeadlockDetected(),
        errors.SerializationFailure(),
    ],
)
def test_who_only_has_to_wait_is_told_so(error: psycopg.Error) -> None:
    assert isinstance(_told(DBAPIError("SELECT", {}, error)), StateBusyError)


def test_connections_that_are_all_in_use_are_waited_for() -> None:
    assert isinstance(_told(NoConnectionLeft()), StateBusyError)


@pytest.mark.parametrize("error", [errors.SyntaxError(), errors.UniqueViolation(), ValueError()])
def test_a_bug_passes_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)), translated("state"):
        raise error
