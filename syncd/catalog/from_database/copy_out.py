"""What PostgreSQL sends for COPY … TO STDOUT, taken off the wire as it arrives.

The driver's own way to read it takes as long for each line as a cursor does for bare rows.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGresult

_WITHOUT_WAITING: Final = 1
_LAST_WORD: Final = 5.0
"""Seconds for a server to hear that it is to stop."""


class CopyOut:
    """One COPY over a connection that is within a transaction."""

    def __init__(self, driver: Connection[Any], patience: float) -> None:
        """Take the seconds of silence after which it is given up; 0 is for ever."""
        self._driver = driver
        self._wire = driver.pgconn
        self._patience = patience or None

    def lines(self, statement: str) -> Generator[Sequence[bytes]]:
        """Give the rows in the portions in which they arrive; the server sends each by itself.

        Raises the driver's errors. Where it does not come to its end, the connection is lost: to
        keep it, all the rest would have to be read.
        """
        try:
            self._send(statement)
            self._begin()
            yield from self._portions()
            self._hear_the_end()
        except BaseException:
            self._driver.close()
            raise

    def _send(self, statement: str) -> None:
        self._wire.send_query(statement.encode())
        while self._wire.flush():
            self._wait(EVENT_WRITE)

    def _begin(self) -> None:
        from psycopg.pq import ExecStatus

        result = self._result()
        if result is None or result.status != ExecStatus.COPY_OUT:
            self._refuse(result)

    def _portions(self) -> Iterator[Sequence[bytes]]:
        lines: list[bytes] = []
        while True:
            size, line = self._wire.get_copy_data(_WITHOUT_WAITING)
            if size > 0:
                lines.append(line)  # type: ignore[arg-type]  # a buffer, whatever its kind
                continue
            yield lines
            if size < 0:
                return
            lines = []
            self._read_on()

    def _hear_the_end(self) -> None:
        """Hear whether it ended well, for rows come before an error, too."""
        from psycopg.pq import ExecStatus

        while (result := self._result()) is not None:
            if result.status != ExecStatus.COMMAND_OK:
                self._refuse(result)

    def _result(self) -> PGresult | None:
        while self._wire.is_busy():
            self._read_on()
        return self._wire.get_result()

    def _read_on(self) -> None:
        self._wait(EVENT_READ)
        self._wire.consume_input()

    def _wait(self, event: int) -> None:
        with DefaultSelector() as selector:
            selector.register(self._wire.socket, event)
            if not selector.select(self._patience):
                self._give_up()

    def _give_up(self) -> NoReturn:
        from psycopg.errors import QueryCanceled

        self._driver.cancel_safe(timeout=_LAST_WORD)
        raise QueryCanceled(f"no row came for {self._patience:g} s")

    def _refuse(self, result: PGresult | None) -> NoReturn:
        from psycopg.errors import InterfaceError, error_from_result

        if result is None:
            raise InterfaceError("the server began no COPY")
        raise error_from_result(result)
