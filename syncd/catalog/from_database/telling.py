"""What drivers raise, told as errors of the catalog: once, at the edge, and without a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus, unquote_plus

from syncd.catalog.from_database.faults import Fault, fault_of
from syncd.errors import CatalogError

if TYPE_CHECKING:
    from sqlalchemy import URL

_TOLD: Final = {
    Fault.UNREACHABLE: (
        "it cannot be reached",
        (
            "Look whether the database runs and lets this machine in, and correct catalog.url if"
            " it is elsewhere"
        ),
    ),
    Fault.REFUSED: (
        "it refused the user or the password",
        "Correct user and password in catalog.url",
    ),
    Fault.NO_DATABASE: (
        "there is no such database",
        "Correct the database's name at the end of catalog.url",
    ),
    Fault.CROWDED: (
        "it takes no more connections",
        "Run again later, or let the server take more connections",
    ),
    Fault.LOST: (
        "the connection was lost while it was read",
        (
            "Nothing was taken from the unfinished read; run again, and look after server and"
            " network if that happens often"
        ),
    ),
    Fault.TIMED_OUT: (
        "it stopped the read, for a time limit was over or somebody cancelled it",
        "Raise the time limit for syncd's user, or let the query read less",
    ),
    Fault.LOCKED: (
        "another transaction keeps it locked",
        "Let that transaction end, then run again",
    ),
    Fault.FORBIDDEN: (
        "syncd's user may not read what it should",
        (
            "Give the user of catalog.url the right to SELECT from the table, or from every table"
            " of the query"
        ),
    ),
    Fault.NO_TABLE: (
        "it has no such table",
        "Correct catalog.table or catalog.query; a schema goes before the name, with a dot between",
    ),
    Fault.NO_COLUMN: (
        "it has no such column",
        "Correct catalog.query",
    ),
    Fault.WRONG_QUERY: (
        "it cannot carry the query out",
        "Correct catalog.query; it has to work between the brackets of SELECT … FROM (…)",
    ),
    Fault.WRITES: (
        "the query would write, but a catalog is only read",
        "Let catalog.query be a SELECT that changes nothing",
    ),
    Fault.DISTURBED: (
        "it gave the read up in favour of other transactions",
        "Run again; on a standby let it wait longer, for example with max_standby_streaming_delay",
    ),
    Fault.DAMAGED: (
        "it is damaged, or no database at all",
        "Look whether catalog.url names the right file, and restore a backup if it does",
    ),
    Fault.UNREADABLE: (
        "it sent a value that cannot be read",
        "Correct the value, or let catalog.query leave it out or cast it to text",
    ),
    Fault.UNDECODABLE: (
        "it holds text that is not UTF-8",
        "Correct the text, or let catalog.query leave it out",
    ),
    Fault.OTHER: (
        "reading it failed",
        "Mend what the database names, then run again",
    ),
}
"""The reason, behind which the database's own words stand in brackets, and the next step."""

_HIDDEN: Final = "***"
_LONGEST_SAID: Final = 300


class UndecodableError(CatalogError):
    """A text is not UTF-8, and this way of reading cannot take it as it stands."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells errors of one database: `name` is what messages call it, `secrets` they never show."""

    name: str
    secrets: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, url: URL) -> Telling:
        """Know the password in every form in which it may come back."""
        given = [url.password, *(url.query[name] for name in secret_options(url))]
        plain = [text for one in given if one is not None for text in _texts(one)]
        forms = [form for text in plain for form in (text, quote(text), quote_plus(text))]
        longest_first = sorted({*forms, *map(unquote_plus, plain)} - {""}, key=len, reverse=True)
        return cls(name, tuple(longest_first))

    @contextmanager
    def connecting(self) -> Iterator[None]:
        """Tell what is raised while a connection is made."""
        with self._told(Fault.UNREACHABLE):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Tell what is raised from then on; a driver that says nothing more has lost it."""
        with self._told(Fault.LOST):
            yield

    @contextmanager
    def _told(self, otherwise: Fault) -> Iterator[None]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except CatalogError:
            raise
        except (SQLAlchemyError, UnicodeDecodeError) as error:
            raise self.told(getattr(error, "orig", None) or error, otherwise) from error
        except Exception as error:
            if not _is_a_drivers(error):
                raise
            raise self.told(error, otherwise) from error

    def told(self, error: BaseException, otherwise: Fault) -> CatalogError:
        """Say what is wrong, in our words and then in the database's own."""
        fault = fault_of(error, otherwise)
        reason, next_step = _TOLD[fault]
        said = self._said(error)
        kind = UndecodableError if fault is Fault.UNDECODABLE else CatalogError
        return kind(self.name, f"{reason} ({said})" if said else reason, next_step)

    def _said(self, error: BaseException) -> str:
        """Give the first line of the database's words, without secrets."""
        words = error.args[-1] if error.args else ""
        lines = str(words if isinstance(words, str) else error).strip().splitlines()
        line = lines[0].strip().rstrip(".") if lines else ""
        for secret in self.secrets:
            line = line.replace(secret, _HIDDEN)
        return line if len(line) <= _LONGEST_SAID else line[:_LONGEST_SAID] + "…"


def secret_options(url: URL) -> list[str]:
    """Name the options of a URL that hold a password, such as `sslpassword`."""
    return [name for name in url.query if "pass" in name.lower()]


def _texts(value: Any) -> list[str]:  # noqa: ANN401 - a URL's option may be one text or several
    return [str(one) for one in value] if isinstance(value, tuple) else [str(value)]


def _is_a_drivers(error: Exception) -> bool:
    """Tell a driver's error by its ancestors: all drivers keep to the names of PEP 249."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return "Error" in names and bool(names & {"DatabaseError", "InterfaceError"})
